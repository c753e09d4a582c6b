r"""A table of accuracies over perturbations k and batch orders: how both spreads compare, when every run is in both.

One run per cell, :math:`a_{ks} = \mu + \kappa_k + \sigma_s + \varepsilon_{ks}` with K perturbations and S orders. The variance
over k at one order is :math:`V_k = V_\varepsilon + V_\kappa`, that over orders at one k :math:`V_s = V_\varepsilon + V_\sigma`.
Their estimates share the residual, so that their quotient has no F distribution: an F interval of it is wrong. The three mean
squares do not share anything: each is its expectation,

.. math:: E M_\kappa = V_\varepsilon + S V_\kappa, \quad E M_\sigma = V_\varepsilon + K V_\sigma, \quad
          E M_\varepsilon = V_\varepsilon,

times an independent chi-square number over its freedom. Two things follow.

- What orders add to what perturbations do, :math:`1 + V_\sigma/V_\varepsilon`, has an exact F interval
  (see `numerics.statistics.two_way`).
- :math:`V_k = (E M_\kappa + (S - 1) E M_\varepsilon)/S`, :math:`V_s` likewise, and their quotient are functions of the three
  expectations. Their intervals put for each a mean square divided by a random chi-square number over its freedom (generalised
  pivotal quantity), and take quantiles. They are approximate; tests show their coverage. (Satterthwaite's interval of
  :math:`V_k` covers but 87 % where three perturbations differ a lot.)

Source: Searle, Casella and McCulloch, Variance Components (1992), ch. 4; Weerahandi, Generalized confidence intervals, JASA 88
(1993).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import chdtri
from scipy.stats.qmc import Sobol

from derive.errors import InputError
from numerics.statistics.ratio import detectable_ratio
from numerics.statistics.spread import Spread, checked
from numerics.statistics.two_way import TwoWay
from numerics.statistics.two_way import two_way as added_by_columns

DRAWS = 14
"""Quantiles are taken of two to this many quasi-random draws: ends known to about 1 %, 6 % for two by two runs."""


@dataclass(frozen=True)
class Layout:
    """Spreads of a table of K perturbations and S batch orders.

    Attributes:
        over_k: spread over k at one batch order.
        over_seeds: spread over batch orders at one k, likewise.
        ratio: variance over k in that over batch orders.
        low: lower end of its interval.
        high: upper end.
        added: what batch orders add to the variance over k, with an exact F interval.
        detectable: the least ratio of variances, order against k, that the F test would tell from 1 four times in five.
        runs: K and S.
        level: confidence of all intervals.
    """

    over_k: Spread
    over_seeds: Spread
    ratio: float
    low: float
    high: float
    added: TwoWay
    detectable: float
    runs: tuple[int, int]
    level: float

    @property
    def sentence(self) -> str:
        """In words."""
        percent = f"{100 * self.level:g} % interval"
        if not self.added.residual:
            return self.added.sentence("perturbations", "batch orders")
        return (
            f"Over perturbations: {self.over_k.sentence} Over batch orders: {self.over_seeds.sentence} Ratio of the variances, "
            f"perturbations to batch orders, {self.ratio:.2f} ({percent} {self.low:.2f} to {self.high:.2f}). {self._told} "
            f"{self.runs[0]} x {self.runs[1]} runs cannot tell that batch orders make the variance larger by less than a "
            f"factor {self.detectable:.1f}."
        )

    @property
    def _told(self) -> str:
        if self.low <= 1 <= self.high:
            return "Neither varies the accuracy more, as far as this shows."
        return f"{'Perturbations' if self.low > 1 else 'Batch orders'} vary the accuracy more."


def two_way(accuracy: xr.DataArray | ArrayLike, level: float = 0.95) -> Layout:
    """Spreads over k and over batch orders, and how they compare.

    The chance of either is a random effect; runs are normal, cells have equal variance, and there is one run in each.

    Args:
        accuracy: with dimensions k and seed, or an array (K, S); K, S >= 2; percent.
        level: confidence, in (0, 1).

    Raises:
        InputError: other dimensions, numbers not finite, a level outside (0, 1).
    """
    cells = _table(accuracy)
    added = added_by_columns(cells, checked(level))
    squares, freedoms = _mean_squares(cells, added.residual)
    rows, columns = cells.shape
    mixes = np.array([[1, 0, columns - 1], [0, 1, rows - 1]]) / np.array([[columns], [rows]])
    over_k, over_seeds = (_mixture(mix * squares, freedoms, level) for mix in mixes)
    ratio, low, high = _ratio(mixes, squares, freedoms, level)
    detectable = detectable_ratio(columns - 1, int(freedoms[2]), count=rows, level=level)
    return Layout(over_k, over_seeds, ratio, low, high, added, detectable, (rows, columns), level)


def _table(accuracy: xr.DataArray | ArrayLike) -> np.ndarray:
    if not isinstance(accuracy, xr.DataArray):
        return np.asarray(accuracy, dtype=np.float64)
    if set(accuracy.dims) != {"k", "seed"}:
        raise InputError(f"expected dimensions k and seed, got {tuple(map(str, accuracy.dims))}; choose one epoch")
    return accuracy.transpose("k", "seed").to_numpy().astype(np.float64)


def _mean_squares(cells: np.ndarray, residual: float) -> tuple[np.ndarray, np.ndarray]:
    """Of rows, columns and residual, with their degrees of freedom."""
    rows, columns = cells.shape
    squares = [columns * cells.mean(1).var(ddof=1), rows * cells.mean(0).var(ddof=1), residual**2]
    return np.array(squares), np.array([rows - 1, columns - 1, (rows - 1) * (columns - 1)], dtype=np.float64)


def _mixture(parts: np.ndarray, freedoms: np.ndarray, level: float) -> Spread:
    """Spread behind a sum of independent mean squares; its freedom is the one that gives the sum its variance."""
    total = float(parts.sum())
    freedom = total**2 / float((parts**2 / freedoms).sum()) if total else float(freedoms.sum())
    low, high = np.sqrt(_quantiles(_inverse_chi_squares(*freedoms) @ parts, level))
    return Spread(math.sqrt(total), low, high, freedom, level)


def _ratio(mixes: np.ndarray, squares: np.ndarray, freedoms: np.ndarray, level: float) -> tuple[float, float, float]:
    """Ratio of the two mixtures, and its interval."""
    if not squares[2]:
        return math.nan, math.nan, math.nan
    first, second = mixes @ squares
    above, below = mixes @ (squares * _inverse_chi_squares(*freedoms)).T
    return float(first / second), *_quantiles(above / below, level)


def _quantiles(pivot: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(pivot, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@cache
def _inverse_chi_squares(*freedoms: float) -> np.ndarray:
    """Freedom over chi-square number, (2^DRAWS, 3), quasi-random: the same at every call, and slow to make."""
    uniform = Sobol(len(freedoms), rng=np.random.default_rng(0)).random_base2(DRAWS)
    return np.array(freedoms) / chdtri(np.array(freedoms), uniform)
