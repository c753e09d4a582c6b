"""Find a stability edge by simulation alone: the witness that the spectrum and the theorems are held against."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import linear
from numerics.pdes.nesterov import accelerated, at_rest
from numerics.pdes.simulate import Flow, Progress, simulate

SEGMENT = 10
"""Steps between two rescalings of a growing or decaying perturbation."""

SETTLED = 4
"""Growths, of one segment each, that are the same before a run may end early."""

EXPECTED_BATCHES = 10
"""Batches of runs that two edges take, about."""

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
    if not low < high or bool(ends[0] == ends[1]):
        state = "unstable" if bool(ends[0]) else "stable"
        raise InputError(f"expected one end stable and one not, got both {state} at {low:g} and {high:g}; widen the interval")
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
    if not low < high or bool((rates[0] > 0) == (rates[1] > 0)):
        state = "unstable" if bool(rates[0] > 0) else "stable"
        raise InputError(f"expected one end stable and one not, got both {state} at {low:g} and {high:g}; widen the interval")
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


def growth_rate(flow: Flow, start: Tensor, lr: float | Tensor, steps: int) -> Tensor:
    """Growth of log ||state|| per step over the last third of a run, over the leading axes.

    The state is rescaled every few steps: the flow is linear, so this changes nothing but keeps fast decay away from
    denormal numbers, which are slow, and fast growth from overflow. The run ends early once every growth repeats itself to
    rounding: then one mode, or a pair that turns alike, is all that is left.

    Args:
        flow: linear and homogeneous: the dynamics of a perturbation.
        start: (..., h, w), not zero.
        lr: step size, broadcast.
        steps: iterations, at least 30; more resolve a slower growth.
    """
    segments = max(steps // SEGMENT, 3)
    state, gains = start, []
    for _ in range(segments):
        state = simulate(flow, state, lr, SEGMENT).final
        norm = torch.linalg.vector_norm(state, dim=(-2, -1), keepdim=True)
        gains.append(norm[..., 0, 0].log())
        if _settled(gains):
            break
        state = state / norm.clamp(min=torch.finfo(norm.dtype).tiny)
    tail = segments // 3
    return torch.stack(gains[-tail:]).mean(0) / SEGMENT if len(gains) == segments else gains[-1] / SEGMENT


def _settled(gains: list[Tensor]) -> bool:
    """Whether the last growths of every run are the same to some rounding errors of their steps."""
    if len(gains) < SETTLED:
        return False
    last = torch.stack(gains[-SETTLED:])
    return bool((last.amax(0) - last.amin(0) <= 100 * SEGMENT * torch.finfo(last.dtype).eps).all())


def growth_of(flow: Flow, start: Tensor, lr: float, steps: int, momentum: float | None = None) -> Tensor:
    """Growth rate of a perturbation that starts at rest, under gradient descent or Nesterov's scheme."""
    if momentum is None:
        return growth_rate(flow, start, lr, steps)
    return growth_rate(accelerated(flow, lr, momentum), at_rest(start), 1.0, steps)


def linear_edges(
    correlation: Correlation,
    a: float,
    beta: float,
    lr: float,
    *,
    momentum: float | None = None,
    steps: int = 300,
    rtol: float = 5e-4,
    seed: int = 0,
    report: Progress | None = None,
) -> tuple[Bracket, Bracket]:
    """(lower, upper) edge in weight decay of the windowed linear PDE, closed in on by simulations, for a < 0.

    A random perturbation is iterated; a weight decay is unstable iff it grows over the last third of `steps`.

    Args:
        correlation: the operator with its image.
        a: output error, < 0 (for a > 0 the lower edge is at negative weight decays).
        beta: parameter of Swish.
        lr: step size.
        momentum: None for gradient descent; otherwise the coefficient of Nesterov's momentum, in [0, 1).
        steps: iterations of each run.
        rtol: relative width of the brackets.
        seed: of the initial perturbation.
        report: called with (runs done, an estimate of all runs) after each batch of runs.

    Raises:
        InputError: a >= 0, or there is no stable weight decay to start from.
    """
    if not a < 0:
        raise InputError(f"expected a < 0 (both edges at positive weight decays), got {a!r}")
    growth = _by_simulation(correlation.tabulated(), (a, beta, lr, momentum), steps, seed, report)
    inside = _first_stable(growth, 2 / lr)
    return close_in(growth, inside * 1e-6, inside, rtol), close_in(growth, inside, 4 / lr, rtol)


def _by_simulation(
    correlation: Correlation,
    parameters: tuple[float, float, float, float | None],
    steps: int,
    seed: int,
    report: Progress | None,
) -> Callable[[Tensor], Tensor]:
    """How fast a random perturbation grows, as a function of weight decays: (n,) -> (n,) rates."""
    a, beta, lr, momentum = parameters
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(correlation.kernel_shape, generator=generator, dtype=torch.float64).to(correlation.image)
    done = count()

    def growth(alphas: Tensor) -> Tensor:
        if report is not None:
            report(min(next(done), EXPECTED_BATCHES), EXPECTED_BATCHES)
        batch = alphas.to(correlation.image)[:, None, None]
        flow = linear(correlation, a, beta, batch, forced=False)
        return growth_of(flow, start.expand(len(alphas), *start.shape), lr, steps, momentum).cpu()

    return growth


def _first_stable(growth: Callable[[Tensor], Tensor], scale: float) -> float:
    """Some stable weight decay, looked for on a logarithmic grid below `scale`."""
    candidates = scale * torch.logspace(-6, 0, 49, dtype=torch.float64)[:-1]
    for candidate in candidates.flip(0).split(1):
        if float(growth(candidate)) <= 0:
            return float(candidate)
    raise InputError("expected a stable weight decay, found none by simulation; the step size leaves no stable interval")
