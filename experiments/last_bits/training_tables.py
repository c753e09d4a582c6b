"""The accuracy tables: rows are last-bit perturbations k, columns are seeds of batch order and augmentation.

All runs of a table, in the code's form of a column, begin with the same weights.

Shared by Tables 1, 6, 7 and 8, whose modules differ in their settings alone.

Source: Tab 1, 6, 7, 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from experiments.last_bits.forms import AVERAGE, recipe_in, seeds_in
from experiments.last_bits.spreads import compared, floor_of, fluctuation_in_words
from experiments.last_bits.training_setting import (
    DEFAULT,
    KS,
    PAPER,
    SEEDS,
    SMOKE,
    described,
    final_accuracy,
    heading,
    joined,
    origin,
    printed,
    text,
)
from experiments.last_bits.training_tables_drawing import render
from experiments.pictures.text_table import plain
from numerics.training.recipe import Group, Recipe, Seeds

__all__ = ["TableConfig", "caption", "collect", "groups", "presets", "render", "rows"]


FLOOR = "spread over k that the finite test set gives equally good runs"


@dataclass(frozen=True)
class TableConfig:
    """A table.

    Attributes:
        claim: whose print stands beside, such as "table-1".
        preset: name.
        recipe: what all its runs share.
        ks: its rows.
        seeds: its columns, of order and augmentation.
        form: see `experiments.last_bits.forms`.
    """

    claim: str
    preset: str
    recipe: Recipe
    ks: tuple[int, ...] = KS
    seeds: tuple[int, ...] = SEEDS
    form: str = "paper"

    @property
    def own(self) -> Recipe:
        """The recipe in its form."""
        return recipe_in(self.form, self.recipe)


def presets(claim: str, default_lr: float = DEFAULT.lr, runs: int = 6, **changes: Any) -> dict[str, TableConfig]:
    """The three presets of a table, with what its recipe has of its own.

    Args:
        claim: see `TableConfig`.
        default_lr: step size of the default preset, unless it is changed in all.
        runs: rows and columns of the default preset.
        **changes: of the recipe, in all presets.
    """
    return {
        "smoke": TableConfig(claim, "smoke", replace(SMOKE, **changes), ks=(1, 3, 5), seeds=(1, 2, 3)),
        "default": TableConfig(claim, "default", replace(DEFAULT, **({"lr": default_lr} | changes)), KS[:runs], SEEDS[:runs]),
        "paper": TableConfig(claim, "paper", replace(PAPER, **changes)),
    }


def groups(config: TableConfig) -> list[Group]:
    """One per column: all k side by side on the same batches."""
    return [Group(config.own, seeds_in(config.form, seed), form=config.form, ks=config.ks) for seed in config.seeds]


def collect(config: TableConfig, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """Everything measured, by seed, k and epoch; the table itself is `final`, in percent."""
    table = joined(runs, "seed", config.seeds)
    table["floor"] = ("seed", [floor_of(run) for run in runs], {"units": "percent", "long_name": FLOOR})
    average, init = (
        min(AVERAGE[config.form], table.sizes["epoch"]),
        "init," if config.form == "code" else f"init {Seeds().init},",
    )
    table["final"] = final_accuracy(table.accuracy, average).assign_attrs(units="percent")
    return table.assign_attrs(
        claim=config.claim, preset=config.preset, form=config.form, setting=described(config.own), average=average,
        seeds=f"{init} order and augmentation {', '.join(map(str, config.seeds))}",
    )  # fmt: skip


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells: accuracies in percent, sample STDs in the last column and row; then the print, below a heading."""
    table = results.final.transpose("k", "seed")
    claim = printed(results.attrs["claim"])
    seeds = table.seed.values.tolist()
    wide = max(len(seeds), len(claim.values["seed"]) if claim else 0)
    header = ["", *(f"seed {seed}" for seed in seeds), *[""] * (wide - len(seeds)), "STD"]
    cells = [_padded(f"k = {k}", table.sel(k=k).values, wide, float(table.sel(k=k).std(ddof=1))) for k in table.k.values]
    overall = np.sqrt(float(table.var("k", ddof=1).mean()))
    cells.append(_padded("STD", table.std("k", ddof=1).values, wide, overall))
    return header, [*cells, *(_print(claim.values, heading(results.attrs["preset"]), wide) if claim else [])]


def _padded(name: str, numbers: np.ndarray, wide: int, last: float) -> list[str]:
    return [name, *map(text, numbers), *[""] * (wide - len(numbers)), text(last)]


def _print(values: Any, title: str, wide: int) -> list[list[str]]:
    """The paper's accuracies with its STDs, as printed."""
    blank = [""] * (wide - len(values["seed"]))
    triples = zip(values["k"], values["accuracy"], values["std_over_seeds"], strict=True)
    body = [[f"k = {k}", *map(str, numbers), *blank, str(std)] for k, numbers, std in triples]
    head = [title, *(f"seed {seed}" for seed in values["seed"]), *blank, "STD (n)"]
    return [head, *body, ["STD (n)", *map(str, values["std_over_k"]), *blank, ""]]


def caption(results: xr.Dataset) -> str:
    """What was trained, both spreads and how they compare, the finite test set's share, and the table."""
    at = results.attrs
    init = "and of the initial weights" if at.get("form") == "code" else "one initialization"
    which = "the last epoch" if at["average"] == 1 else f"the last {at['average']} epochs, averaged"
    return (
        f"Test accuracy (percent) at {which}: rows are last-bit perturbations k, columns seeds of batch order and "
        f"augmentation, {init}. {compared(results)} {fluctuation_in_words(results)}"
        f"{origin(results)} The spreads are a property of the setting; single accuracies depend on the device's order of "
        f"summation as they do on k.\n{plain(*rows(results))}"
    )
