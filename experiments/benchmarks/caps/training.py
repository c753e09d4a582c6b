"""All trainings of a preset: the fixed step sizes first, as what is too large is counted from the best of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import nn

from experiments.benchmarks.caps.setting import CAPS, SHAPES, TOO_LARGE, Config, Setting, task
from experiments.benchmarks.caps.share import ShareOfMeanSquare
from experiments.benchmarks.control.grid import pool
from experiments.benchmarks.control.stepping import Plain
from experiments.benchmarks.control.tasks import loss_of
from experiments.benchmarks.control.training import Outcome, trained
from numerics.control import EdgeController


class Job(NamedTuple):
    """What decides a training.

    Attributes:
        setting: of it.
        cap: of `CAPS`; empty for none.
        lr: wanted at its start.
        steps: of it.
        seed: of weights and batch order.
        data: of the images.
    """

    setting: Setting
    cap: str
    lr: float
    steps: int
    seed: int
    data: str


def controlled(cap: str, model: nn.Module, optimizer: torch.optim.SGD) -> Any:
    """What lowers the lr; None for nothing."""
    if cap in ("quarter", "half"):
        return ShareOfMeanSquare(model, optimizer, loss_of, 0.25 if cap == "quarter" else 0.5)
    return EdgeController(model, optimizer, loss_of, c=float(cap.removeprefix("c = "))) if cap else None


def train(job: Job, device: str) -> Outcome:
    """A training, and what is left of it."""
    setting = job.setting

    def make(model: nn.Module) -> Plain:
        optimizer = torch.optim.SGD(model.parameters(), lr=job.lr, momentum=setting.momentum)
        return Plain(model, optimizer, job.steps, SHAPES[setting.shape], control=controlled(job.cap, model, optimizer))

    return trained(task(setting.net, job.data, device), make, setting.batch, job.steps, job.seed, device)


def ran(config: Config, device: str, report: Callable[[int, int], None]) -> xr.Dataset:
    """Losses of fixed and of capped trainings."""
    settings = list(config.settings())
    fixed = [(s, "", lr) for s in settings for lr in config.lrs(s.momentum)]
    total = len(config.seeds) * (len(fixed) + len(settings) * len(CAPS) * len(TOO_LARGE))
    with pool(os.cpu_count() or 1 if device == "cpu" else 1) as spread:

        def losses(wanted: Sequence[tuple[Setting, str, float]], done: int) -> list[Outcome]:
            jobs = [Job(*one, config.steps, seed, config.data) for one in wanted for seed in config.seeds]
            outcomes = []
            for outcome in spread(partial(train, device=device), jobs):
                outcomes.append(outcome)
                report(done + len(outcomes), total)
            return outcomes

        first = losses(fixed, 0)
        table = np.array([o.loss for o in first]).reshape(len(settings), config.rates, -1)
        best = np.log(table).mean(-1).argmin(-1)
        rates = [config.lrs(s.momentum)[n] for s, n in zip(settings, best, strict=True)]
        wanted = [(s, c, rate * m) for (s, rate), c, m in product(zip(settings, rates, strict=True), CAPS, TOO_LARGE)]
        return _dataset(config, settings, table, rates, losses(wanted, len(first)))


def _dataset(
    config: Config, settings: list[Setting], fixed: np.ndarray, rates: list[float], capped: list[Outcome]
) -> xr.Dataset:
    dims, shape = ("setting", "cap", "too_large", "seed"), (len(settings), len(CAPS), len(TOO_LARGE), len(config.seeds))

    def of(name: str, units: str) -> tuple:
        return dims, np.array([float(getattr(o, name)) for o in capped]).reshape(shape), {"units": units}

    return xr.Dataset(
        {
            "fixed": (("setting", "rate", "seed"), fixed, {"units": "nats"}),
            "best": ("setting", np.array(rates), {"units": "1"}),
            "loss": of("loss", "nats"),
            "diverged": of("diverged", "1"),
            "products": of("products", "1"),
            "failed": of("failed", "1"),
            **{name: ("setting", np.array([getattr(s, name) for s in settings])) for name in Setting._fields},
        },
        {"setting": [s.name for s in settings], "cap": list(CAPS), "too_large": list(TOO_LARGE), "seed": list(config.seeds)},
        {"seeds": ", ".join(map(str, config.seeds)), "preset": config.preset, "steps": config.steps, "data": config.data},
    )
