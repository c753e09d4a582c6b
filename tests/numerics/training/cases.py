"""Small groups on a few digits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
import xarray as xr

from numerics.datasets import Data, load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group, Recipe, Seeds

RECIPE = Recipe(net="tiny", data="digits", subset=80, batch=32, epochs=2, lr=0.05, lr_every=1)
"""Two whole batches and one of half the size per epoch; the step size falls after the first."""

GROUP = Group(RECIPE, ks=(1, 3))


@cache
def digits(dtype: str = "float32", device: str = "cpu") -> Data:
    return load("digits", subset=RECIPE.subset, dtype=getattr(torch, dtype), device=device)


def group(ks: tuple[int, ...] = (1, 3), kind: str = "scaling", seeds: Seeds | None = None, trial: int = 0, **recipe) -> Group:
    return Group(replace(RECIPE, **recipe), seeds or Seeds(), kind, ks=ks, trial=trial)


def begun(group: Group, device: str = "cpu") -> GroupRun:
    return GroupRun(group, digits(group.recipe.dtype, device), device)


def finished(run: GroupRun) -> xr.Dataset:
    while not run.finished:
        run.advance()
    return run.results()


def trained(group: Group, device: str = "cpu") -> xr.Dataset:
    return finished(begun(group, device))


def trails(results: xr.Dataset) -> dict[int, list[str]]:
    """Number of a member -> its trail by epochs."""
    return {int(k): results.trail.sel(k=k).values.tolist() for k in results.k}
