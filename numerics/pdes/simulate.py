"""Explicit Euler of a flow, batched over step sizes, weight decays, seeds and perturbations k.

Source: Eq 11; the perturbed update of Section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.common.checks import positive

Flow = Callable[[Tensor], Tensor]
Progress = Callable[[int, int], None]
Observer = Callable[[Tensor, Tensor], Tensor]
"""Function of the state and the one before it."""


@dataclass(frozen=True)
class Trajectory:
    """What was observed along a run.

    Attributes:
        final: the last state.
        steps: iteration numbers of the records, the first is 0.
        records: name -> tensor of shape (len(steps), ...).
    """

    final: Tensor
    steps: Tensor
    records: Mapping[str, Tensor]


def simulate(
    flow: Flow,
    start: Tensor,
    lr: float | Tensor,
    steps: int,
    *,
    k: int | Tensor = 1,
    observe: Mapping[str, Observer] | None = None,
    every: int = 1,
    progress: Progress | None = None,
) -> Trajectory:
    """Iterate `state + (lr / k) * (k * flow(state))`, which differs from `state + lr * flow(state)` by rounding alone.

    Args:
        flow: right-hand side, shape-preserving.
        start: initial state, (..., h, w) for a kernel.
        lr: step size > 0, broadcast against `start`.
        steps: number of iterations, >= 1.
        k: 1 leaves the update alone; an odd k perturbs the last bit of it. Integers >= 1, broadcast.
        observe: name -> function of (state, previous state), recorded at iteration 0, where the two are the same, and
            every `every` iterations.
        every: recording interval, >= 1.
        progress: called with (iterations done, all iterations).

    Raises:
        InputError: a step size, number of steps, k or interval out of range.
    """
    if not isinstance(steps, int) or steps < 1 or every < 1:
        raise InputError(f"expected at least one step and a recording interval of at least 1, got {steps!r} and {every!r}")
    rate, scale = (positive(name, value).to(start) for name, value in (("the step size", lr), ("k", k)))
    if bool((scale != scale.round()).any()):
        raise InputError(f"expected k an integer, got {k!r}")
    watched = observe or {}
    if watched:
        # The first record has the batch's shape too, wherever the batch comes from: start, step sizes, k, or the flow.
        start = start.expand(torch.broadcast_shapes(start.shape, rate.shape, scale.shape, flow(start).shape))
    records: dict[str, list[Tensor]] = {name: [look(start, start)] for name, look in watched.items()}
    state = start
    advance = _euler(flow, rate, scale)
    for n in range(1, steps + 1):
        previous, state = state, advance(state)
        if n % every == 0:
            for name, look in watched.items():
                records[name].append(look(state, previous))
        if progress is not None:
            progress(n, steps)
    return Trajectory(state, torch.arange(0, steps + 1, every), {name: torch.stack(r) for name, r in records.items()})


def _euler(flow: Flow, rate: Tensor, scale: Tensor) -> Flow:
    if bool((scale == 1).all()):
        return lambda state: state + rate * flow(state)
    reduced = rate / scale
    return lambda state: state + reduced * (scale * flow(state))
