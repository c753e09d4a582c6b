"""Small real trainings, seconds each on a CPU: what the checks of Section 4 can see for themselves. Not the paper's setting."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
import xarray as xr

from experiments.last_bits.training_setting import SMOKE
from numerics.datasets import load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group, Recipe

SETTING = (
    "two convolutions with batch norm on scikit-learn's digits (1442 images, one thread of a CPU; not the paper's setting)"
)


@cache
def trained(group: Group) -> xr.Dataset:
    """The results of a group, trained here and now."""
    recipe = group.recipe
    run = GroupRun(group, load(recipe.data, subset=recipe.subset, dtype=getattr(torch, recipe.dtype)), "cpu")
    while not run.finished:
        run.advance()
    return run.results()


def recipe(**changes: object) -> Recipe:
    """The smallest setting with changes of its own."""
    return replace(SMOKE, **changes)


def divergence(**changes: object) -> xr.Dataset:
    """What was measured on k = 3, with k = 1 beside it."""
    return trained(Group(recipe(**changes), ks=(1, 3))).sel(k=3)


def in_words(**changes: object) -> str:
    """RelL1 of k = 3 and k = 1 after the first and the last epoch, and how many test images they class differently."""
    found = divergence(**changes)
    first, last = (float(found.rel_l1_net[n]) for n in (0, -1))
    return (
        f"On {SETTING}, RelL1 of k = 3 to k = 1 goes from {first:.1e} after one epoch to {last:.1e} after "
        f"{found.sizes['epoch']}, and {float(found.churn[-1]):.1%} of the test images change class."
    )
