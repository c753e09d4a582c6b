"""Gradients of several batches at the same weights, for the relative gradient fluctuation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from numerics.datasets import Data
from numerics.measures.fluctuation import Fluctuation, fluctuation
from numerics.training.feed import training_batches
from numerics.training.member import Member
from numerics.training.recipe import Group


def gradient_fluctuation(member: Member, group: Group, data: Data, epoch: int) -> Fluctuation:
    """Of the loss without weight decay, over the first batches of an epoch, as training would see them; changes nothing.

    It costs as much as that many steps.

    Args:
        member: whose weights.
        group: whose recipe says how many batches, and whose seeds say which.
        data: to take them from.
        epoch: the one about to come, counted from 0.

    Raises:
        InputError: fewer than two batches.

    Source: Section 4.2, footnote 5.
    """
    taken = islice(training_batches(group, data, epoch), group.recipe.fluctuation)
    return fluctuation(_gradients(member, taken))


def _gradients(member: Member, taken: Iterator[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, ...]]:
    """One list per batch. Batch norm updates copies of its running statistics."""
    weights = dict(member.net.named_parameters())
    buffers = {name: buffer.clone() for name, buffer in member.net.named_buffers()}
    for images, labels in taken:
        with torch.enable_grad():  # who asks for them may have switched it off
            loss = cross_entropy(functional_call(member.net, (weights, buffers), (images,)), labels)
        yield torch.autograd.grad(loss, list(weights.values()))
