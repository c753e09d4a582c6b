"""Determinism: trials with the same seeds coincide in all that decides their future; another k does not.

The trail of an epoch is a hash of all weights, buffers and optimiser state, so equal trails mean equal bits, where equal
accuracies could be chance.

Source: Tab 4 (supp. Tab 1).
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
from experiments.pictures.text_table import plain
from numerics.training.recipe import Group, Recipe

TITLE = "Determinism: repeated trials"
SHOWN = 11
"""Epochs in the table."""


@dataclass(frozen=True)
class Config:
    """The setting, the number of trials, the k of the negative control, and the form (`experiments.last_bits.forms`)."""

    preset: str
    recipe: Recipe
    trials: int = 3
    control: int = 3
    form: str = "paper"


PRESETS = {
    "smoke": Config("smoke", SMOKE),
    "default": Config("default", replace(DEFAULT, epochs=10, lr_every=4)),
    "paper": Config("paper", PAPER),
}


def groups(config: Config) -> list[Group]:
    """One per trial: k = 1, and the control beside it."""
    recipe, ks = recipe_in(config.form, config.recipe), (1, config.control)
    return [Group(recipe, form=config.form, ks=ks, trial=trial) for trial in range(1, config.trials + 1)]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """Accuracy, loss and trails by trial, k and epoch; in how many different states the trials of one k are."""
    table = joined(runs, "trial", range(1, config.trials + 1))[["accuracy", "loss", "rel_l1_net", "trail", "status"]]
    states = xr.apply_ufunc(_different, table.trail, input_core_dims=[["trial"]], vectorize=True)
    apart = (table.trail.sel(k=1) != table.trail.sel(k=config.control)).all("trial")
    table = table.assign(states=states.assign_attrs(units="1"), control_apart=apart.astype(np.int64))
    return table.assign_attrs(
        seeds="init, order and augmentation 1", preset=config.preset, form=config.form, control=config.control,
        setting=described(recipe_in(config.form, config.recipe)),
    )  # fmt: skip


def _different(trails: np.ndarray) -> int:
    return len(set(trails.tolist()))


def coincide(results: xr.Dataset) -> bool:
    """Whether all trials of k = 1 are in one state after every epoch."""
    return bool((results.states.sel(k=1) == 1).all())


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells: a row per trial, test accuracy at some epochs and the start of the last trail; then the print."""
    shown = np.unique(np.linspace(1, results.sizes["epoch"], SHOWN).round().astype(int))
    header = ["", *(f"epoch {epoch}" for epoch in shown), "trail"]
    cells = [_row(results, trial, 1, shown) for trial in results.trial.values]
    return header, [
        *cells,
        _row(results, int(results.trial[0]), results.attrs["control"], shown),
        *_print(results, len(header)),
    ]


def _row(results: xr.Dataset, trial: int, k: int, shown: np.ndarray) -> list[str]:
    one = results.sel(trial=trial, k=k)
    numbers = [text(float(one.accuracy.sel(epoch=epoch))) for epoch in shown]
    return [f"k = {k}, trial {trial}", *numbers, str(one.trail.values[-1])[:8]]


def _print(results: xr.Dataset, width: int) -> list[list[str]]:
    """The paper's epochs and accuracies, below a heading; none if they do not fit."""
    claim = printed("table-4")
    if claim is None or width != 2 + len(claim.values["epoch"]):
        return []
    head = [heading(results.attrs["preset"]), *(f"epoch {epoch}" for epoch in claim.values["epoch"]), ""]
    trials = enumerate(claim.values["accuracy"], start=1)
    return [head, *([f"k = 1, trial {n}", *map(str, numbers), ""] for n, numbers in trials)]


def render(results: xr.Dataset) -> Figure:
    """Accuracy of all trials, one over the other, and of the control; RelL1 of the control below nothing."""
    figure, (left, right) = style.panels(2)
    for n, trial in enumerate(results.trial.values):
        accuracy = results.accuracy.sel(trial=trial, k=1)
        left.plot(results.epoch, accuracy, color=style.CYCLE[n], lw=5 - 1.8 * n, label=f"k = 1, trial {trial}")
    control = results.attrs["control"]
    left.plot(results.epoch, results.accuracy.isel(trial=0).sel(k=control), color=style.BLACK, ls=":", label=f"k = {control}")
    left.set(xlabel="epoch", ylabel="test accuracy (%)", title="trials")
    left.legend()
    apart = results.rel_l1_net.isel(trial=0).sel(k=control)
    right.semilogy(results.epoch, apart, color=style.BLACK, ls=":", label=f"k = {control} to k = 1")
    right.set(xlabel="epoch", ylabel="RelL1 to k = 1, trial 1")
    right.set_title(f"k = 1: {'all trials at 0, bit for bit' if coincide(results) else 'trials differ'}")
    right.legend()
    for ax in (left, right):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def caption(results: xr.Dataset) -> str:
    """Whether the trials coincide, and the control."""
    epochs, trials, control = results.sizes["epoch"], results.sizes["trial"], results.attrs["control"]
    verdict = "coincide bit for bit after every epoch" if coincide(results) else "do not coincide"
    apart, accuracies = int(results.control_apart.sum()), results.accuracy.isel(trial=0)
    differ = int((accuracies.sel(k=1) != accuracies.sel(k=control)).sum())
    return (
        f"{trials} trials of k = 1 {verdict} of {epochs} in weights, buffers and optimiser state (trails: BLAKE2b). Negative "
        f"control: k = {control} is in another state after {apart} of {epochs} epochs, and its test accuracy differs after "
        f"{differ}. {origin(results)} That trials coincide holds for one device and one version of the libraries; their bits "
        f"differ from another's.\n{plain(*rows(results))}"
    )
