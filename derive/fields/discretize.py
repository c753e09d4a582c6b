r"""Expressions of `differential` on a uniform grid: forward differences for the gradient, backward ones for the divergence.

    (Grad u)_i(j) = (u(j + e_i) - u(j)) / dx        (Div p)(j) = sum_i (p_i(j) - p_i(j - e_i)) / dx

Summation by parts makes the second minus the adjoint of the first, exactly. So what is derived for the integral holds for
the sum: the discrete flow is minus the gradient of the discrete loss. Div Grad is the central second difference.

Source: Eq 2 (differences), Eq 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from derive.fields.calculus import Dot
from derive.fields.differential import Div, Grad
from derive.fields.symbols import dx

Offset = tuple[int, ...]


@dataclass(frozen=True)
class Stencil:
    """Values of fields on a grid, by offset.

    Attributes:
        dims: number of space dimensions.
        fields: scalar field -> its value at an offset.
        vectors: vector field -> its components, the same at every point: a coefficient held constant.
    """

    dims: int
    fields: Mapping[sp.Expr, Callable[[Offset], sp.Expr]]
    vectors: Mapping[sp.Expr, tuple[sp.Expr, ...]] = field(default_factory=dict)

    def __call__(self, expr: sp.Expr, offset: Offset | None = None, axis: int | None = None) -> sp.Expr:
        """The value of an expression at an offset (default: here); of a vector field, its component along `axis`."""
        here = offset or (0,) * self.dims
        if expr in self.fields:
            return self.fields[expr](here)
        if expr in self.vectors:
            return self.vectors[expr][axis]
        match expr:
            case Grad():
                return (self(expr.args[0], self._moved(here, axis, 1)) - self(expr.args[0], here)) / dx
            case Div():
                return sp.Add(*(self._backward(expr.args[0], here, i) for i in range(self.dims)))
            case Dot():
                return sp.Add(*(self(expr.args[0], here, i) * self(expr.args[1], here, i) for i in range(self.dims)))
        return expr.func(*(self(arg, here, axis) for arg in expr.args)) if expr.args else expr

    def _backward(self, flux: sp.Expr, here: Offset, axis: int) -> sp.Expr:
        return (self(flux, here, axis) - self(flux, self._moved(here, axis, -1), axis)) / dx

    @staticmethod
    def _moved(here: Offset, axis: int, by: int) -> Offset:
        return tuple(j + by * (i == axis) for i, j in enumerate(here))
