"""Fields of a network on a small periodic grid, and what automatic differentiation says of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.autograd.functional import hessian, jvp
from torch.nn.functional import binary_cross_entropy_with_logits

N = 4  # side of the grid
BETA = 1.3
Function = Callable[[Tensor], Tensor]


def curve(u: Tensor) -> Tensor:
    """An activation like no other, 0 at 0: none of its derivatives vanishes."""
    return torch.expm1(u / 2) + u**2 / 5


def swish(u: Tensor) -> Tensor:
    """Swish by its definition."""
    return u * torch.sigmoid(BETA * u)


def derivatives(function: Function, most: int = 3) -> list[Callable[[np.ndarray], np.ndarray]]:
    """A function of a number and its derivatives, as functions of arrays; far out means 300."""

    def order(n: int) -> Callable[[np.ndarray], np.ndarray]:
        def value(x: np.ndarray) -> np.ndarray:
            at = torch.as_tensor(np.clip(np.real(x), -300, 300), dtype=torch.float64).requires_grad_()
            found = function(at)
            for _ in range(n):
                (found,) = torch.autograd.grad(found.sum(), at, create_graph=True)
            return found.detach().numpy()

        return value

    return [order(n) for n in range(most)]


def named(base: str, function: Function) -> dict:
    """A pointwise function and its derivatives as a world has them."""
    return {(base, n): values for n, values in enumerate(derivatives(function))}


def field(seed: int, scale: float = 1.0) -> Tensor:
    """A random field."""
    return scale * torch.randn(N, N, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def correlate(kernel: Tensor, image: Tensor) -> Tensor:
    """Periodic cross-correlation by its definition."""
    return sum(kernel[z] * torch.roll(image, tuple(-n for n in z), (0, 1)) for z in np.ndindex(*kernel.shape))


def pooled(kernel: Tensor, image: Tensor, activation: Function) -> Tensor:
    """The argument of the output."""
    return activation(correlate(kernel, image)).sum()


def cross_entropy(logit: Tensor, y: float) -> Tensor:
    """Torch's own."""
    return binary_cross_entropy_with_logits(logit, torch.tensor(y, dtype=torch.float64))


def gradient(function: Function, at: Tensor) -> Tensor:
    """Of a number, differentiable again."""
    where = at if at.requires_grad else at.clone().requires_grad_()
    return torch.autograd.grad(function(where), where, create_graph=True)[0]


def along(function: Function, at: Tensor, direction: Tensor) -> Tensor:
    """Derivative of a field or number in a direction."""
    return jvp(function, at, direction)[1].detach()


def first_order(function: Function, at: Tensor, by: Tensor) -> Tensor:
    """Value at a point and the first order of a change."""
    return function(at).detach() + along(function, at, by)


def curvature(function: Function, at: Tensor) -> np.ndarray:
    """Hessian of a number, (cells, cells)."""
    return hessian(function, at).reshape(at.numel(), at.numel()).numpy()


def rayleigh(matrix: np.ndarray, mode: np.ndarray) -> float:
    """<m, M m>/<m, m>."""
    flat = mode.ravel()
    return float(np.real(np.vdot(flat, matrix @ flat) / np.vdot(flat, flat)))


def wave(i: int, j: int) -> np.ndarray:
    """A mode of the grid."""
    at = np.arange(N) * 2j * np.pi / N
    return np.exp(i * at)[:, None] * np.exp(j * at)[None, :]
