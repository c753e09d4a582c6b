"""Determinism: k and k 2^m are one run, bit for bit, for k = 1..12; different odd parts are different runs.

Source: Tab 5 (supp. Tab 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import style
from experiments.last_bits.forms import recipe_in
from experiments.last_bits.training_setting import DEFAULT, PAPER, SMOKE, described, heading, joined, origin, printed, text
from experiments.last_bits.training_tables_drawing import above
from experiments.pictures.text_table import plain
from numerics.training.recipe import Group, Recipe

TITLE = "Determinism: powers of two"


@dataclass(frozen=True)
class Config:
    """The setting, the factors, the number of trials, and the form (`experiments.last_bits.forms`)."""

    preset: str
    recipe: Recipe
    ks: tuple[int, ...] = tuple(range(1, 13))
    trials: int = 3
    form: str = "paper"


PRESETS = {
    "smoke": Config("smoke", replace(SMOKE, epochs=4), trials=2),
    "default": Config("default", replace(DEFAULT, epochs=6, lr_every=3), trials=1),
    "paper": Config("paper", PAPER),
}


def odd_part(k: int) -> int:
    """What is left of k without its factors of two; the exponent is the number of trailing zeros in binary."""
    return k // (k & -k)


def groups(config: Config) -> list[Group]:
    """One per trial, all k side by side."""
    recipe = recipe_in(config.form, config.recipe)
    return [Group(recipe, form=config.form, ks=config.ks, trial=trial) for trial in range(1, config.trials + 1)]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """Accuracy and trails by trial, k and epoch; whether k is where its odd part is; in how many states all runs are."""
    table = joined(runs, "trial", range(1, config.trials + 1))[["accuracy", "rel_l1_net", "changed", "trail", "status"]]
    odd = [odd_part(k) for k in config.ks]
    same = (table.trail == table.trail.isel(trial=0).sel(k=odd).assign_coords(k=table.k)).all("trial")
    states = [len(set(table.trail.isel(epoch=n).values.ravel().tolist())) for n in range(table.sizes["epoch"])]
    table = table.assign(coincide=same.astype(np.int64), states=("epoch", states, {"units": "1"}))
    return table.assign_coords(odd=("k", odd)).assign_attrs(
        seeds="init, order and augmentation 1", preset=config.preset, form=config.form,
        setting=described(recipe_in(config.form, config.recipe)),
    )  # fmt: skip


def exact(results: xr.Dataset) -> bool:
    """Whether the runs fall into as many states as there are odd parts, after every epoch, each k into that of its odd part."""
    return bool(results.coincide.all()) and bool((results.states == len(set(results.odd.values.tolist()))).all())


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells: columns k; a row of final accuracies per trial, then the start of the last trail; then the print."""
    last = results.isel(epoch=-1)
    header = ["", *(f"k = {k}" for k in results.k.values)]
    cells = [[f"trial {t}", *(text(float(a)) for a in last.accuracy.sel(trial=t))] for t in results.trial.values]
    trails = ["trail, trial 1", *(str(trail)[:6] for trail in last.trail.isel(trial=0).values)]
    return header, [*cells, trails, *_print(results)]


def _print(results: xr.Dataset) -> list[list[str]]:
    """The paper's accuracies below a heading, at its k only."""
    claim = printed("table-5")
    if claim is None or list(claim.values["k"]) != results.k.values.tolist():
        return []
    trials = enumerate(claim.values["accuracy"], start=1)
    head = [heading(results.attrs["preset"]), *[""] * results.sizes["k"]]
    return [head, *([f"trial {n}", *map(str, numbers)] for n, numbers in trials)]


def render(results: xr.Dataset) -> Figure:
    """RelL1 to k = 1 over epochs, and final accuracy, coloured by the odd part; equal runs lie on one another."""
    figure, (left, right) = style.panels(2, height=2.9)
    parts = sorted(set(results.odd.values.tolist()))
    for n, part in enumerate(parts):
        of = results.isel(trial=0).where(results.odd == part, drop=True)
        colour, marker = style.CYCLE[n], "osD^vX"[n % 6]
        label = "k = " + ", ".join(str(int(k)) for k in of.k.values)
        right.plot(of.k, of.accuracy.isel(epoch=-1), marker, color=colour, ls="-", lw=0.6, ms=4)
        if part > 1:
            left.semilogy(of.epoch, of.rel_l1_net.T, color=colour, marker=marker, ms=3)
        left.plot([], [], color=colour, marker=marker, ms=3, label=f"{label}{': 0 throughout' if part == 1 else ''}")
    left.set(xlabel="epoch", ylabel="RelL1 to k = 1")
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    above(left, 2)
    right.set(xlabel="k", ylabel="final test accuracy (%)", xticks=results.k.values)
    return figure


def caption(results: xr.Dataset) -> str:
    """Whether the odd part decides everything, and nothing else does."""
    parts, epochs = len(set(results.odd.values.tolist())), results.sizes["epoch"]
    trials = results.sizes["trial"]
    verdict = (
        f"fall into {parts} states after every epoch, one for each odd part of k"
        if exact(results)
        else "do not follow the odd part of k"
    )
    return (
        f"{trials * results.sizes['k']} runs (k = {int(results.k[0])} to {int(results.k[-1])}, trials: {trials}) {verdict} of "
        f"{epochs}, by hash of weights, buffers and optimiser state. Negative control: the odd parts differ from one "
        f"another. {origin(results)} Exact on every device, as long as no number "
        f"leaves the range of normal floating point.\n{plain(*rows(results))}"
    )
