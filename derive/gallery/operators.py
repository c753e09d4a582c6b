"""Difference operators, each a function of any combination of grid values; powers of the grid spacing are in the parameters.

second(u[0, 0])             # u[0, 1] - 2 u[0, 0] + u[0, -1]
second(second(u[0, 0]))     # a fourth difference
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

Operator = Callable[..., sp.Expr]
"""A combination of values, and the axis where it matters."""


def moved(value: sp.Expr, steps: int, axis: int = 0) -> sp.Expr:
    """The same combination, `steps` grid points further along an axis."""
    return value.xreplace({v: _moved(v, steps, axis) for v in value.atoms(sp.Indexed)})


def _moved(value: sp.Indexed, steps: int, axis: int) -> sp.Indexed:
    index = list(value.indices)
    index[axis + 1] += steps
    return value.base[tuple(index)]


def forward(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """u[j + 1] - u[j] along an axis: the difference to the right."""
    return moved(value, 1, axis) - value


def backward(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """u[j] - u[j - 1] along an axis: the difference to the left."""
    return value - moved(value, -1, axis)


def centred(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """(u[j + 1] - u[j - 1]) / 2 along an axis, dx times a first derivative to second order."""
    return (moved(value, 1, axis) - moved(value, -1, axis)) / 2


def second(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """u[j + 1] - 2 u[j] + u[j - 1] along an axis, dx^2 times a second derivative to second order."""
    return moved(value, 1, axis) - 2 * value + moved(value, -1, axis)


def mean(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """Mean of the two neighbours along an axis."""
    return (moved(value, 1, axis) + moved(value, -1, axis)) / 2


def centred_fourth(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """Centred first difference of fourth order."""
    return centred(value, axis) - second(centred(value, axis), axis) / 6


def second_fourth(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """Second difference of fourth order."""
    return second(value, axis) - second(second(value, axis), axis) / 12


def upwind_third(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """First difference of third order, biased to the left."""
    return centred(value, axis) - backward(second(value, axis), axis) / 6


def downwind_third(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """First difference of third order, biased to the right."""
    return centred(value, axis) - forward(second(value, axis), axis) / 6


def upwind_fifth(value: sp.Expr, axis: int = 0) -> sp.Expr:
    """First difference of fifth order, biased to the left: WENO's with its linear weights."""
    weights = {-3: -2, -2: 15, -1: -60, 0: 20, 1: 30, 2: -3}
    return sum((w * moved(value, k, axis) for k, w in weights.items()), start=sp.S.Zero) / 60


def nine_point(value: sp.Expr) -> sp.Expr:
    """dx^2 times the Laplacian on nine points, dx = dy; its leading error is the same in all directions."""
    return second(value) + second(value, 1) + second(second(value), 1) / 6
