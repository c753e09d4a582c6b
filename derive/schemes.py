"""Optimisers as recurrences on one mode of the loss: gradient = curvature * theta. At most 15 lines each.

Source: torch.optim.SGD; Eq 11 (gradient descent), Eq 15-17 (Nesterov).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import sympy as sp

from derive.grid import GridFunction, GridScheme
from derive.symbols import curvature, lr, momentum

theta = GridFunction("theta", dims=0)
buffer = GridFunction("b", dims=0)


def gradient_descent() -> GridScheme:
    """Theta' = theta - lr g."""
    return GridScheme(sp.Eq(theta[1], theta[0] - lr * curvature * theta[0]))


def heavy_ball() -> GridScheme:
    """B' = momentum b + g, theta' = theta - lr b' (torch.optim.SGD with momentum)."""
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + curvature * theta[0]),
        sp.Eq(theta[1], theta[0] - lr * buffer[1]),
    )


def nesterov() -> GridScheme:
    """B' = momentum b + g, theta' = theta - lr (g + momentum b') (torch.optim.SGD with nesterov=True)."""
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + curvature * theta[0]),
        sp.Eq(theta[1], theta[0] - lr * (curvature * theta[0] + momentum * buffer[1])),
    )


optimizers: Mapping[str, GridScheme] = MappingProxyType(
    {"gd": gradient_descent(), "heavy-ball": heavy_ball(), "nesterov": nesterov()}
)
