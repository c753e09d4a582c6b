"""Settings of the training experiments: the paper's, a demonstration for two CPU cores, and one that runs in seconds.

Source: Section 4.2 and the authors' code (the paper's setting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import xarray as xr

from derive.paper.claim import Claim, claims
from experiments.last_bits.forms import TOLD
from numerics.nets.named import activations_of
from numerics.optim.named import named
from numerics.optim.perturbation import Perturbation
from numerics.training.member import optimizer_of
from numerics.training.recipe import Recipe

KS = (1, 3, 5, 7, 9, 11)
SEEDS = (1, 2, 3, 4, 5, 6)

PAPER = Recipe(data="cifar-10", net="resnet-56", beta=5.0)
"""ResNet-56 on CIFAR-10: step size 0.1, a tenth of it every 40 of 200 epochs, batches of 128, momentum 0.9, weight decay 5e-4,
float32. Open in print, and the authors' code's: that the momentum is Nesterov's, crops and flips, Swish's beta."""

_SMALL = {"net": "tiny", "beta": 1.0, "lr_every": 0, "augment": False}
DEFAULT = replace(PAPER, data="fashion-mnist", subset=2560, lr=0.05, batch=64, epochs=12, **_SMALL)
"""What two cores can do in minutes. The step size stays: a last bit needs about 100 steps to reach the classification of the
test images and then spreads the accuracies several times wider than the finite test set would; once the step size has dropped,
what is left of that is about the finite test set's share, and 36 small runs cannot tell it from there."""

SMOKE = replace(PAPER, data="digits", batch=32, epochs=8, **_SMALL)
"""Seconds; shows that everything runs, and little else."""


def described(recipe: Recipe, schedule: bool = True) -> str:
    """The setting in words; without epochs and step sizes where these vary."""
    images = f"the first {recipe.subset} images of {recipe.data}" if recipe.subset else recipe.data
    crops = ", random crops and flips" if recipe.augment else ""
    return (
        f"{network(recipe)} on {images}, {_optimizer(recipe)}{_schedule(recipe) if schedule else ''}, "
        f"batches of {recipe.batch}, weight decay {recipe.weight_decay:g}{crops}, {recipe.dtype}"
    )


def network(recipe: Recipe) -> str:
    """The net, and what is in it of activations."""
    inside = " and ".join(activations_of(recipe.net, recipe.activation, recipe.beta))
    return f"{recipe.net} with {inside}" if inside else recipe.net


def _schedule(recipe: Recipe) -> str:
    drops = f"times {recipe.lr_factor:g} every {recipe.lr_every} epochs" if recipe.lr_every else "fixed"
    return f", {recipe.epochs} epochs, step size {recipe.lr:g}, {drops}"


def _optimizer(recipe: Recipe) -> str:
    """As it says itself, made for one weight."""
    return named(optimizer_of(recipe, Perturbation("scaling", 1), [torch.nn.Parameter(torch.ones(1))], 1, "cpu"))


def joined(runs: Sequence[xr.Dataset], dim: str, labels: Sequence[Any]) -> xr.Dataset:
    """Results of groups side by side along a new dimension, without layers, steps and images."""
    flat = [run.drop_dims([name for name in ("layer", "step", "image") if name in run.dims]) for run in runs]
    return xr.concat(flat, xr.DataArray(list(labels), dims=dim, name=dim), join="outer", combine_attrs="drop_conflicts")


def printed(claim: str) -> Claim | None:
    """What the paper prints, where a collection of its claims is installed."""
    return claims().get(claim)


def heading(preset: str, setting: str = "ResNet-56, CIFAR-10, 200 epochs") -> str:
    """What stands over the paper's numbers beside ours."""
    return "paper" if preset == "paper" else f"paper, at another setting ({setting})"


def note(preset: str) -> str:
    """A sentence for captions."""
    return (
        "The paper's setting, as far as it is printed; what is left open is chosen (python -m experiments list --left-open)."
        if preset == "paper"
        else f"Preset {preset}: not the paper's setting, so its numbers are none to compare."
    )


def origin(results: xr.Dataset) -> str:
    """Setting, seeds, preset and form, as sentences for captions."""
    at = results.attrs
    form = f" {TOLD}" if at.get("form") == "code" else ""
    return f"{at['setting'][:1].upper()}{at['setting'][1:]}. Seeds: {at['seeds']}. {note(at['preset'])}{form}"


def final_accuracy(accuracy: xr.DataArray, average: int) -> xr.DataArray:
    """Test accuracy in percent at the end: the mean over the last `average` epochs, or over all if there are fewer.

    See `experiments.last_bits.forms`. Unstable runs have NaN at the end, and stay NaN.
    """
    return accuracy.isel(epoch=slice(-min(average, accuracy.sizes["epoch"]), None)).mean("epoch", skipna=False)


def text(value: float, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"
