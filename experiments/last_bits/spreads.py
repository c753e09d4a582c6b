"""What a table of final accuracies says of its two spreads, over k and over batch orders, and of the finite test set."""

from __future__ import annotations

import numpy as np
import xarray as xr

from numerics.statistics import Spread, finite_test_set_floor, floored, two_way


def stable(final: xr.DataArray) -> xr.DataArray:
    """The table without the perturbations that became unstable under some batch order, and the orders if all of them did."""
    return final.transpose("k", "seed").dropna("seed", how="all").dropna("k", how="any")


def floor_of(run: xr.Dataset) -> float:
    """What the finite test set spreads equally good runs by, over the k of one batch order, in percent; NaN below two runs."""
    right = run.right.values
    kept = right[(right >= 0).all(1)]
    return finite_test_set_floor(kept) if len(kept) > 1 else np.nan


def finite_test_set(results: xr.Dataset) -> float:
    """The same over all batch orders, the mean of the squares, at the last epoch; of averages over epochs it is a bound."""
    squares = results.floor.values**2
    return float(np.sqrt(squares[np.isfinite(squares)].mean())) if np.isfinite(squares).any() else np.nan


def compared(results: xr.Dataset) -> str:
    """Both spreads with their intervals, their ratio, and what is left without the finite test set's share, in words."""
    table = stable(results.final)
    left = results.final.size - table.size
    unstable = f"{left} runs are left out, for instability of theirs or of one in their row. " if left else ""
    if min(table.shape) < 2:
        return f"{unstable}Too few runs are left to compare spreads."
    layout = two_way(table)
    if not layout.over_k.std:
        return f"{unstable}{layout.sentence}"
    most = "at most " if results.attrs["average"] > 1 else ""
    return f"{unstable}{layout.sentence} {_without_floor(layout.over_k, finite_test_set(results), most)}"


def _without_floor(over_k: Spread, floor: float, most: str) -> str:
    """Whether perturbations do more than a finite test set does, and how much."""
    left = floored(over_k, floor)
    interval = f"({100 * over_k.level:g} % interval {left.low:.2g} to {left.high:.2g})"
    beside = "no more than that"
    if left.low:
        beside = f"more than that: without it, it is {left.excess:.2g} {interval}"
    elif left.high:
        beside = f"not told apart from that: without it, it is at most {left.high:.2g}"
    return f"The finite test set spreads equally good runs by {most}{floor:.2g}; the spread over perturbations is {beside}."


def fluctuation_in_words(results: xr.Dataset) -> str:
    """The relative gradient fluctuation where it was measured, median over epochs and runs."""
    if "fluctuation" not in results:
        return ""
    mean, median = (float(results[name].median()) for name in ("fluctuation", "fluctuation_median"))
    return (
        f"Relative gradient fluctuation, median over epochs and runs: mean of ratios {mean:.3g} (no expectation: see the check "
        f"of the paper's 26.72), median of ratios {median:.3g}; a last bit is 1e-7. "
    )
