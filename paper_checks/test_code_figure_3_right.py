"""Fig 3 right: printed as at the settings before it, over all weights; in the authors' code without momentum, with Swish, of one layer."""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

from derive.paper.claim import Verdict
from experiments.last_bits.figure_3_right import PRESETS
from numerics import nets
from numerics.training.recipe import Group
from paper_checks.claims import PRINTED
from paper_checks.settings import same_setting
from paper_checks.small_runs import recipe, trained

CLAIM = "code-figure-3-right"
SMALL = {"net": "resnet-8", "subset": 640, "batch": 64, "epochs": 2, "lr": 0.8, "activation": "swish", "momentum": 0.0}


def layers() -> xr.Dataset:
    """RelL1 by layer on a small residual net."""
    return trained(Group(recipe(nesterov=False, **SMALL), ks=(1, 3))).sel(k=3).isel(epoch=-1)


def range_of_convolutions() -> tuple[float, float]:
    """Least and greatest RelL1 of a convolution over that of all weights."""
    found = layers()
    convolutions = [float(found.rel_l1.sel(layer=name)) for name in found.layer.values if ".conv" in name]
    return min(convolutions) / float(found.rel_l1_net), max(convolutions) / float(found.rel_l1_net)


def recipe_of(form: str):
    """At the paper's size."""
    return replace(PRESETS["paper"], form=form).own


def verdict() -> Verdict:
    """What either means for the figure."""
    printed, authors, (low, high) = PRINTED[CLAIM].values, PRINTED[CLAIM].authors, range_of_convolutions()
    return Verdict(
        CLAIM, "print and code differ", "", "",
        f"Momentum {printed['momentum']:g} multiplies what a constant gradient moves by {1 / (1 - printed['momentum']):.0f}, so that the axis of step sizes is another. On a "
        f"residual net of 8 layers (digits, 10 steps an epoch, {SMALL['epochs']} epochs) RelL1 of a single convolution in the blocks is {low:.1f} to {high:.1f} times that of all "
        f"weights. The code keeps a record every n steps at the step size {PRINTED['figure-3-right'].authors['one_epoch_at']:g}/n and draws the first {authors['records']}.",
        "python -m experiments run figure-3-right --form code",
        f"The code has momentum {authors['momentum']:g}, Swish with beta = {authors['beta']:g}, and RelL1 of {authors['rel_l1_of']} alone.",
        f"If the figure is the code's, the stable step size of {PRINTED['figure-3-right'].values['least_lr']:g} and the threshold above it are those of plain gradient descent, not of the momentum "
        "with which the tables were trained.",
    )  # fmt: skip


def test_both_forms_are_as_stated() -> None:
    printed, authors = PRINTED[CLAIM].values, PRINTED[CLAIM].authors
    assert same_setting(recipe_of("paper"), printed)
    assert same_setting(recipe_of("code"), {name: authors[name] for name in ("momentum", "activation", "beta")})
    assert not same_setting(recipe_of("code"), printed)
    assert recipe_of("paper").trace_of == ""


def test_the_layer_is_the_authors() -> None:
    """The sixth block of the second of three stages of nine, counted from 1 in words and from 0 in both names."""
    stage, block, convolution = PRINTED[CLAIM].authors["rel_l1_of"].split(".")
    before = 3 + 9 * (int(stage.removeprefix("layer")) - 1) + int(block)  # convolution, norm and activation come first
    name = recipe_of("code").trace_of
    assert name == f"{before}.{convolution}.weight"
    weight = nets.bare(recipe_of("code").net, channels=3, classes=10, size=32).get_parameter(name)
    assert tuple(weight.shape) == (32, 32, 3, 3)


def test_layers_are_not_the_net() -> None:
    low, high = range_of_convolutions()
    assert low < 1 < high
    assert high > 1.2 * low
