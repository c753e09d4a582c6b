"""What a measurement costs, in Hessian products: those it took, or its time, whichever is more; and what the monitor costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

PRODUCT = 3.0
"""Training steps that last as long as a Hessian product: two to four."""

JUMPS = 0.1
"""Share of the training's time that is measured at jumps, beside the first one."""


class Clock:
    """Time of the training's steps and of what is measured between them.

    Of large networks a measurement takes as long as its products. Of small ones, or of many small tensors, what Python does
    around them lasts longer, and counts as the products that would have lasted as long.

    Attributes:
        seconds: of all measurements.
        last: of the newest one.
        watched: of all that the monitor does between the training's steps, shadow and sinks too; not of its hooks.
        trained: of the training alone, from call to call.
        setup: of `watched`, what is done once, as deriving the edges.
        jumps: of `watched`, what was measured at jumps.
    """

    def __init__(self) -> None:
        self.seconds = self.last = self.watched = self.trained = 0.0
        self.setup = self.jumps = 0.0
        self._first: float | None = None
        self._left: float | None = None
        self._earlier, self._begun = 0.0, False
        self._steps = self._measured = 0

    def step(self, number: int = 1) -> None:
        """Training steps have been done; those before the first call are not timed."""
        self._steps += number if self._begun else 0
        self._begun = True

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, time is the monitor's; from one time to the next it is the training's."""
        start = perf_counter()
        self._first = start if self._first is None else self._first
        self.trained += 0.0 if self._left is None else start - self._left
        try:
            yield
        finally:
            self._left = perf_counter()
            self.watched += self._left - start

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Inside, time is the measurement's."""
        start = perf_counter()
        try:
            yield
        finally:
            self.last = perf_counter() - start
            self.seconds += self.last
            self._measured += 1

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """Inside, time is that of what is done once."""
        start = perf_counter()
        try:
            yield
        finally:
            self.setup += perf_counter() - start

    @contextmanager
    def seeking(self) -> Iterator[None]:
        """Inside, time is a measurement's at a jump."""
        try:
            with self.measuring():
                yield
        finally:
            self.jumps += self.last

    @property
    def seeks(self) -> bool:
        """Whether there is time for a jump: the first, and while they have taken no more than their share."""
        return self.jumps <= JUMPS * self.trained

    @property
    def lasted(self) -> float:
        """Seconds since the monitor was first told of a step, those of a training that was resumed counted in."""
        return self._earlier + (0.0 if self._first is None else perf_counter() - self._first)

    @property
    def told(self) -> dict[str, float]:
        """What the monitor has cost so far, by the names of `records.UNITS`."""
        lasted = self.lasted
        if not lasted:
            return {}
        return {"monitor_seconds": self.watched, "monitor_share": self.watched / lasted, "setup_seconds": self.setup}

    def cost(self, products: float) -> float:
        """Of the newest measurement.

        The first one costs its products: it also lasts as long as what is done once only, as first passes. A step lasts as long
        as the training does without the monitor: with a shadow beside it, what is measured would seem the cheaper.
        """
        if self._measured < 2 or not self._steps:
            return products
        return max(products, self.last / (PRODUCT * max(self.trained, 1e-9) / self._steps))

    def state(self) -> dict[str, float]:
        """What it has counted; the pace of the training is found anew."""
        return {"watched": self.watched, "lasted": self.lasted, "setup": self.setup, "jumps": self.jumps}

    def restore(self, state: Mapping[str, float]) -> None:
        """As it was."""
        self.watched, self._earlier, self.setup, self.jumps = (state[n] for n in ("watched", "lasted", "setup", "jumps"))
