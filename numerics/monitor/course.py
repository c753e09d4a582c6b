"""The losses of all steps, as the training had them: what they say between two measurements, and their course, thinned.

Their level is the median of the newest 16. It is lost if it stands above the least level so far by more than half of what had
been gained since the beginning, and by more than chance moves it: see `levels.rise_by_chance`. What is measured has no part
in it: its losses are of other data, where there is a probe, and without dropout.

>>> course = Course()
>>> for step, loss in enumerate([2.0] * 20 + [1.0] * 20 + [1.9] * 20, 1):
...     course.see(step, loss, 1.0)
>>> course.lost, course.since, course.level
(True, 49, 1.9)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import inf, isfinite, nan
from statistics import median
from typing import Any

import numpy as np
import xarray as xr

from numerics.monitor.levels import rise_by_chance

LEVEL = 16
"""Losses whose median is their level."""

BEGINNING = 5
"""First losses whose median is where it began."""

WINDOW = 64
"""Losses whose changes tell chance."""

KEPT = 2048
"""Most losses that are kept for a picture: beyond, every second one of all is let go, and of the later ones too."""


class Course:
    """Takes the loss of each step.

    Args:
        ascends: whether the optimiser maximises it.

    Attributes:
        first: median of the first losses; NaN before there are 16 of them.
        least: least level so far; with `ascends` the greatest.
        level: of the newest.
        newest: the newest loss.
        lost: whether what was gained is lost.
        since: step from which on it is, or no number is there; None if neither.
        finite: whether loss and gradient of the newest step are numbers.
    """

    def __init__(self, ascends: bool = False) -> None:
        self._sign = -1.0 if ascends else 1.0
        self.first = self.level = self.newest = nan
        self.least = inf
        self.lost, self.finite, self.since = False, True, None
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._trace: list[tuple[int, float]] = []
        self._stride, self._count = 1, 0
        self._end: tuple[int, float] | None = None

    def see(self, step: int, loss: float, norm: float) -> None:
        """The loss of a step, and the norm of the gradient that it took."""
        self._keep(step, loss)
        self.newest, known = loss, isfinite(loss) and isfinite(norm)
        if isfinite(loss):
            self._recent.append(self._sign * loss)
        lost = known and self._is_lost()
        if known and not lost:
            self.since = None
        elif self.since is None or (self.finite, self.lost) != (known, lost):
            self.since = step
        self.finite, self.lost = known, lost

    def off(self, count: int) -> bool:
        """Whether so many newest losses have lost what was gained; of more than 16 the newest 16."""
        if not 0 < count < LEVEL:
            return self.lost or not self.finite
        return isfinite(self.least) and self._is_above(median(self._recent[n] for n in range(-count, 0)))

    def _is_lost(self) -> bool:
        if len(self._recent) < LEVEL:
            return False
        newest = [self._recent[n] for n in range(-LEVEL, 0)]
        level = median(newest)
        if self.first != self.first:
            self.first = self._sign * median(newest[:BEGINNING])
        least = min(self._sign * self.least, level) if isfinite(self.least) else level
        self.level, self.least = self._sign * level, self._sign * least
        return self._is_above(level)

    def _is_above(self, level: float) -> bool:
        above, gained = level - self._sign * self.least, self._sign * (self.first - self.least)
        return above > max(gained / 2, 0.0) and above > rise_by_chance(np.array(self._recent))

    @property
    def why(self) -> str:
        """What speaks against the training now; empty if nothing does."""
        if not self.finite:
            what = "the loss" if not isfinite(self.newest) else "the gradient that the optimiser took"
            return f"{what} is not finite since step {self.since}"
        if not self.lost:
            return ""
        had = f" and had come to {self.least:.3g}" if self.least != self.first else ""
        lies = f"the loss is {self.level:.3g} in the median of {LEVEL} steps, and lost since step {self.since}"
        return f"{lies}; it began at {self.first:.3g}{had}"

    def variables(self) -> dict[str, xr.Variable]:
        """`loss_seen` over `step_seen`: the course."""
        seen = self._trace if self._end is None or self._trace[-1] == self._end else [*self._trace, self._end]
        labels = {"long_name": "loss of the step's batch in the training; of many steps every second, fourth, ..."}
        steps, losses = [step for step, _ in seen], np.array([loss for _, loss in seen], dtype=float)
        return {"step_seen": xr.Variable(("step_seen",), np.array(steps, dtype=int)),
                "loss_seen": xr.Variable(("step_seen",), losses, labels)}  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Plain numbers, to be put back by `restore`."""
        told = {name: getattr(self, name) for name in ("first", "least", "level", "newest", "lost", "finite", "since")}
        kept = {"recent": list(self._recent), "trace": list(self._trace), "stride": self._stride, "count": self._count}
        return {**told, **kept, "end": self._end}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        for name in ("first", "least", "level", "newest", "lost", "finite", "since"):
            setattr(self, name, state[name])
        self._recent, self._trace = deque(state["recent"], maxlen=WINDOW), [(int(s), float(v)) for s, v in state["trace"]]
        self._stride, self._count, self._end = state["stride"], state["count"], state["end"] and tuple(state["end"])

    def _keep(self, step: int, loss: float) -> None:
        self._end = step, loss
        if self._count % self._stride == 0:
            self._trace.append(self._end)
        self._count += 1
        if len(self._trace) > KEPT:
            self._trace, self._stride = self._trace[::2], 2 * self._stride
