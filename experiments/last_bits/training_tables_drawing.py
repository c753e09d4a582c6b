"""The picture of an accuracy table: every run, and both spreads with their intervals beside the finite test set's share."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from experiments import style
from experiments.last_bits.spreads import finite_test_set, stable
from experiments.last_bits.training_setting import printed
from numerics.statistics import spread

MARKERS = "osD^vXP*"


def above(ax: Axes, columns: int, **settings: Any) -> None:
    """The legend above the axes, where nothing can lie under it."""
    ax.legend(ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1), **settings)


def scale_of_spreads(ax: Axes, least: float) -> None:
    """Logarithmic; linear below a hundredth of a point where the least spread is 0, as it may be exactly."""
    if least > 0:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        ax.set_yscale("symlog", linthresh=0.01)
        ax.set_ylim(-0.001, None)
    ax.yaxis.set_minor_locator(NullLocator())


def render(results: xr.Dataset) -> Figure:
    """Accuracies by batch order, and the STDs of the table's columns and rows."""
    figure, (left, right) = style.panels(2, height=2.9)
    _draw_runs(left, results.final.transpose("k", "seed"))
    _draw_spreads(right, results)
    return figure


def _draw_runs(ax: Axes, table: xr.DataArray) -> None:
    """One marker per run; the columns' means as bars."""
    places, count = np.arange(table.sizes["seed"]), table.sizes["k"]
    for n, k in enumerate(table.k.values):
        ax.plot(
            places + 0.1 * (n - (count - 1) / 2), table.sel(k=k), MARKERS[n % 8], color=style.CYCLE[n % 8], ms=3.5, label=f"{k}"
        )
    ax.hlines(table.mean("k"), places - 0.36, places + 0.36, color=style.BLACK, lw=0.6)
    ax.set(xlabel="seed of batch order", ylabel="test accuracy (%)", xticks=places, xticklabels=table.seed.values)
    above(ax, 6, title="perturbation k", handletextpad=0, columnspacing=0.6)


def _draw_spreads(ax: Axes, results: xr.Dataset) -> None:
    table, start, least = stable(results.final), 0, finite_test_set(results)
    for n, (over, by) in enumerate((("k", "seed"), ("seed", "k"))):
        if table.sizes[over] < 2:
            continue
        spreads = [spread(table.sel({by: label}).values) for label in table[by].values]
        places, stds = start + np.arange(len(spreads)), np.array([one.std for one in spreads])
        bars = np.array([[one.std - one.low for one in spreads], [one.high - one.std for one in spreads]])
        title = {"k": "over k, by seed", "seed": "over seeds, by k"}[over]
        ax.errorbar(places, stds, bars, fmt=MARKERS[n], color=style.CYCLE[n], ms=3.5, lw=0.8, label=title)
        _draw_print(ax, results, over, places)
        start, least = start + len(spreads) + 1, min(least, stds.min())
    ax.axhline(finite_test_set(results), color=style.BLACK, lw=0.8, ls="--", label="finite test set")
    ax.set(xticks=[], ylabel="STD of test accuracy (points)", xlabel="columns and rows of the table")
    scale_of_spreads(ax, least)
    above(ax, 2, title="95 % intervals")


def _draw_print(ax: Axes, results: xr.Dataset, over: str, places: np.ndarray) -> None:
    """The paper's STDs, divided by n - 1, at the paper's setting only."""
    claim = printed(results.attrs["claim"])
    if claim is None or results.attrs["preset"] != "paper":
        return
    numbers = np.array(claim.values["accuracy"], dtype=np.float64).std(0 if over == "k" else 1, ddof=1)
    if len(numbers) == len(places):
        ax.plot(places + 0.2, numbers, "x", color=style.CYCLE[3], ms=4, label="paper's accuracies" if over == "k" else None)
