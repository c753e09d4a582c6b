"""What is compared: a row of the table is a way to take steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import cos, pi
from types import MappingProxyType
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from experiments.benchmarks.control.cdat import CDAT
from experiments.benchmarks.control.free_cap import FreeCap
from experiments.benchmarks.control.stepping import Plain, Stepper
from experiments.benchmarks.control.tasks import loss_of
from numerics.control import EdgeController

WARM_UP = 0.1
"""Of all steps."""

Shape = Callable[[float], float]
"""Share of the training done -> factor of the step size."""


def constant(_: float) -> float:
    """No decay."""
    return 1.0


def cosine(done: float) -> float:
    """From 1 to 0 over the run, by half a period."""
    return (1 + cos(pi * done)) / 2


def warmed(done: float) -> float:
    """A linear rise, and a cosine over all of it."""
    return min(1.0, done / WARM_UP + 1e-3) * cosine(done)


def optimizer_of(kind: str, model: nn.Module, lr: float) -> Optimizer:
    """SGD with momentum, or AdamW."""
    return SGD(model.parameters(), lr=lr, momentum=0.9) if kind == "sgd" else AdamW(model.parameters(), lr=lr)


Make = Callable[[nn.Module, str, float, int], Stepper]
"""(model, optimizer, lr, steps) -> what takes the steps."""


@dataclass(frozen=True)
class Row:
    """A way to take steps.

    Attributes:
        make: begins a training.
        family: rows whose best step size is looked for together, for what 13 times of it means.
        equal: whether it costs more than its steps, so that it is run at equal cost too.
        alone: it needs no step size, and is run at one.
        package: that it needs.
        only: optimiser that it is one of; empty for both.
    """

    make: Make
    family: str = "plain"
    equal: bool = False
    alone: bool = False
    package: str = ""
    only: str = ""

    @property
    def missing(self) -> bool:
        """Whether its package is not installed."""
        return bool(self.package) and find_spec(self.package) is None

    def factor(self, optimizer: str) -> float:
        """Of its grid: schedule-free SGD wants step sizes ten times as large, as its authors say."""
        return 10.0 if self.family == "schedule-free" and optimizer == "sgd" else 1.0


def _plain(shape: Shape, clip: float = 0.0) -> Make:
    return lambda model, kind, lr, steps: Plain(model, optimizer_of(kind, model, lr), steps, shape, clip)


def _controlled(**options: Any) -> Make:
    def make(model: nn.Module, kind: str, lr: float, steps: int) -> Stepper:
        optimizer = optimizer_of(kind, model, lr)
        return Plain(model, optimizer, steps, cosine, control=EdgeController(model, optimizer, loss_of, **options))

    return make


def _free(capped: bool) -> Make:
    def make(model: nn.Module, kind: str, lr: float, steps: int) -> Stepper:
        import schedulefree

        cls = schedulefree.SGDScheduleFree if kind == "sgd" else schedulefree.AdamWScheduleFree
        optimizer = cls(model.parameters(), lr=lr, warmup_steps=0 if capped else round(WARM_UP * steps))
        return Plain(model, optimizer, steps, constant, control=FreeCap(model, optimizer, loss_of) if capped else None)

    return make


def _prodigy(model: nn.Module, kind: str, lr: float, steps: int) -> Stepper:
    from prodigyopt import Prodigy

    return Plain(model, Prodigy(model.parameters(), lr=1.0), steps, cosine)


def _cdat(model: nn.Module, kind: str, lr: float, steps: int) -> Stepper:
    return CDAT(model, lambda shadow: optimizer_of(kind, shadow, 1.0), steps, cosine)


ROWS = MappingProxyType(
    {
        "fixed": Row(_plain(constant)),
        "warm-up + cosine": Row(_plain(warmed)),
        "+ clipping at 1": Row(_plain(warmed, 1.0)),
        "cap, cosine": Row(_controlled(), equal=True),
        "follow, cosine": Row(_controlled(follow=True), "follow", equal=True, alone=True),
        "schedule-free": Row(_free(False), "schedule-free", package="schedulefree"),
        "cap on schedule-free": Row(_free(True), "schedule-free", equal=True, package="schedulefree"),
        "Prodigy, cosine": Row(_prodigy, "prodigy", alone=True, package="prodigyopt", only="adamw"),
        "CDAT, cosine": Row(_cdat, "cdat", equal=True, alone=True),
    }
)
PLAIN = ("fixed", "warm-up + cosine", "+ clipping at 1")
"""Whose best is the reference, and whose best step size is what 13 times is counted from."""
