"""Something useful but costly, done only so often that it takes a small share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

CHECKPOINTS = 0.02
"""The share of the time that checkpoints may take."""


class Pace:
    """Decides, each time it could be done, whether to do it.

    The first time it is done at once, as nothing is known of its cost; after that its whole cost so far, with the next one as
    dear as the last, stays below `share` of the time since the start.

    Attributes:
        spent: seconds it has taken so far.
    """

    def __init__(self, share: float = CHECKPOINTS, clock: Callable[[], float] = time.perf_counter) -> None:
        self.share, self.spent = share, 0.0
        self._clock, self._started, self._last = clock, clock(), 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def __call__(self, action: Callable[[], object]) -> bool:
        """Do it, or not; whether it was done."""
        before = self.elapsed
        if self.spent + self._last > self.share * before:
            return False
        action()
        self._last = self.elapsed - before
        self.spent += self._last
        return True
