"""One pass through the training images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from numerics.datasets import Data
from numerics.pdes.simulate import Progress
from numerics.training.eager import Stepper
from numerics.training.feed import steps_per_epoch, training_batches
from numerics.training.measure import Measured, rel_l1_now
from numerics.training.member import Member
from numerics.training.probe import set_step_sizes
from numerics.training.recipe import Group


class Passed(NamedTuple):
    """What a pass leaves behind for its M members, on the CPU.

    Attributes:
        loss: mean over the images, (M,) float64.
        finite: whether all losses, and all weights and buffers at the end, are; (M,) bool.
        traced: a row for every step that is recorded, (M,) each.
        probed: what was measured before it; see `probe`.
    """

    loss: Tensor
    finite: Tensor
    traced: list[Measured]
    probed: Measured


def train_epoch(
    members: Sequence[Member], stepper: Stepper, group: Group, data: Data, epoch: int, report: Progress | None
) -> Passed:
    """Train the members on every batch of an epoch, counted from 0. Only its end waits for the device."""
    total, recorded = steps_per_epoch(group, data), set(recorded_steps(group, data, epoch))
    losses, sizes, apart = [], [], []
    probed = set_step_sizes(members, group, data, epoch)
    for number, (images, labels) in enumerate(training_batches(group, data, epoch), start=1):
        losses.append(stepper.step(images, labels))
        sizes.append(len(labels))
        if number in recorded:
            apart.append(rel_l1_now(members, group))
        if report is not None:
            report(number, total)
    return _passed(members, torch.stack(losses).double().cpu(), sizes, sorted(recorded), apart)._replace(probed=probed)


def recorded_steps(group: Group, data: Data, epoch: int) -> list[int]:
    """Steps of an epoch, from 1, whose number since the start is a multiple of `trace`."""
    total, trace = steps_per_epoch(group, data), group.recipe.trace
    return [n for n in range(1, total + 1) if (epoch * total + n) % trace == 0] if trace else []


def _passed(members: Sequence[Member], losses: Tensor, sizes: list[int], recorded: list[int], apart: list[Tensor]) -> Passed:
    """From losses (steps, M) and the sizes of the batches."""
    weights = torch.tensor(sizes, dtype=torch.float64)[:, None]
    sound = torch.stack([member.finite() for member in members]).cpu()
    traced = [{"loss_step": losses[n - 1], "rel_l1_step": far} for n, far in zip(recorded, apart, strict=True)]
    return Passed((losses * weights).sum(0) / weights.sum(), losses.isfinite().all(0) & sound, traced, {})
