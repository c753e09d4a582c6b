"""What is trained to compare caps: nets on digits, batch sizes, momenta, schedules, step sizes too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

from experiments.benchmarks.control.rows import Shape, constant, cosine
from experiments.benchmarks.control.tasks import Task, convolutional, dense, images

SHAPES: dict[str, Shape] = {"constant": constant, "cosine": cosine}
NETS = {"dense": (dense,), "conv-bn": (convolutional, True)}
CAPS = ("c = 1", "c = 2", "quarter", "half")
"""What is run; the last two are shares of the mean-square edge."""

TOO_LARGE = (1, 5, 30)
"""Times the best fixed step size."""

LOWEST, SPACING = 0.01, 10**0.375
"""Of the grid of fixed ones, over 1 - momentum: the whole step that momentum adds up to."""


class Setting(NamedTuple):
    """One comparison.

    Attributes:
        net: of `NETS`.
        shape: of `SHAPES`.
        batch: rows a step.
        momentum: of SGD.
    """

    net: str
    shape: str
    batch: int
    momentum: float

    @property
    def name(self) -> str:
        """For tables and files."""
        return f"{self.net}, {self.shape}, batch {self.batch}, momentum {self.momentum:g}"


@dataclass(frozen=True)
class Config:
    """How much is run.

    Attributes:
        preset: name.
        nets: of `NETS`.
        shapes: of `SHAPES`.
        batches: rows a step; 1024 is the full batch.
        momenta: of SGD.
        rates: fixed step sizes in the grid.
        steps: of every training.
        seeds: of weights and batch order.
        data: of the images.
    """

    preset: str
    nets: tuple[str, ...] = ("dense",)
    shapes: tuple[str, ...] = ("cosine",)
    batches: tuple[int, ...] = (16, 64, 256, 1024)
    momenta: tuple[float, ...] = (0.0, 0.9, 0.98)
    rates: int = 9
    steps: int = 100
    seeds: tuple[int, ...] = (0, 1, 2)
    data: str = "digits"

    def settings(self) -> Iterator[Setting]:
        """All comparisons."""
        yield from map(Setting._make, product(self.nets, self.shapes, self.batches, self.momenta))

    def lrs(self, momentum: float) -> list[float]:
        """The grid of fixed step sizes, rising."""
        return [(1 - momentum) * LOWEST * SPACING**n for n in range(self.rates)]


PRESETS = {
    "smoke": Config("smoke", batches=(16, 256), momenta=(0.0, 0.9), steps=12, seeds=(0, 1)),
    "default": Config("default"),
    "constant": Config("constant", shapes=("constant",)),
    "large": Config("large", tuple(NETS), tuple(SHAPES), rates=17, steps=600, seeds=(0, 1, 2, 3, 4)),
}
"""Two cores need about a minute for smoke, and 1350 s for default (its record)."""


@cache
def task(net: str, data: str, device: str) -> Task:
    """Read once in a process."""
    return images(device, *NETS[net], names=(data,))
