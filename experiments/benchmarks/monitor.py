"""What the monitor at its default budget costs a ResNet-20's training loop.

Two loops of equal steps, one of them watched, take turns, a few steps each; compared are their sums of processor time on one
thread. So many steps are run that the shadow's window comes round exactly once: its cost, and what the measurement at the
first step has advanced, are in the ratio in full. Digits of 8x8 are the unfavourable case: the copies, the perturbed
optimiser and the distances do not shrink with the images, the training step does. Deriving the edges of the optimiser, about a
second once in a process, is not in the ratio.

    .venv/bin/python -m experiments.benchmarks.monitor
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import count
from math import ceil
from time import process_time

from torch.nn.functional import cross_entropy
from torch.optim import SGD

from experiments.benchmarks.timing import Result, threads
from numerics import datasets, nets
from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.monitor.options import Options

BATCH, TURN, WARM_UP = 32, 25, 5


def run() -> list[Result]:
    """Time with the monitor over time without, at the default budget."""
    with threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", StabilityWarning)  # batch norm
        ratio, monitor = measure(steps())
    told = monitor.dataset()
    note = (
        f"ResNet-20, digits, batch {BATCH}, {steps()} steps: {int(told.normalised.count())} measurements, "
        f"{int(told.products.sum())} products, shadow {int(told.rel_l1.count())} steps"
    )
    return [Result("training loop with the monitor over without", ratio, "", 1.1, False, note)]


def steps() -> int:
    """A period of the shadow."""
    return ceil((Options.window + 1) / Options.shadow)


def measure(number: int) -> tuple[float, StabilityMonitor]:
    """Ratio of the two loops' times over this many steps, and the monitor."""
    step, _ = loop(False)
    for _ in range(WARM_UP):
        step()
    derive()
    (plain, _), (watched, monitor) = loop(False), loop(True)
    spent = [0.0, 0.0]
    for _ in range(ceil(number / TURN)):
        for place, step in enumerate((plain, watched)):
            start = process_time()
            for _ in range(TURN):
                step()
            spent[place] += process_time() - start
    return spent[1] / spent[0], monitor


def derive() -> None:
    """Both edges, once in a process, however long it trains."""
    step, monitor = loop(True)
    while monitor is not None and "mean_square" not in monitor.latest:
        step()


def loop(watched: bool) -> tuple[Callable[[], None], StabilityMonitor | None]:
    """One training step as a call, and its monitor."""
    data = datasets.load("digits")
    model = nets.build("resnet-20", channels=data.channels, classes=data.classes, size=data.size)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    monitor = StabilityMonitor(model, optimizer, cross_entropy) if watched else None
    stream = (pair for epoch in count() for pair in datasets.batches(data.train, BATCH, 1, None, epoch))

    def step() -> None:
        inputs, targets = next(stream)
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        if monitor is not None:
            monitor.step(inputs, targets)

    return step, monitor


if __name__ == "__main__":
    for _result in run():
        print(f"{_result.name}: {_result.value:.4f} (at most {_result.target:g}); {_result.note}")
