"""Other networks and data: both spreads of the accuracy, over last-bit perturbations and over batch orders, setting by setting.

Swish amplifies a last bit only from larger step sizes than ReLU (see table-6): at 0.05 to 0.1 it leaves the classification of
the small test sets alone. So each setting of the default preset with Swish has a step size of its own, found by trial.

Source: Tab 6b (supp. Tab 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments import style
from experiments.last_bits import training_tables
from experiments.last_bits.spreads import compared, finite_test_set, stable
from experiments.last_bits.training_setting import DEFAULT, PAPER, SMOKE, heading, origin, printed, text
from experiments.last_bits.training_tables import TableConfig
from experiments.last_bits.training_tables_drawing import above, scale_of_spreads
from experiments.pictures.text_table import plain
from numerics.statistics import two_way
from numerics.training.recipe import Group, Recipe

TITLE = "Accuracy over last-bit perturbations and batch orders, other networks and data"
CLAIM = "table-6b"


@dataclass(frozen=True)
class Config:
    """One table of accuracies per network and data set; all of the same k and seeds, and of one form."""

    preset: str
    tables: tuple[TableConfig, ...]
    form: str = "paper"

    @property
    def own(self) -> list[TableConfig]:
        """The tables in this form."""
        return [replace(table, form=self.form) for table in self.tables]


def _tables(preset: str, recipes: Sequence[Recipe], **size: object) -> Config:
    swish = (replace(recipe, activation="swish") for recipe in recipes)
    return Config(preset, tuple(TableConfig(CLAIM, preset, recipe, **size) for recipe in swish))


_DIGITS = replace(SMOKE, epochs=12)
_PAPER = [replace(PAPER, net=net, data=data) for net in ("vgg16-bn", "resnet-56") for data in ("fashion-mnist", "cifar-10")]
PRESETS = {
    "smoke": _tables("smoke", (SMOKE, replace(SMOKE, net="dense-2")), ks=(1, 3), seeds=(1, 2)),
    "default": _tables(
        "default",
        (
            replace(DEFAULT, lr=0.5),
            replace(DEFAULT, net="dense-2"),
            replace(_DIGITS, lr=1.0),
            replace(_DIGITS, net="resnet-8", lr=0.5),
        ),
        ks=(1, 3, 5, 7),
        seeds=(1, 2, 3, 4),
    ),
    "paper": _tables("paper", _PAPER),
}


def groups(config: Config) -> list[Group]:
    """Those of the tables, one after another."""
    return [group for table in config.own for group in training_tables.groups(table)]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """The tables side by side along `setting`."""
    tables, left = [], list(runs)
    for table in config.own:
        own, left = left[: len(table.seeds)], left[len(table.seeds) :]
        tables.append(training_tables.collect(table, own))
    names = [f"{table.own.net}, {table.own.data}" for table in config.own]
    joined = xr.concat(tables, xr.DataArray(names, dims="setting", name="setting"), combine_attrs="drop_conflicts")
    words = "; ".join(one.attrs["setting"] for one in tables)
    return joined.assign_attrs(preset=config.preset, setting=words, seeds=tables[0].attrs["seeds"])


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells: a row per setting; then the print, below a heading."""
    header = ["network, data", "mean accuracy", "STD over k", "95 %", "STD over seeds", "95 %", "finite test set"]
    claim, cells = printed(CLAIM), [_row(results.sel(setting=name), name) for name in results.setting.values]
    if claim is None:
        return header, cells
    columns = (claim.values[name] for name in ("net", "data", "accuracy", "floating_point", "batch_selection"))
    body = [[f"{net}, {data}", str(mean), str(k), "", str(s), "", ""] for net, data, mean, k, s in zip(*columns, strict=True)]
    return header, [*cells, [heading(results.attrs["preset"], "Swish, 200 epochs"), *[""] * 6], *body]


def _row(one: xr.Dataset, name: str) -> list[str]:
    table = stable(one.final)
    if min(table.shape) < 2:
        return [name, *["-"] * 6]
    layout = two_way(table)
    spreads = [cell for s in (layout.over_k, layout.over_seeds) for cell in (text(s.std), f"{s.low:.2f} to {s.high:.2f}")]
    return [name, text(float(table.mean())), *spreads, text(finite_test_set(one))]


def render(results: xr.Dataset) -> Figure:
    """Both spreads with their intervals, and the finite test set's share, by setting."""
    figure, (ax,) = style.panels(1, height=2.8)
    least = np.inf
    places = np.arange(results.sizes["setting"])
    for place, name in zip(places, results.setting.values, strict=True):
        one = results.sel(setting=name)
        layout = two_way(stable(one.final))
        for n, (spread, title) in enumerate(((layout.over_k, "over k"), (layout.over_seeds, "over batch orders"))):
            bars = [[spread.std - spread.low], [spread.high - spread.std]]
            at = place + 0.24 * n - 0.12
            label = title if place == 0 else None
            ax.errorbar([at], [spread.std], bars, fmt="os"[n], color=style.CYCLE[n], ms=4, lw=0.9, label=label)
        least = min(least, layout.over_k.std, layout.over_seeds.std)
        floor, label = finite_test_set(one), "finite test set" if place == 0 else None
        ax.hlines(floor, place - 0.3, place + 0.3, color=style.BLACK, lw=0.9, ls="--", label=label)
    names = [str(name).replace(", ", "\n") for name in results.setting.values]
    ax.set(xticks=places, xticklabels=names, ylabel="STD of test accuracy (points)")
    scale_of_spreads(ax, least)
    above(ax, 3)
    return figure


def caption(results: xr.Dataset) -> str:
    """Every setting's comparison, and the table."""
    compares = " ".join(f"{name}: {compared(results.sel(setting=name))}" for name in results.setting.values)
    return (
        f"Spread of the final test accuracy over last-bit perturbations and over batch orders. {compares} Settings: "
        f"{origin(results)}\n{plain(*rows(results))}"
    )
