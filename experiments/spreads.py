"""What a table of final accuracies says of its two spreads, over k and over batch orders, and of the finite test set."""

from __future__ import annotations

import numpy as np
import xarray as xr

from numerics.statistics import floor_bound, two_way


def stable(final: xr.DataArray) -> xr.DataArray:
    """The table without the perturbations that became unstable under some batch order, and the orders if all of them did."""
    return final.transpose("k", "seed").dropna("seed", how="all").dropna("k", how="any")


def finite_test_set(results: xr.Dataset) -> float:
    """The most that a finite test set can spread equally good runs by, in percent, at the end of training.

    From how often a perturbed run and the unperturbed one disagree on a test image, averaged over k and orders; for a mean
    over several epochs it is a bound too.
    """
    churn = results.churn.isel(epoch=-1).isel(k=slice(1, None))
    return floor_bound(churn.values[np.isfinite(churn.values)], results.attrs["test_images"])


def compared(results: xr.Dataset) -> str:
    """Both spreads with their intervals, their ratio, and the finite test set's share, in words."""
    table = stable(results.final)
    left = results.final.size - table.size
    unstable = f"{left} runs are left out, for instability of theirs or of one in their row. " if left else ""
    if min(table.shape) < 2:
        return f"{unstable}Too few runs are left to compare spreads."
    floor, layout = finite_test_set(results), two_way(table)
    if not layout.over_k.std:
        return f"{unstable}{layout.sentence}"
    beside = (
        "more than" if layout.over_k.low > floor else "no more than" if layout.over_k.high <= floor else "not told apart from"
    )
    return (
        f"{unstable}{layout.sentence} The finite test set spreads equally good runs by at most {floor:.2g}; the spread over "
        f"perturbations is {beside} that."
    )


def fluctuation_in_words(results: xr.Dataset) -> str:
    """The relative gradient fluctuation where it was measured, median over epochs and runs."""
    if "fluctuation" not in results:
        return ""
    mean, median = (float(results[name].median()) for name in ("fluctuation", "fluctuation_median"))
    return (
        f"Relative gradient fluctuation, median over epochs and runs: mean of ratios {mean:.3g} (no expectation: see the check "
        f"of the paper's 26.72), median of ratios {median:.3g}; a last bit is 1e-7. "
    )
