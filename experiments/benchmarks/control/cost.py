"""What a product with the Hessian costs, in training steps, and how many steps there are for equal cost.

By floating-point operations, which are the same on every machine; what they leave out is the time of a call.
"""

from __future__ import annotations

import torch
from torch.optim import SGD

from experiments.benchmarks.control.presets import Setting
from experiments.benchmarks.control.rows import ROWS
from experiments.benchmarks.control.tasks import loss_of, task
from experiments.benchmarks.floor import work
from numerics.control.due import gap
from numerics.control.probe import COLD, Probe

EVERY, PRODUCTS = 100, 4
"""Defaults of `EdgeController`."""


def price(setting: Setting, device: str = "cpu") -> float:
    """Of a product, the measurement's other work shared by its products, over that of a training step."""
    at = task(setting.task, device)
    x, y = next(at.batches(setting.batch, 0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = at.make().to(device)
    step = work(lambda: loss_of(model(x), y).backward())
    probe = Probe(model, loss_of, PRODUCTS)
    optimizer = SGD(model.parameters(), lr=1.0)
    probe.measure(optimizer, [(x, y)])
    before, measured = probe.spent, work(lambda: probe.measure(optimizer, [(x, y)]))
    calls = 2  # `work` counts operations in one call and bytes in another
    return measured.flops / ((probe.spent - before) / calls) / step.flops


def products_of(steps: int) -> int:
    """Of an `EdgeController` with its defaults."""
    due, measured, spent = 0, 0, 0
    while due < steps:
        measured, spent = measured + 1, spent + (PRODUCTS if measured else COLD)
        due += gap(measured, EVERY)
    return spent


def affordable(steps: int, row: str, each: float) -> int:
    """Steps of a row that cost as much as so many plain ones.

    Args:
        steps: plain ones.
        row: of `ROWS`.
        each: price of a product, in steps.
    """
    taken = products_of if not row.startswith("CDAT") else int
    return max((n for n in range(1, steps + 1) if n + each * taken(n) <= steps), default=1) if ROWS[row].equal else steps
