"""The batches of an epoch: the same for all members of a group."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from torch import Tensor

from numerics.datasets import Data, batches
from numerics.training.recipe import Group


def training_batches(group: Group, data: Data, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(images, labels) of an epoch, counted from 0: decided by seeds and epoch alone, not by what was drawn before."""
    recipe, seeds = group.recipe, group.seeds
    return batches(data.train, recipe.batch, seeds.order, seeds.augment if recipe.augment else None, epoch)


def steps_per_epoch(group: Group, data: Data) -> int:
    """Batches of an epoch; the last one may be smaller."""
    return ceil(len(data.train.labels) / group.recipe.batch)
