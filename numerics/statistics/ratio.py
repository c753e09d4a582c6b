"""Ratio of two variances, and how large it must be for so many runs to tell it from 1."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy.stats import f as fisher

from derive.errors import InputError
from numerics.statistics.spread import checked, runs


@dataclass(frozen=True)
class Ratio:
    """Ratio of two variances from two independent sets of runs.

    Attributes:
        ratio: first variance over second.
        low: lower end of its F interval, for normal numbers.
        high: upper end.
        detectable: the least ratio above 1 that such sets would tell from 1 four times in five.
        runs: in either set.
        level: confidence of the interval, and of the test behind `detectable`.
    """

    ratio: float
    low: float
    high: float
    detectable: float
    runs: tuple[int, int]
    level: float

    @property
    def sentence(self) -> str:
        """In words."""
        text = f"Ratio of the variances {self.ratio:.2f} ({100 * self.level:g} % interval {self.low:.2f} to {self.high:.2f})."
        return f"{text} {' and '.join(map(str, self.runs))} runs cannot tell a ratio below {self.detectable:.1f} from 1."


def variance_ratio(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Ratio:
    """Variance of some runs over that of others; no run may be in both, nor share its chance with one of the others.

    Args:
        first: (n,), n >= 2.
        second: (m,), m >= 2.
        level: confidence, in (0, 1).

    Raises:
        InputError: too few numbers or not finite ones, equal numbers in the second, a level outside (0, 1).
    """
    x, y = runs(first), runs(second)
    if y.var() == 0:
        raise InputError("expected runs that differ to divide by their variance, got equal ones")
    freedoms = len(x) - 1, len(y) - 1
    ratio = float(x.var(ddof=1) / y.var(ddof=1))
    low, high = ratio / fisher.ppf([(1 + checked(level)) / 2, (1 - level) / 2], *freedoms)
    return Ratio(ratio, float(low), float(high), detectable_ratio(*freedoms, level=level), (len(x), len(y)), level)


def detectable_ratio(above: int, below: int, *, count: int = 1, level: float = 0.95, power: float = 0.8) -> float:
    """The least ratio of variances, above 1, that an F test tells from 1 with a chance of `power`.

    Args:
        above: degrees of freedom of the numerator.
        below: of the denominator.
        count: the expected F is 1 + count (ratio - 1): 1 for two separate sets of runs, the rows of a table for its columns.
        level: of the two-sided test, in (0, 1).
        power: in (0, 1).

    Raises:
        InputError: a level or power outside (0, 1), no degrees of freedom.

    Example:
        Two times six runs can hardly tell anything:

        >>> round(detectable_ratio(5, 5), 1)
        15.9
    """
    if min(above, below) < 1 or not 0 < power < 1:
        raise InputError(f"expected degrees of freedom >= 1 and a power in (0, 1), got {above}, {below} and {power!r}")
    needed = fisher.ppf((1 + checked(level)) / 2, above, below) / fisher.ppf(1 - power, above, below)
    return float(1 + (needed - 1) / count)
