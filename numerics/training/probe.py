"""How far a member's step size is from its edge, measured on some training images before an epoch; and a step size kept below.

The edge is derived for steps that repeat, a full batch; of small batches the measured one says how far the training would be
from it on all the images of the probe. Whether the cap does what it is for is told by the last bits, not by itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from numerics.datasets import Data
from numerics.sharpness import BatchCoupledWarning, sharpness
from numerics.thresholds.edges import upper
from numerics.training.member import Member
from numerics.training.recipe import Group, Recipe

TOLERANCE = 1e-2
"""Of the sharpness, relative."""

PROBED = ("lr", "normalised")
"""What is measured before an epoch, with `probe`."""


class Probed(NamedTuple):
    """Of one member, for one epoch.

    Attributes:
        lr: step size.
        normalised: sharpness and weight decay over the largest curvature that is stable at that step size; 1 is the edge.
    """

    lr: float
    normalised: float


def probed(member: Member, group: Group, data: Data, epoch: int) -> Probed:
    """The step size of an epoch, counted from 0, and how near it is to the edge.

    With `cap` it is no more than that part of the edge, rounded down to a power of two: members that differ in last bits are
    not told apart by the error of the measurement, unless it straddles such a power.
    """
    recipe, lr = group.recipe, group.recipe.lr_at(epoch)
    curvature = _sharpness(member, data, recipe.probe) + recipe.weight_decay
    at_lr = curvature / edge(recipe, lr)
    if not recipe.cap or at_lr <= recipe.cap:
        return Probed(lr, at_lr)
    kept = 2.0 ** math.floor(math.log2(lr * recipe.cap / at_lr))  # the edge is as 1/lr
    return Probed(kept, curvature / edge(recipe, kept))


def edge(recipe: Recipe, lr: float) -> float:
    """Largest stable curvature of SGD at a step size, weight decay counted in."""
    values = {"momentum": recipe.momentum, "nesterov": int(recipe.nesterov), "dampening": 0.0, "weight_decay": 0.0}
    return upper("sgd", {"lr": lr, **values})


def _sharpness(member: Member, data: Data, images: int) -> float:
    """Of the mean loss over the first images to train on, in training mode: they are one batch to batch norm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BatchCoupledWarning)
        part = data.train.images[:images], data.train.labels[:images]
        return float(sharpness(member.net, cross_entropy, part, tolerance=TOLERANCE).values[0])


def set_step_sizes(members: Sequence[Member], group: Group, data: Data, epoch: int) -> dict[str, torch.Tensor]:
    """Give all members their step size of an epoch; what was measured for it, (M,) each, nothing without `probe`."""
    if not group.recipe.probe:
        for member in members:
            member.set_lr(group.recipe.lr_at(epoch))
        return {}
    sizes = [probed(member, group, data, epoch) for member in members]
    for member, one in zip(members, sizes, strict=True):
        member.set_lr(one.lr)
    return {name: torch.tensor([getattr(one, name) for one in sizes], dtype=torch.float64) for name in PROBED}
