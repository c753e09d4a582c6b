"""Oracle: the largest stable curvature of a real torch.optim class, by bisection on runs on a quadratic.

The loss is sum_i curvature_i theta_i^2 / 2, so that one run tries many curvatures at once: torch's optimisers act on each
entry alone. No formula of `derive` is used; the bracket is [1e-3, 1e6] for all.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from numerics.common.bracketing import bisect

STEPS = 800
WINDOW = 50
START = 1e-120
"""So small that sqrt(v) of an adaptive optimiser is nothing beside its eps."""
ESCAPED = 1e-60
"""Far above what bias corrections make of the start (1e22 times), far below where sqrt(v) comes to count."""
VANISHED = 1e-290
"""Below it numbers become denormal, and rounding keeps them from reaching zero."""

Make = Callable[[Parameter], Optimizer]
Watch = Callable[[Parameter], Callable[[], Tensor]]


def itself(theta: Parameter) -> Callable[[], Tensor]:
    """Watch the iterates."""
    return lambda: theta.detach().clone()


def measured_edge(make: Make, watch: Watch = itself) -> float:
    """The curvature between convergence and divergence, to 2e-4.

    Args:
        make: the optimiser of one parameter.
        watch: called once with theta; what it returns is called after each step and tells what is to converge.
    """
    return bisect(lambda curvatures: diverges(make, curvatures, watch), 1e-3, 1e6, rtol=2e-4, width=64).middle


def diverges(make: Make, curvatures: Tensor, watch: Watch = itself) -> Tensor:
    """Whether each mode grew over the second half of a run, or ever escaped."""
    theta = Parameter(torch.full_like(curvatures, START))
    optimizer, read, path = make(theta), watch(theta), []
    for _ in range(STEPS):
        theta.grad = gradient(theta, curvatures)
        optimizer.step()
        path.append(read())
    sizes = torch.stack(path).abs()
    middle, last = sizes[STEPS // 2 :][:WINDOW].amax(0), sizes[-WINDOW:].amax(0)
    return ~((last < middle) | (last < VANISHED)) | (sizes.amax(0) > ESCAPED)  # nan counts as divergence


def gradient(theta: Tensor, curvatures: Tensor) -> Tensor:
    """Of the quadratic; bit for bit what autograd makes of it."""
    return curvatures * theta.detach()
