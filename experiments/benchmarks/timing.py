"""Times of calls, and one line of the table of benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch

THREADS = (1, 2)
"""Every contender runs at the better of these; on some machines the second thread slows it down."""


@dataclass(frozen=True)
class Result:
    """A measurement: what, the number reached, the number wanted ("at least" or "at most"), and what bounds it."""

    name: str
    value: float
    unit: str
    target: float
    at_least: bool
    note: str

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.value >= self.target if self.at_least else self.value <= self.target


def seconds(call: Callable[[], object], repeats: int, warm_up: int = 2, clock: Callable[[], float] = perf_counter) -> float:
    """Median time of a call; on one thread `process_time` is a clock that other processes disturb less."""
    for _ in range(warm_up):
        call()
    return median(_timed(call, clock) for _ in range(repeats))


def best_seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call at its better number of threads."""
    return min(_with_threads(n, call, repeats) for n in THREADS)


def _with_threads(number: int, call: Callable[[], object], repeats: int) -> float:
    with threads(number):
        return seconds(call, repeats)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Run torch on this many threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _timed(call: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start
