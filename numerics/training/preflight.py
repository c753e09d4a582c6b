"""A few steps before a run: do members that train side by side keep the bits of their solo runs on this very device?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from derive.shown import message
from numerics.common.determinism import reproducible
from numerics.datasets import Data
from numerics.training.eager import EagerStepper, Stepper
from numerics.training.feed import training_batches
from numerics.training.member import Member, members
from numerics.training.recipe import Group
from numerics.training.stepping import recordable, stepper
from numerics.training.trail import parts, trail

NAMED = 3
"""Differing tensors that are named, of all."""

TOLD = 200
"""Characters of an error that are repeated."""


@dataclass(frozen=True)
class Preflight:
    """What was found.

    Attributes:
        exact: whether no bit differs.
        sentence: how the members are to be trained, and why.
    """

    exact: bool
    sentence: str


def preflight(group: Group, data: Data, device: str) -> Preflight:
    """Decide whether the members of a group may train side by side.

    Where they would (on a GPU), every member takes the same steps in company, recorded, and alone, as torch runs them:
    a first step, recorded ones, one on a smaller batch, and recorded ones at another step size. Both must agree to the last bit
    of weights, buffers, optimiser state and loss; steps that cannot be recorded fail too. So resuming a run, which starts
    eagerly, changes nothing either.
    """
    if not recordable(device):
        return Preflight(True, "one after another")
    with reproducible():
        together = members(group, data, device)
    return compared(group, data, device, stepper(together, device, True), together)


def compared(group: Group, data: Data, device: str, company: Stepper, together: list[Member]) -> Preflight:
    """Hold some members that train in company against the same ones alone.

    Args:
        group: theirs.
        data: theirs.
        device: theirs.
        company: takes their steps.
        together: the members, at the start.
    """
    with reproducible():
        alone = members(group, data, device)
        for number, (images, labels, lr) in enumerate(_schedule(group, data), start=1):
            for member in [*together, *alone]:
                member.set_lr(lr)
            own = EagerStepper(alone).step(images, labels)  # first: an error of the steps themselves passes
            try:
                difference = _difference(together, alone, company.step(images, labels), own)
            except RuntimeError as error:
                difference = f"fails ({message(error)[:TOLD]})"
            if difference:
                return Preflight(False, f"one after another: side by side {difference} in step {number} of the preflight")
    return Preflight(True, "side by side, each member equal to its solo run to the last bit in a preflight")


def _schedule(group: Group, data: Data) -> Iterator[tuple[Tensor, Tensor, float]]:
    """(images, labels, step size) of every step of the preflight."""
    lr, few = group.recipe.lr, list(islice(training_batches(group, data, 0), 3))
    images, labels = few[0]
    half = (images[: (len(labels) + 1) // 2], labels[: (len(labels) + 1) // 2])
    whole = [batch for batch in few if len(batch[1]) == len(labels)]
    for batch in (*whole, whole[0], half, whole[-1]):
        yield *batch, lr
    for batch in (*whole, half):
        yield *batch, lr * 0.1


def _difference(together: list[Member], alone: list[Member], losses: Tensor, own: Tensor) -> str:
    """The first member that differs, and in what; empty if none does."""
    for member, solo, loss, alone_loss in zip(together, alone, losses, own, strict=True):
        if trail(member.net, member.optimizer) != trail(solo.net, solo.optimizer):
            return f"k = {member.k} differs from its solo run in {_named(member, solo)}"
        if not torch.equal(loss.isnan(), alone_loss.isnan()) or not torch.equal(loss.nan_to_num(), alone_loss.nan_to_num()):
            return f"k = {member.k} differs from its solo run in its loss, {float(loss)!r} instead of {float(alone_loss)!r}"
    return ""


def _named(member: Member, solo: Member) -> str:
    """The tensors that differ, the first few by name, with the largest difference."""
    pairs = zip(parts(member.net, member.optimizer), parts(solo.net, solo.optimizer), strict=True)
    apart = {name: float((a.double() - b.double()).abs().max()) for (name, a), (_, b) in pairs if not torch.equal(a, b)}
    names = ", ".join(list(apart)[:NAMED]) + (f" and {len(apart) - NAMED} more" if len(apart) > NAMED else "")
    return f"{names} by up to {max(apart.values(), default=0.0):.1e}"
