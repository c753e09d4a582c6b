"""Find a stability edge by simulation alone: the witness that the spectrum and the theorems are held against."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.common.bracketing import Bracket, close_in
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
