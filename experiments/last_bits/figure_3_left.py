"""How far a last-bit perturbation carries the weights over a whole training: several networks, and three kinds of perturbation.

Beside the paper's factor k stand the smallest perturbation there is, one weight moved by one unit in the last place once, and
stochastic rounding of every update.

Source: Fig 3 left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import style
from experiments.last_bits.forms import recipe_in
from experiments.last_bits.training_setting import DEFAULT, PAPER, SMOKE, described, joined, network, origin
from experiments.last_bits.training_tables_drawing import above
from numerics.nets.named import activations_of
from numerics.training.recipe import Group, Recipe

TITLE = "Divergence of the weights over epochs"
KINDS = {"ulp": "one weight, one ulp, once", "stochastic-rounding": "stochastic rounding"}
"""Perturbations beside the factor k, in words."""


@dataclass(frozen=True)
class Config:
    """The settings, by network, the first of them also with the other kinds of perturbation; k; see `forms`."""

    preset: str
    recipes: tuple[Recipe, ...]
    k: int = 3
    kinds: tuple[str, ...] = tuple(KINDS)
    form: str = "paper"

    @property
    def own(self) -> list[Recipe]:
        """The recipes in this form."""
        return [recipe_in(self.form, recipe) for recipe in self.recipes]


def _nets(recipe: Recipe, *names: str) -> tuple[Recipe, ...]:
    return tuple(replace(recipe, net=name) for name in names)


PRESETS = {
    "smoke": Config("smoke", _nets(SMOKE, "tiny", "dense-3")),
    "default": Config("default", _nets(replace(DEFAULT, epochs=15, lr_every=5), "tiny", "resnet-8", "dense-2")),
    "paper": Config("paper", (*_nets(PAPER, "resnet-56", "resnet-20", "vgg16-bn"), replace(PAPER, activation="swish"))),
}


def groups(config: Config) -> list[Group]:
    """One per network with k, then one per other kind with the first network."""
    scaled = [Group(recipe, form=config.form, ks=(1, config.k)) for recipe in config.own]
    return [*scaled, *(Group(config.own[0], kind=kind, ks=(0, 1)) for kind in config.kinds)]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """RelL1, its range over the layers, churn and accuracies, by run and epoch."""
    curves = joined([_of(run) for run in runs], "run", labels(config))
    first, drops = config.own[0], config.own[0].lr_every or config.own[0].epochs
    return curves.assign_attrs(
        seeds="init, order, augmentation and perturbation 1", preset=config.preset, form=config.form,
        setting=described(first), net=first.net,        networks=len(config.own), drops=list(range(drops, first.epochs, drops)),
    )  # fmt: skip


def labels(config: Config) -> list[str]:
    """Of the runs: nets with k, then kinds of perturbation."""
    first, k = config.own[0], f"k = {config.k}"
    nets = [f"{network(recipe) if _otherwise_active(recipe, first) else recipe.net}, {k}" for recipe in config.own]
    return [*nets, *(f"{first.net}, {KINDS[kind]}" for kind in config.kinds)]


def _otherwise_active(recipe: Recipe, first: Recipe) -> bool:
    """Whether its activations are others than those of the first, which the caption tells."""
    return activations_of(recipe.net, recipe.activation, recipe.beta) != activations_of(first.net, first.activation, first.beta)


def _of(run: xr.Dataset) -> xr.Dataset:
    """What is kept of a group of two: the perturbed member beside the unperturbed one."""
    member = run.isel(k=1, drop=True)
    return xr.Dataset(
        {
            "rel_l1": member.rel_l1_net,
            "rel_l1_least": member.rel_l1.min("layer").assign_attrs(units="1"),
            "rel_l1_greatest": member.rel_l1.max("layer").assign_attrs(units="1"),
            "churn": member.churn,
            "accuracy": run.accuracy.isel(k=0, drop=True),
            "accuracy_perturbed": member.accuracy,
        }
    )


def render(results: xr.Dataset) -> Figure:
    """RelL1 over epochs: networks to the left, kinds of perturbation to the right; dotted: the step size drops."""
    figure, axes = style.panels(2, height=3.1)
    count = results.attrs["networks"]
    panels = (range(count), [0, *range(count, results.sizes["run"])])
    for ax, numbers, title in zip(axes, panels, ("networks", "kinds of perturbation"), strict=True):
        for place, n in enumerate(numbers):
            _draw(ax, results.isel(run=n), place)
        for drop in np.atleast_1d(results.attrs["drops"]):
            ax.axvline(drop, color=style.BLACK, lw=0.5, ls=":")
        ax.set(xlabel="epoch", ylabel="RelL1 to the unperturbed run", yscale="log")
        ax.axhline(2, color=style.BLACK, lw=0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        above(ax, 1, title=title)
    axes[1].set_ylim(axes[0].get_ylim())
    return figure


def _draw(ax: Axes, run: xr.Dataset, place: int) -> None:
    colour, marker = style.CYCLE[place], "osD^vX"[place % 6]
    ax.plot(
        run.epoch,
        run.rel_l1,
        color=colour,
        marker=marker,
        ms=2.5,
        markevery=max(1, run.sizes["epoch"] // 12),
        label=str(run.run.values),
    )


def caption(results: xr.Dataset) -> str:
    """First and last values, greatest ones, and the accuracies they lead to."""
    lines = [_in_words(results.sel(run=run)) for run in results.run.values]
    return (
        f"RelL1 between the weights of a run and of the same run perturbed in the last bit, over {results.sizes['epoch']} "
        f"epochs. {'; '.join(lines)}. RelL1 is at most 2, and 1 + (2/pi) ln 2 = 1.44 for independent normal weights. Dotted: "
        f"the step size drops. First network: {origin(results)}"
    )


def _in_words(run: xr.Dataset) -> str:
    kept = run.dropna("epoch", how="all")
    first, greatest, last = float(kept.rel_l1[0]), float(kept.rel_l1.max()), float(kept.rel_l1[-1])
    accuracies = f"{float(kept.accuracy[-1]):.2f} and {float(kept.accuracy_perturbed[-1]):.2f} %"
    return (
        f"{run.run.values}: {first:.1e} after one epoch, at most {greatest:.2g}, {last:.2g} at the end ({accuracies} accurate)"
    )
