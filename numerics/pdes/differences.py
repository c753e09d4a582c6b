"""Forward differences of images on a uniform grid, and the divergence that is minus their adjoint.

Source: Eq 4; the differences are those of `derive.fields.discretize`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derive.errors import InputError, choose
from numerics.common.checks import positive

RIMS = ("circular", "reflecting")


class Differences:
    """Gradient, divergence and integral of fields on a grid.

    Args:
        dims: number of space dimensions, the trailing axes of a field.
        dx: grid spacing.
        boundary: ``"circular"``: the grid is periodic; ``"reflecting"``: no flux leaves it.

    Raises:
        InputError: unknown boundary, or a spacing that is not positive.
    """

    def __init__(self, dims: int, dx: float = 1.0, boundary: str = "reflecting") -> None:
        """Fix the axes."""
        if dims not in (1, 2, 3):
            raise InputError(f"expected 1 to 3 space dimensions, got {dims!r}")
        self.dims, self.dx = dims, float(positive("dx", dx))
        self.periodic = choose("boundary", boundary, {b: b for b in RIMS}) == "circular"
        self.axes = tuple(range(-dims, 0))

    def gradient(self, field: Tensor) -> Tensor:
        """(..., *grid) -> (dims, ..., *grid): forward differences; at a reflecting rim the last one is 0."""
        return torch.stack([self._forward(field, axis) for axis in self.axes])

    def divergence(self, flux: Tensor) -> Tensor:
        """(dims, ..., *grid) -> (..., *grid): sum of p . grad u = - sum of u div p, for every u and every flux p."""
        total = self._backward(flux[0], self.axes[0])
        for part, axis in zip(flux[1:], self.axes[1:], strict=True):
            total = total + self._backward(part, axis)
        return total

    def integral(self, field: Tensor) -> Tensor:
        """(..., *grid) -> (..., 1, ...): the sum times dx^dims."""
        return field.sum(self.axes, keepdim=True) * self.dx**self.dims

    def _forward(self, field: Tensor, axis: int) -> Tensor:
        if self.periodic:
            return (field.roll(-1, axis) - field) / self.dx
        last = field.narrow(axis, field.shape[axis] - 1, 1)
        return torch.diff(field, dim=axis, append=last) / self.dx

    def _backward(self, flux: Tensor, axis: int) -> Tensor:
        if self.periodic:
            return (flux - flux.roll(1, axis)) / self.dx
        inner = flux.narrow(axis, 0, flux.shape[axis] - 1)
        none = torch.zeros_like(flux.narrow(axis, 0, 1))
        # What the last difference would carry out of the grid is not there: its adjoint ignores it.
        return torch.diff(inner, dim=axis, prepend=none, append=none) / self.dx
