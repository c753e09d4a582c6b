r"""One table, two sources of chance: how much variance the columns add to what already varies within them.

Of a table with one run per cell, :math:`a_{ks} = \mu + \kappa_k + \sigma_s + \varepsilon_{ks}`, the variance over the
columns s within a row is :math:`V_\varepsilon + V_\sigma`, that over the rows k within a column
:math:`V_\varepsilon + V_\kappa`. Both share the residual, so that their ratio has no F distribution. What is exact, for normal
runs, is :math:`F = M_\sigma / M_\varepsilon` (mean squares), which is :math:`1 + K V_\sigma / V_\varepsilon` times an F number
with S - 1 and (K - 1)(S - 1) degrees of freedom. It gives an interval of :math:`1 + V_\sigma / V_\varepsilon`, the ratio of
both variances where the rows have no effect of their own.

In Table 1 rows are last-bit perturbations and columns are batch orders.

Source: Scheffé, The Analysis of Variance (1959), section 7.2 (intervals of ratios of variance components).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import f as fisher

from derive.errors import InputError

ROUNDING = 1e-13
"""Residuals this small beside the cells are what the subtraction of equal numbers leaves."""


@dataclass(frozen=True)
class TwoWay:
    """Variances of a table of K rows and S columns.

    Attributes:
        over_rows: STD over the rows within a column: square root of the mean of the columns' variances, ddof = 1.
        over_columns: STD over the columns within a row, likewise.
        residual: STD of what is left without the rows' and the columns' means.
        p_rows: chance of the rows' means to differ by as much or more, if rows had no effect of their own.
        p_columns: likewise of the columns.
        ratio: estimate of 1 + V_sigma/V_epsilon, at least 1: variance over columns in that over rows.
        low: lower end of its interval, at least 1.
        high: upper end, at least 1.
        level: confidence of the interval.
    """

    over_rows: float
    over_columns: float
    residual: float
    p_rows: float
    p_columns: float
    ratio: float
    low: float
    high: float
    level: float

    def sentence(self, rows: str = "rows", columns: str = "columns") -> str:
        """In words; `rows` and `columns` say what they are."""
        if not self.residual:
            return f"The {rows} spread by nothing within any of the {columns}, so nothing can be said of their ratio."
        percent = f"{100 * self.level:g} %"
        seen = "adds variance" if self.low > 1 else "adds no variance that these runs could show"
        return (
            f"STD over {rows} {self.over_rows:.3g}, over {columns} {self.over_columns:.3g}. Beyond the {rows}, choice among "
            f"the {columns} {seen} (p = {self.p_columns:.2g}): the ratio of the variances is {self.ratio:.2f}, {percent} "
            f"interval {self.low:.2f} to {self.high:.2f}."
        )


def two_way(table: ArrayLike, level: float = 0.95) -> TwoWay:
    """Variances over rows and over columns of a table with one run per cell.

    Args:
        table: (K, S) finite numbers, K, S >= 2.
        level: confidence of the interval, in (0, 1).

    Raises:
        InputError: another shape, numbers not finite, a level outside (0, 1).
    """
    cells = np.asarray(table, dtype=np.float64)
    if cells.ndim != 2 or min(cells.shape) < 2 or not np.isfinite(cells).all():
        raise InputError(f"expected a table of finite numbers with two rows and two columns at least, got shape {cells.shape}")
    if not 0 < level < 1:
        raise InputError(f"expected a level between 0 and 1, got {level!r}")
    rows, columns = cells.shape
    by_row, by_column = cells.mean(1), cells.mean(0)
    left = cells - by_row[:, None] - by_column + cells.mean()
    freedom = (rows - 1) * (columns - 1)
    equal = np.abs(left).max() < ROUNDING * np.abs(cells).max()
    noise = 0.0 if equal else float((left**2).sum() / freedom)
    of_rows, of_columns = columns * by_row.var(ddof=1), rows * by_column.var(ddof=1)
    within = math.sqrt(cells.var(0, ddof=1).mean()), math.sqrt(cells.var(1, ddof=1).mean())
    ratios = _ratio(of_columns, noise, (columns - 1, freedom), rows, level)
    p_rows, p_columns = _chance(of_rows, noise, rows - 1, freedom), _chance(of_columns, noise, columns - 1, freedom)
    return TwoWay(*within, math.sqrt(noise), p_rows, p_columns, *ratios, level)


def _chance(square: float, noise: float, *freedoms: int) -> float:
    """Probability of an F number at least this large."""
    return float(fisher.sf(square / noise, *freedoms)) if noise else math.nan


def _ratio(square: float, noise: float, freedoms: tuple[int, int], count: int, level: float) -> tuple[float, float, float]:
    """1 + V_sigma/V_epsilon: estimate and interval, none below 1."""
    if not noise:
        return math.nan, math.nan, math.nan
    ratio, ends = square / noise, fisher.ppf([(1 + level) / 2, (1 - level) / 2], *freedoms)
    low, high = (max(1.0, 1 + (ratio / end - 1) / count) for end in ends)
    return max(1.0, 1 + (ratio - 1) / count), low, high
