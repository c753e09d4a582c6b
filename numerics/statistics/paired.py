r"""Runs in pairs that share their seeds: mean difference and ratio of variances, with intervals and what could have been seen.

Pairs are correlated, so that the quotient of their variances has no F distribution. Pitman and Morgan's interval is exact for
normal pairs: x/sqrt(theta) + y and x/sqrt(theta) - y are uncorrelated just where theta is the ratio of the variances.

Source: Pitman, A note on normal correlation, Biometrika 31 (1939); Morgan, ibid.; Efron, Better bootstrap confidence
intervals, JASA 82 (1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import bootstrap, nct, norm, t

from derive.errors import InputError
from numerics.statistics.spread import checked, runs

POWER = 0.8
"""Chance with which what is called detectable is told from nothing."""


@dataclass(frozen=True)
class Difference:
    """Mean of the differences of pairs, first minus second, in their unit.

    Attributes:
        mean: over the pairs.
        low: lower end of Student's interval, for normal differences.
        high: upper end.
        bootstrap: ends of the bias-corrected accelerated bootstrap interval, for any; NaN where all differences are equal.
        detectable: the least difference, of either sign, that so many pairs would tell from 0 four times in five.
        pairs: how many.
        level: confidence.
    """

    mean: float
    low: float
    high: float
    bootstrap: tuple[float, float]
    detectable: float
    pairs: int
    level: float

    @property
    def sentence(self) -> str:
        """In words."""
        other = "" if math.isnan(self.bootstrap[0]) else f", bootstrap {self.bootstrap[0]:.3g} to {self.bootstrap[1]:.3g}"
        return (
            f"{self.mean:.3g} ({100 * self.level:g} % interval {self.low:.3g} to {self.high:.3g}{other}; {self.pairs} pairs "
            f"tell differences from {self.detectable:.2g} on)"
        )


@dataclass(frozen=True)
class PairedRatio:
    """Ratio of the variances of pairs, first over second.

    Attributes:
        ratio: the estimate.
        low: lower end of its interval, for normal pairs.
        high: upper end.
        correlation: of the pairs.
        detectable: the least ratio above 1 (its inverse below) that so many pairs would tell from 1 four times in five, about.
        pairs: how many.
        level: confidence.
    """

    ratio: float
    low: float
    high: float
    correlation: float
    detectable: float
    pairs: int
    level: float

    @property
    def sentence(self) -> str:
        """In words."""
        return (
            f"{self.ratio:.2f} ({100 * self.level:g} % interval {self.low:.2f} to {self.high:.2f}; {self.pairs} pairs tell "
            f"ratios from {self.detectable:.1f} on, or below {1 / self.detectable:.2f})"
        )


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = 0.95, seed: int = 0) -> Difference:
    """Mean difference of runs that share their seeds.

    Args:
        first: (n,), n >= 2.
        second: (n,), in the same order.
        level: confidence, in (0, 1).
        seed: of the bootstrap.

    Raises:
        InputError: numbers not finite or too few, lengths that differ, a level outside (0, 1).
    """
    x, y = _pairs(first, second)
    apart, count = x - y, len(x)
    error = float(apart.std(ddof=1)) / math.sqrt(count)
    half = float(t.ppf((1 + checked(level)) / 2, count - 1)) * error
    mean, ends = float(apart.mean()), (math.nan, math.nan)
    if error > 0:
        drawn = bootstrap((apart,), np.mean, confidence_level=level, rng=np.random.default_rng(seed)).confidence_interval
        ends = float(drawn.low), float(drawn.high)
    return Difference(mean, mean - half, mean + half, ends, error * noncentrality(count - 1, level), count, level)


def noncentrality(freedom: int, level: float = 0.95, power: float = POWER) -> float:
    """Mean over its standard error that a two-sided t test tells from 0 with a chance of `power`; its other tail left out."""
    needed = float(t.ppf((1 + level) / 2, freedom))
    return float(brentq(lambda shift: nct.sf(needed, freedom, shift) - power, 0, 40 + 2 * needed))


def paired_ratio(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> PairedRatio:
    """Variance of some runs over that of others that share their seeds with them.

    Args:
        first: (n,), n >= 4.
        second: (n,), in the same order.
        level: confidence, in (0, 1).

    Raises:
        InputError: numbers not finite, fewer than four pairs, equal numbers in either, a level outside (0, 1).
    """
    x, y = _pairs(first, second)
    if len(x) < 4 or not x.var() or not y.var():
        raise InputError(
            f"expected at least four pairs of runs that differ, got {len(x)} with variances {x.var():g}, {y.var():g}"
        )
    count, ratio = len(x), float(x.var(ddof=1) / y.var(ddof=1))
    correlation = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    quantile = float(t.ppf((1 + checked(level)) / 2, count - 2))
    width = _factor(quantile**2 / (count - 2 + quantile**2), correlation)
    seen = math.tanh(float(norm.ppf((1 + level) / 2) + norm.ppf(POWER)) / math.sqrt(count - 3))  # Fisher's transformation
    return PairedRatio(ratio, ratio / width, ratio * width, correlation, _factor(seen**2, correlation), count, level)


def _factor(squared: float, correlation: float) -> float:
    """The ratio of variances, above 1, at which sum and difference of pairs have this correlation, squared."""
    middle = 1 + 2 * squared * (1 - correlation**2) / (1 - squared)
    return middle + math.sqrt(middle**2 - 1)


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = runs(first), runs(second)
    if x.shape != y.shape:
        raise InputError(f"expected pairs, got {len(x)} and {len(y)} runs")
    return x, y
