"""Narrow an interval until the edge in it, on one side of which a run is stable, is known to a tolerance.

`bisect` is told of each value whether it is unstable; `close_in` how fast it grows, and takes far fewer runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from derive.errors import InputError

SIDES = 0.45
"""Of the width that is wanted: how far to either side of an estimate a run is made; so the two, if they differ, are close."""


class Bracket(NamedTuple):
    """Two values between which the edge lies."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Best estimate; off by at most half the width."""
        return (self.low + self.high) / 2


def bisect(unstable: Callable[[Tensor], Tensor], low: float, high: float, rtol: float = 1e-3, width: int = 1) -> Bracket:
    """Narrow an interval whose ends differ in stability until it is `rtol` of its upper end, `width` values at a time.

    Args:
        unstable: (n,) values -> (n,) bool.
        low: one end.
        high: the other, > low.
        rtol: final width relative to the larger end.
        width: values tried at once.

    Raises:
        InputError: the ends do not differ, or are not in order.
    """
    ends = unstable(torch.tensor([low, high], dtype=torch.float64))
    _check(low, high, ends)
    while high - low > rtol * max(abs(low), abs(high)):
        values = _between(low, high, width)
        flags = torch.cat([ends[:1], unstable(values[1:-1]), ends[1:]])
        switch = int((flags != ends[0]).nonzero()[0])
        low, high = float(values[switch - 1]), float(values[switch])
    return Bracket(low, high)


def _between(low: float, high: float, width: int) -> Tensor:
    """Values from low to high, by equal ratios while the interval spans more than a factor 2."""
    if low > 0 and high > 2 * low:
        return torch.logspace(0, 1, width + 2, base=high / low, dtype=torch.float64) * low
    return torch.linspace(low, high, width + 2, dtype=torch.float64)


def close_in(growth: Callable[[Tensor], Tensor], low: float, high: float, rtol: float = 1e-3) -> Bracket:
    """As `bisect`, by growth rates, which take far fewer runs than their signs alone.

    Each round tries the middle, and a value a little to either side of where the line through the factors of growth at the
    two ends is 1. A single mode's factor is linear in the weight decay: the first two then differ at once; elsewhere the
    interval is halved at least.

    Args:
        growth: (n,) values -> (n,) logarithms of the factor of growth; unstable where they are above 0.
        low: one end.
        high: the other, > low.
        rtol: final width relative to the larger end.

    Raises:
        InputError: the ends do not differ, or are not in order.
    """
    values = torch.tensor([low, high], dtype=torch.float64)
    rates = growth(values)
    _check(low, high, rates > 0)
    while float(values[1] - values[0]) > rtol * float(values.abs().max()):
        tried = _tried(values, rates, rtol)
        values, rates = torch.cat([values[:1], tried, values[1:]]), torch.cat([rates[:1], growth(tried), rates[1:]])
        switch = int(((rates > 0) != (rates[0] > 0)).nonzero()[0])
        values, rates = values[switch - 1 : switch + 1], rates[switch - 1 : switch + 1]
    return Bracket(float(values[0]), float(values[1]))


def _tried(ends: Tensor, rates: Tensor, rtol: float) -> Tensor:
    """Where to look next: about the zero of the line through the ends, and in the middle; inside, in order."""
    (low, high), (first, last) = ends, rates.expm1()
    zero = low - first * (high - low) / (last - first)
    tried = torch.stack([zero - SIDES * rtol * zero.abs(), zero + SIDES * rtol * zero.abs(), (low + high) / 2])
    inside = tried.isfinite() & (tried > low) & (tried < high)
    return tried[inside].unique()


def _check(low: float, high: float, unstable: Tensor) -> None:
    """Whether the ends, (2,) bool, have an edge between them."""
    if not low < high or bool(unstable[0] == unstable[1]):
        state = "unstable" if bool(unstable[0]) else "stable"
        raise InputError(f"expected one end stable and one not, got both {state} at {low:g} and {high:g}; widen the interval")
