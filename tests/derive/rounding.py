"""Oracle: an expression at 50 digits, and how far floating point may be off, by first-order error propagation."""

from __future__ import annotations

import sympy as sp

DIGITS = 50


def exact(expr: sp.Expr, values: dict[sp.Symbol, float]) -> sp.Float:
    """The value at exactly these floating-point numbers, to 50 digits."""
    numbers = {symbol: sp.Float(sp.Rational(value), DIGITS) for symbol, value in values.items()}
    return sp.N(expr.rewrite(sp.exp).subs(numbers), DIGITS)


def rounding_bound(expr: sp.Expr, values: dict[sp.Symbol, float], eps: float) -> float:
    """Bound on the absolute error of evaluating `expr` operation by operation: every result is off by 4 eps of itself.

    Errors of the arguments are carried through each operation by its derivative; sums carry them unchanged, so that
    cancellation is seen.
    """
    return float(_error(expr, values)) * eps


def _error(expr: sp.Expr, values: dict) -> sp.Float:
    if not expr.args:
        return sp.Float(0) if expr.is_Integer else abs(exact(expr, values))
    if isinstance(expr, sp.Piecewise):
        return _error(next(value for value, condition in expr.args if condition.subs(values) == sp.true), values)
    own = 4 * len(expr.args) * abs(exact(expr, values))
    if expr.is_Add:
        return own + sum(_error(arg, values) + len(expr.args) * abs(exact(arg, values)) for arg in expr.args)
    return own + sum(_sensitivity(expr, i, values) * _error(arg, values) for i, arg in enumerate(expr.args))


def _sensitivity(expr: sp.Expr, i: int, values: dict) -> sp.Float:
    if isinstance(expr, sp.Max | sp.Min):
        return sp.Float(1)
    slot = sp.Dummy(real=True)
    slope = expr.func(*expr.args[:i], slot, *expr.args[i + 1 :]).diff(slot)
    return abs(exact(slope.subs(slot, expr.args[i]), values))
