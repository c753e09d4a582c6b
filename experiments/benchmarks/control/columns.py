"""What the table says of a row, each with Student's interval over the seeds.

The reference of a setting is the least loss, mean over seeds, of the plain rows at equal steps. Losses are over it, as
geometric means over settings. That the least is picked makes every best look better than it is, and those with more to pick
from most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import t

from experiments.benchmarks.control.presets import DECADES
from experiments.benchmarks.control.rows import PLAIN, ROWS

BEYOND = 1.125
"""Decades above the best step size at which the price of a wrong one is read: 13 times."""

NEAR = 1.1
"""Of the reference: what counts as within 10 %."""


@dataclass(frozen=True)
class Column:
    """A mean over seeds.

    Attributes:
        mean: over seeds; NaN where nothing was run.
        low: lower end of its 95 % interval; NaN for one seed.
        high: upper end.
        settings: how many went in.
    """

    mean: float
    low: float
    high: float
    settings: int


@dataclass(frozen=True)
class Told:
    """A row's columns: see `python -m experiments.benchmarks control`; of a row that needs no step size some are empty."""

    best: Column
    accuracy: Column
    beyond: Column
    width: Column
    diverged: tuple[int, int]
    cost: float


def spacing(results: xr.Dataset) -> float:
    """Decades from one step size to the next."""
    return DECADES / (results.sizes["lr"] - 1)


def reference(results: xr.Dataset) -> xr.Dataset:
    """(setting,) least mean loss of the plain rows, and per seed the accuracy of that recipe, and place of its step size."""
    plain = results.sel(row=list(PLAIN), budget="steps").stack(recipe=("row", "lr"))
    means = plain.loss.mean("seed")
    which = means.argmin("recipe")
    places = xr.DataArray(np.array([lr for _, lr in plain.recipe.values]), dims="recipe")
    return xr.Dataset({"loss": means.min("recipe"), "accuracy": plain.accuracy[{"recipe": which}].drop_vars("recipe"),
                       "place": ("setting", places.values[which.values])})  # fmt: skip


def told(results: xr.Dataset, name: str, budget: str) -> Told | None:
    """The columns of a row; None where none of it was run.

    Args:
        results: of settings that are finished.
        name: of the row.
        budget: steps or cost.
    """
    at = results.sel(row=name, budget=budget)
    ran = at.loss.notnull().any(("lr", "seed")).values
    if not ran.any():
        return None
    at, beside = at.isel(setting=ran), reference(results).isel(setting=ran)
    ratio, means = at.loss / beside.loss, at.loss.mean("seed")
    place = means.argmin("lr")
    near = (ratio <= NEAR).sum("lr") * spacing(results)
    alone = ROWS[name].alone
    cost = (at.steps + at.products.mean(("lr", "seed")) * at.price) / results.steps.sel(row="fixed", budget="steps")
    return Told(
        _geometric(ratio[{"lr": place}]),
        _over_seeds(at.accuracy[{"lr": place}] - beside.accuracy),
        _nothing() if alone else _beyond(results, ratio, name, ran),
        _nothing() if alone else _over_seeds(near),
        (int(at.diverged.sum()), int(at.diverged.count())),
        float(cost.mean()),
    )


def _beyond(results: xr.Dataset, ratio: xr.DataArray, name: str, ran: np.ndarray) -> Column:
    """13 times the best step size of the uncapped rows of its family, where the grid reaches so far."""
    if ROWS[name].family == "plain":
        best = reference(results).place.values[ran]
    else:
        best = results.loss.sel(row=ROWS[name].family, budget="steps").mean("seed").values[ran].argmin(-1)
    place = best + round(BEYOND / spacing(results))
    reached = place < results.sizes["lr"]
    if not reached.any():
        return _nothing()
    chosen = xr.DataArray(place[reached], dims="setting")
    return _geometric(
        ratio.isel(setting=reached)[{"lr": chosen, "setting": xr.DataArray(np.arange(reached.sum()), dims="setting")}]
    )


def _geometric(ratio: xr.DataArray) -> Column:
    decades = _over_seeds(np.log10(ratio))
    return Column(10**decades.mean, 10**decades.low, 10**decades.high, decades.settings)


def _over_seeds(table: xr.DataArray) -> Column:
    """Mean over settings for each seed, then over seeds."""
    each = table.transpose("setting", "seed").mean("setting").values
    half = t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.nan
    return Column(float(each.mean()), float(each.mean() - half), float(each.mean() + half), table.sizes["setting"])


def _nothing() -> Column:
    return Column(np.nan, np.nan, np.nan, 0)


def by_setting(results: xr.Dataset, name: str, budget: str) -> list[float]:
    """Best loss over the reference of every setting; NaN where it was not run."""
    means = results.loss.sel(row=name, budget=budget).mean("seed").fillna(np.inf).min("lr")
    return [float(value) if np.isfinite(value) else np.nan for value in (means / reference(results).loss).values]
