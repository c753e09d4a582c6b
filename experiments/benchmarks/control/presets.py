"""What is trained: nets, optimisers, batches, step sizes, seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from experiments.benchmarks.control.tasks import TASKS

DECADES = 3.0
"""Width of every grid."""

LOWEST = {"sgd": 3e-3, "adamw": 1e-4}
"""Of the grids."""


class Setting(NamedTuple):
    """One comparison of all rows.

    Attributes:
        task: of `tasks.TASKS`.
        optimizer: sgd (momentum 0.9) or adamw.
        batch: rows a step.
    """

    task: str
    optimizer: str
    batch: int

    @property
    def name(self) -> str:
        """For tables and files."""
        return f"{self.task}, {self.optimizer}, batch {self.batch}"


@dataclass(frozen=True)
class Preset:
    """How much is run.

    Attributes:
        name: of the preset.
        settings: each of them is a comparison.
        intervals: of the grid of step sizes; 13 times, 1.125 decades, has to be a whole number of them.
        steps: of every training; of equal cost, of what it takes.
        seeds: of weights and batch order.
    """

    name: str
    settings: tuple[Setting, ...]
    intervals: int
    steps: int
    seeds: tuple[int, ...] = (0, 1, 2)

    @property
    def spacing(self) -> float:
        """Decades from one step size to the next."""
        return DECADES / self.intervals

    def lrs(self, optimizer: str, factor: float = 1.0) -> list[float]:
        """The grid, rising, times a factor."""
        return [factor * LOWEST[optimizer] * 10 ** (n * self.spacing) for n in range(self.intervals + 1)]


_DEFAULT = (
    *(Setting("dense", "sgd", batch) for batch in (16, 256, 64)),
    *(Setting(task, optimizer, 64) for task, optimizer in (("conv-bn", "sgd"), ("dense", "adamw"), ("text", "adamw"))),
    *(Setting(task, optimizer, 64) for task, optimizer in (("conv", "sgd"), ("conv-bn", "adamw"), ("text", "sgd"))),
    *(Setting("conv", "adamw", 64), *(Setting("conv-bn", "sgd", batch) for batch in (16, 256))),
)
"""As different ones as there are come first, for those who interrupt it."""

_ALL = tuple(Setting(task, optimizer, batch) for task in TASKS for optimizer in LOWEST for batch in (16, 64, 256))

PRESETS = {
    "smoke": Preset("smoke", (Setting("dense", "sgd", 64), Setting("text", "adamw", 64)), 8, 20, (0, 1)),
    "default": Preset("default", _DEFAULT, 8, 150),
    "large": Preset("large", _ALL, 16, 600, (0, 1, 2, 3, 4)),
}
"""Two cores need about a minute for smoke and half an hour for default; large is for a night, or a GPU."""
