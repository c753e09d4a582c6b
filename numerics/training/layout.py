"""What the results of a group look like: names, shapes, types and ranges; found out without a training of it.

A checksum tells that a file is as it was written, not that a run of this group can have written it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import ceil, inf
from typing import NamedTuple

import numpy as np
import xarray as xr

from numerics import nets
from numerics.datasets import DATASETS
from numerics.training.history import DIMS
from numerics.training.measure import FLUCTUATION, PER_EPOCH, PER_STEP
from numerics.training.probe import PROBED
from numerics.training.recipe import Group

APART = {"rel_l1": 2, "rel_l1_net": 2, "changed": 1, "churn": 1}
"""Distances to the unperturbed member -> the largest there is; NaN once that one has ended."""

LARGEST = {"accuracy": 100, "loss": inf, "loss_step": inf, "rel_l1_step": 2, "lr": inf, "normalised": inf} | APART
TRAIL = re.compile("[0-9a-f]{32}")


class Layout(NamedTuple):
    """Of some epochs of a group.

    Attributes:
        layers: names of the parameters.
        epochs: how many.
        steps: of an epoch.
        images: to test on, of which the end of a training tells `right`; None before.
    """

    layers: tuple[str, ...]
    epochs: int
    steps: int
    images: int | None


@lru_cache(maxsize=8)
def layout(group: Group) -> Layout:
    """Of a whole training; nothing is loaded, and no weight is drawn."""
    recipe, data = group.recipe, DATASETS[group.recipe.data].published
    net = nets.bare(recipe.net, channels=data.channels, classes=data.classes, size=data.size, activation=recipe.activation)
    steps = ceil(min(recipe.subset or data.train, data.train) / recipe.batch)
    return Layout(tuple(name for name, _ in net.named_parameters()), recipe.epochs, steps, data.test)


def fault(read: xr.Dataset, group: Group, expected: Layout) -> str:
    """The first thing that a run of this group cannot have given, in words; empty if there is none.

    Args:
        read: of some of its members.
        group: what they share.
        expected: of the epochs that are done.
    """
    variables, coordinates = _dims(group, expected), _coordinates(group, expected)
    if odd := read.variables.keys() ^ (variables.keys() | coordinates.keys() | {"k"}):
        return f"missing, or too much: {', '.join(sorted(map(str, odd)))}"
    for name, values in coordinates.items():
        if read[name].dims != (name,) or read[name].values.tolist() != values:
            return f"another {name}"
    for name, (dims, kind) in (variables | {name: ((name,), _kind(name)) for name in (*coordinates, "k")}).items():
        if read[name].dims != dims or not read[name].dtype.str[1:].startswith(kind):
            return f"{name} is of another shape or type"
    if read.sizes.get("image") != expected.images:
        return f"{read.sizes['image']} images to test on, not {expected.images}"
    odd = (_odd(read.isel(k=number), group, expected) for number in range(read.sizes["k"]))
    return next(filter(None, odd), "")


def _dims(group: Group, expected: Layout) -> dict[str, tuple[tuple[str, ...], str]]:
    """Variable -> its dimensions, and how the name of its type begins, as NumPy has it."""
    measured = (*(FLUCTUATION if group.recipe.fluctuation else ()), *(PROBED if group.recipe.probe else ()))
    names = [*PER_EPOCH, "rel_l1", *measured] if expected.epochs else []
    names += PER_STEP if _rows(group, expected) else ()
    dims = {name: (DIMS.get(name, ("k", "epoch")), "f8") for name in names}
    dims |= {"trail": (("k", "epoch"), "U"), "status": (("k",), "U"), "unstable_epoch": (("k",), "i8")}
    return dims | ({} if expected.images is None else {"right": (("k", "image"), "i1")})


def _kind(coordinate: str) -> str:
    return "U" if coordinate == "layer" else "i8"


def _rows(group: Group, expected: Layout) -> int:
    """Records by steps."""
    trace = group.recipe.trace
    return expected.epochs * expected.steps // trace if trace else 0


def _coordinates(group: Group, expected: Layout) -> Mapping[str, list[object]]:
    coordinates: dict[str, list[object]] = {"epoch": list(range(1, expected.epochs + 1)), "layer": list(expected.layers)}
    if group.recipe.trace:
        coordinates["step"] = [group.recipe.trace * n for n in range(1, _rows(group, expected) + 1)]
    return coordinates


def _odd(member: xr.Dataset, group: Group, expected: Layout) -> str:
    """What is wrong with the values of one member."""
    ended, name = int(member.unstable_epoch), f"member {int(member.k)}"
    if not 0 <= ended <= expected.epochs or str(member.status.values) != ("unstable" if ended else "finished"):
        return f"{name}: status {member.status.values} and unstable epoch {ended}"
    lived = ended - 1 if ended else expected.epochs
    trails = member.trail.values.tolist()
    if not all(map(TRAIL.fullmatch, trails[:lived])) or any(trails[lived:]):
        return f"{name}: trails that no run has"
    for variable in (v for v in member.data_vars if v in LARGEST):
        if not _plausible(str(variable), member[variable].values, lived, expected.steps, group):
            return f"{name}: values of {variable} that no run has"
    if not _together(member, group, lived):
        return f"{name}: distances for some epochs that no run has"
    right = member.right.values if "right" in member else np.zeros(0)
    return "" if np.isin(right, [-1] if ended else [0, 1]).all() else f"{name}: values of right that no run has"


def _together(member: xr.Dataset, group: Group, lived: int) -> bool:
    """Whether all distances are known for as many epochs; to itself the unperturbed member has them as long as it lived."""
    there = [member[name].notnull() for name in APART if name in member]
    known = {int((each.all("layer") if "layer" in each.dims else each).sum()) for each in there}
    return len(known) < 2 and (int(member.k) != group.unperturbed or known in (set(), {lived}))


def _plausible(name: str, values: np.ndarray, lived: int, steps: int, group: Group) -> bool:
    """In range while the member lived, and NaN after."""
    by_step = name in PER_STEP
    lasted = lived * steps // group.recipe.trace if by_step else lived
    alive, after = values[:lasted], values[lasted:]
    if not by_step and not np.isnan(after).all():
        return False
    blank = np.isnan(alive).all(axis=tuple(range(1, alive.ndim)))
    if name in APART or name == "rel_l1_step":  # the unperturbed member ends, and does not come back
        alive = alive[: len(alive) - int(np.logical_and.accumulate(blank[::-1]).sum())]
    return bool(np.isfinite(alive).all() and (alive >= 0).all() and (alive <= LARGEST[name]).all())


def matches(member: xr.Dataset, unperturbed: xr.Dataset) -> bool:
    """Whether a member has distances to the unperturbed one just as long as both lasted; each of one member, without fault."""
    shorter = min(_lasted(member), _lasted(unperturbed))
    return int(member.rel_l1_net.notnull().sum()) == shorter


def _lasted(member: xr.Dataset) -> int:
    ended = int(member.unstable_epoch.item())
    return ended - 1 if ended else member.sizes["epoch"]
