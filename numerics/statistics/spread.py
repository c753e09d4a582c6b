"""Sample standard deviation and its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from derive.errors import InputError


@dataclass(frozen=True)
class Spread:
    """A standard deviation, in the unit of the numbers.

    Attributes:
        std: the estimate.
        low: lower end of its interval.
        high: upper end.
        freedom: degrees of freedom; a whole number unless several variances went into it.
        level: confidence of the interval, for normal numbers.
    """

    std: float
    low: float
    high: float
    freedom: float
    level: float

    @property
    def sentence(self) -> str:
        """In words."""
        return f"STD {self.std:.3g} ({100 * self.level:g} % interval {self.low:.3g} to {self.high:.3g})."


def spread(values: ArrayLike, level: float = 0.95) -> Spread:
    """Sample standard deviation, divided by n - 1, with its chi-square interval.

    Args:
        values: (n,) one number per run, n >= 2.
        level: confidence, in (0, 1).

    Raises:
        InputError: fewer than two numbers, not finite ones, a level outside (0, 1).
    """
    return of_variance(float(runs(values).var(ddof=1)), np.size(values) - 1, level)


def of_variance(variance: float, freedom: float, level: float) -> Spread:
    """The spread behind a variance that is a multiple of a chi-square number.

    Raises:
        InputError: a level outside (0, 1).
    """
    checked(level)
    low, high = (math.sqrt(freedom * variance / end) for end in chi2.ppf([(1 + level) / 2, (1 - level) / 2], freedom))
    return Spread(math.sqrt(variance), low, high, freedom, level)


def runs(values: ArrayLike) -> np.ndarray:
    """(n,) finite numbers, n >= 2.

    Raises:
        InputError: otherwise.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise InputError(f"expected one number for each of at least two runs, got shape {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise InputError(f"expected finite numbers, got {int((~np.isfinite(numbers)).sum())} others; leave out unstable runs")
    return numbers


def checked(level: float) -> float:
    """A confidence level.

    Raises:
        InputError: outside (0, 1).
    """
    if not 0 < level < 1:
        raise InputError(f"expected a level between 0 and 1, got {level!r}")
    return level
