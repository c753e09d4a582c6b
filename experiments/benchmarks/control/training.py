"""One training, and what is left of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from itertools import islice
from math import isfinite, log, nan
from typing import NamedTuple

import torch
from torch import Tensor, nn

from experiments.benchmarks.control.presets import Setting
from experiments.benchmarks.control.rows import ROWS
from experiments.benchmarks.control.stepping import Stepper
from experiments.benchmarks.control.tasks import Task, loss_of, task
from numerics.control import ControlWarning


class Job(NamedTuple):
    """What decides a training."""

    setting: Setting
    row: str
    lr: float
    steps: int
    seed: int


class Outcome(NamedTuple):
    """What is left of it.

    Attributes:
        loss: over all rows trained on, in nats; one that is worse than guessing counts as guessing.
        accuracy: in percent of the rows to test on.
        diverged: whether the loss was worse than guessing and than at the start, or no number.
        products: with the Hessian.
        failed: measurements that failed.
    """

    loss: float
    accuracy: float
    diverged: bool
    products: int
    failed: int


def train(job: Job, device: str) -> Outcome:
    """Train by torch's random state of the seed, which is put back."""
    at, row = task(job.setting.task, device), ROWS[job.row]
    return trained(
        at,
        lambda model: row.make(model, job.setting.optimizer, job.lr, job.steps),
        job.setting.batch,
        job.steps,
        job.seed,
        device,
    )


def trained(at: Task, make: Callable[[nn.Module], Stepper], batch: int, steps: int, seed: int, device: str) -> Outcome:
    """As `train`, by whatever takes the steps."""
    with torch.random.fork_rng(), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        torch.manual_seed(seed)
        model = at.make().to(device)
        start, _ = judged(deepcopy(model), at)
        products = _steps(make(model), at, batch, steps, seed)
    loss, accuracy = judged(model, at)
    guessing = log(at.classes)
    diverged = not loss <= max(guessing, start)
    failed = sum(issubclass(one.category, ControlWarning) for one in said)
    return Outcome(
        min(loss, guessing) if isfinite(loss) else guessing,
        100 / at.classes if not isfinite(loss) else accuracy,
        diverged,
        products,
        failed,
    )


def _steps(stepper: Stepper, at: Task, batch: int, steps: int, seed: int) -> int:
    for x, y in islice(at.batches(batch, seed), steps):
        if not torch.isfinite(stepper.step(x, y)):  # it does not come back
            break
    return stepper.finish()


@torch.no_grad()
def judged(model: nn.Module, at: Task) -> tuple[float, float]:
    """Loss on the rows trained on, and accuracy on those to test on; NaN for no number.

    The statistics of batch norm are of the rows trained on, for all alike: averaged weights have none of their own.
    """
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    model.train()
    for chunk in at.train[0].split(256):
        model(chunk)
    model.eval()
    loss = float(loss_of(model(at.train[0]), at.train[1]))
    right: Tensor = model(at.test[0]).argmax(-1) == at.test[1]
    return (loss if isfinite(loss) else nan), 100 * float(right.double().mean())
