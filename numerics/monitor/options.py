"""What a monitor is told: what to measure and how often, and where to write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.errors import InputError
from numerics.common.checks import positive
from numerics.monitor.shadow import check_length

Batch = tuple[Any, Any]

BUDGET = 0.015
"""Hessian products per step on average. A product takes two to four times as long as a gradient."""

SHADOW = 0.02
"""Share of the steps that have a shadow beside them. Such a step takes two to three times as long."""


class StabilityWarning(UserWarning):
    """What a reader of the numbers has to know."""


class Sink(Protocol):
    """Takes every row as it is measured: a live view, TensorBoard, ..."""

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """A row, by the names of `records.UNITS`."""

    def close(self) -> None:
        """No more rows."""


@dataclass(frozen=True)
class Options:
    """What is measured, and how often.

    Attributes:
        every: least number of steps between two measurements, >= 1.
        budget: Hessian products per step on average, each over as many samples as a training batch, > 0. A measurement that
            lasts longer than its products would counts by its time. Beside that a run is measured at its steps 1, 5, 37,
            293, ..., without layers, so that a short one is too; those count, but do not wait.
        probe: (inputs, targets) to measure on; None for the batch at hand, whose sharpness is larger on average.
        chunk: most rows of the data at once, for a probe that does not fit the memory; None for all.
        tolerance: error of the sharpness, relative, > 0.
        layers: layers measured along with the network, in turn; None for all of them each time.
        smallest: measure the smallest eigenvalue too, for the lower end of the weight decays; as dear as the largest.
        shadow: share of the steps that have a shadow beside them, in [0, 1]; 0 for none.
        window: steps of a shadow, at least 12.
        still: names of modules, or of their classes, that draw random numbers in training (dropout of their own making) and are
            put into evaluation mode while measuring; torch's dropout modules are without being named.

    Raises:
        InputError: a value out of its range.
    """

    every: int = 1
    budget: float = BUDGET
    probe: Batch | None = None
    chunk: int | None = None
    tolerance: float = 1e-2
    layers: int | None = 1
    smallest: bool = False
    shadow: float = SHADOW
    window: int = 32
    still: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive("tolerance", self.tolerance)
        check_length(self.window)
        if not 0 <= self.shadow <= 1:
            raise InputError(f"expected shadow to be a share of the steps, in [0, 1], got {self.shadow!r}")
        if self.layers is not None and (not isinstance(self.layers, int) or self.layers < 0):
            raise InputError(f"expected layers to be a number of layers or None for all, got {self.layers!r}")
        if isinstance(self.still, str) or not all(isinstance(name, str) for name in self.still):
            raise InputError(f"expected still to be names of modules, or of their classes, in a list, got {self.still!r}")
        object.__setattr__(self, "still", tuple(self.still))
        if self.probe is not None and len(self.probe) != 2:
            raise InputError(f"expected a probe (inputs, targets), got {len(self.probe)} parts")
