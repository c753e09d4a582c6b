"""The two tests of a first variation, on arrays: the gradient is its adjoint, and it is the derivative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from derive.fields.calculus import gradient, variation

Values = dict[sp.Symbol, np.ndarray]
Evaluate = Callable[[sp.Expr, Values], np.ndarray | float]


def both_sides(
    functional: sp.Expr, field: sp.Symbol, change: sp.Symbol, values: Values, evaluate: Evaluate
) -> tuple[float, float]:
    """<grad F, d> and dF[d]: the same, if every rule has the right adjoint."""
    backward = np.sum(evaluate(gradient(functional, field), values) * values[change])
    return float(backward), float(evaluate(variation(functional, field, change), values))


def remainders(
    functional: sp.Expr, field: sp.Symbol, change: sp.Symbol, values: Values, evaluate: Evaluate, sizes: tuple[float, ...]
) -> list[float]:
    """Of Taylor's expansion of F(u + e d) up to dF[d], for each e: they shrink with its square."""
    slope, start = evaluate(variation(functional, field, change), values), evaluate(functional, values)
    moved = [evaluate(functional, {**values, field: values[field] + e * values[change]}) for e in sizes]
    return [float(abs(there - start - e * slope)) for there, e in zip(moved, sizes, strict=True)]
