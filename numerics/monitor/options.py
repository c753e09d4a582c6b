"""What a monitor is told: what to measure and how often, and where to write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from inspect import signature
from numbers import Real
from typing import Any, Protocol, TypeVar

from derive.errors import InputError
from numerics.common.checks import positive
from numerics.monitor.shadow import check_length
from numerics.sharpness.noise import FEWEST

Batch = tuple[Any, Any]
T = TypeVar("T")

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
        every: least number of steps between two measurements, >= 1; it makes none more frequent.
        budget: Hessian products per step on average, each over as many samples as a training batch, > 0: it, not `every`,
            governs how often is measured in the long run. A measurement that lasts longer than its products would counts by
            its time; what is done once, as deriving the edges, does not. Beside that a run is measured at its steps 1, 5, 37,
            293, ..., without layers, so that a short one is too, where the step size has come to a peak, and where it, or a
            jump, makes the verdict doubtful; those count, but do not wait.
        probe: (inputs, targets) to measure on; None for the batch at hand, whose sharpness is larger on average.
        chunk: most rows of the data at once, for a probe that does not fit the memory; None for all.
        tolerance: error of the sharpness, relative, > 0.
        layers: layers measured along with the network, in turn; None for all of them each time.
        smallest: measure the smallest eigenvalue too, for the lower end of the weight decays; as dear as the largest.
        batches: batches over which the curvature along the top direction is measured, one product on each of the steps after a
            measurement, for the mean-square edge; 0 for none, else at least 3. They count in the budget, but do not wait; of
            the early measurements that the budget has no room for, every other has none.
        shadow: share of the steps that have a shadow beside them, in [0, 1]; 0 for none.
        window: steps of a shadow, at least 12.
        spikes: whether each step's loss and gradient are held against the usual ones, and the cause of a jump is sought at
            once, see `spikes`; a copy of the weights at each step. Without, losses between measurements are not seen.
        rows: most rows that are kept, see `records.Records`; at least 64.
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
    batches: int = 8
    shadow: float = SHADOW
    window: int = 32
    spikes: bool = True
    rows: int = 4096
    still: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive("tolerance", self.tolerance)
        if isinstance(self.budget, bool) or not isinstance(self.budget, Real) or not self.budget > 0:
            raise InputError(f"expected a budget above 0, of Hessian products per step, got {self.budget!r}")
        check_length(self.window)
        for name, least in (("every", 1), ("rows", 64)):
            _whole(name, getattr(self, name), least)
        if self.batches != 0:
            _whole("batches", self.batches, FEWEST, ", or 0 for no mean-square edge")
        for name in ("layers", "chunk"):
            if getattr(self, name) is not None:
                _whole(name, getattr(self, name), 0 if name == "layers" else 1, ", or None for all")
        for name in ("smallest", "spikes"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"expected {name} to be True or False, got {getattr(self, name)!r}")
        if isinstance(self.shadow, bool) or not isinstance(self.shadow, Real) or not 0 <= self.shadow <= 1:
            raise InputError(f"expected shadow to be a share of the steps, in [0, 1], 0 for none, got {self.shadow!r}")
        if not isinstance(self.still, tuple | list | set) or not all(isinstance(name, str) for name in self.still):
            raise InputError(f"expected still to be names of modules, or of their classes, in a list, got {self.still!r}")
        object.__setattr__(self, "still", tuple(self.still))
        if self.probe is not None and not (isinstance(self.probe, tuple | list) and len(self.probe) == 2):
            parts = f"{len(self.probe)} parts" if isinstance(self.probe, tuple | list) else type(self.probe).__name__
            raise InputError(f"expected a probe (inputs, targets), got {parts}")

    @property
    def told(self) -> dict[str, Any]:
        """As attributes of a data set; the probe and what is still are not among them."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("probe", "still")}
        plain = {name: int(value) if isinstance(value, bool) else value for name, value in own.items() if value is not None}
        return {**plain, "measured_on": "each step's batch" if self.probe is None else "a fixed probe"}


def _whole(name: str, value: object, least: int, or_else: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"expected {name} to be a whole number from {least} on{or_else}, got {value!r}")


def showing_options(cls: type[T]) -> type[T]:
    """A class that takes `**options` of `Options`: its signature and its help name them all, with their defaults."""
    own = signature(cls)
    kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    named = [p.replace(kind=p.KEYWORD_ONLY) for p in signature(Options).parameters.values()]
    cls.__signature__ = own.replace(parameters=[*kept, *named])
    told = (Options.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    cls.__doc__ = (cls.__doc__ or "").replace("        **options: those of `Options`.\n", told + "\n")
    return cls
