"""What a measurement costs, in Hessian products: those it took, or its time, whichever is more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

PRODUCT = 3.0
"""Training steps that last as long as a Hessian product: two to four."""


class Clock:
    """Time of the training's steps and of what is measured between them.

    Of large networks a measurement takes as long as its products. Of small ones, or of many small tensors, what Python does
    around them lasts longer, and counts as the products that would have lasted as long.

    Attributes:
        seconds: of all measurements.
        last: of the newest one.
    """

    def __init__(self) -> None:
        self.seconds = self.last = 0.0
        self._began: float | None = None
        self._steps = self._measured = 0

    def step(self, number: int = 1) -> None:
        """Training steps have been done; those before the first call are not timed."""
        if self._began is None:
            self._began = perf_counter()
        else:
            self._steps += number

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

    def cost(self, products: float) -> float:
        """Of the newest measurement.

        The first one costs its products: it also lasts as long as what is done once only, as deriving an edge.
        """
        if self._began is None or self._measured < 2 or not self._steps:
            return products
        training = perf_counter() - self._began - self.seconds
        return max(products, self.last / (PRODUCT * max(training, 1e-9) / self._steps))
