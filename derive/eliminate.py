"""Eliminate the frequency: from inequalities that must hold at every frequency to inequalities in the parameters.

A function that is affine in each frequency variable takes its least value over a box at a corner. So demanding it at
the corners is necessary and sufficient, and no frequency is left.
"""

from __future__ import annotations

from itertools import product

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError

Box = dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]


def at_corners(margin: sp.Expr, box: Box) -> list[sp.Expr]:
    """Values of a margin at the corners of the frequency box, each freed of factors known to be positive.

    Args:
        margin: polynomial in the parameters and affine in each key of `box`, over a denominator of known sign.
        box: frequency variable -> (least, greatest) value.

    Raises:
        InputError: the margin is not affine in a frequency variable.
    """
    numerator = _over_positive(margin)
    used = [q for q in box if numerator.has(q)]
    if any(sp.degree(numerator, q) > 1 for q in used):
        raise InputError(f"expected a condition affine in {', '.join(map(str, used))}, got {numerator}")
    corners = product(*(box[q] for q in used))
    return [strip_positive(numerator.subs(dict(zip(used, corner, strict=True)))) for corner in corners]


def _over_positive(margin: sp.Expr) -> sp.Expr:
    """The numerator over a positive denominator; over one of unknown sign, numerator times denominator."""
    numerator, denominator = sp.fraction(sp.cancel(sp.together(margin)))
    if denominator.is_positive:
        return numerator
    return sp.expand(-numerator if denominator.is_negative else numerator * denominator)


def strip_positive(expr: sp.Expr) -> sp.Expr:
    """Drop factors whose assumptions make them positive."""
    coefficient, factors, *_ = sp.factor_list(sp.expand(expr))
    rest = [f**n for f, n in factors if not f.is_positive]
    return sp.sign(coefficient) * sp.Mul(*rest) if coefficient != 0 else sp.S.Zero


def relation(margin: sp.Expr, strict: bool) -> Boolean:
    """`margin > 0` or `margin >= 0`."""
    return sp.Gt(margin, 0) if strict else sp.Ge(margin, 0)


def solve_affine(margins: list[sp.Expr], parameter: sp.Symbol, strict: bool) -> sp.Set:
    """The values of one parameter at which every margin is positive, the other parameters symbolic.

    A margin c p + d bounds p by -d/c from below or above as c is positive or negative. The sign of c is read off the
    assumptions or off the margins that do not contain p; failing both it stays in the answer as a case.

    Raises:
        InputError: a margin is not affine in the parameter.
    """
    relevant = [m for m in margins if m.has(parameter)]
    known = [m for m in margins if not m.has(parameter)]
    lower, upper, guards = [_natural_lower(parameter)], [sp.oo], [relation(m, strict) for m in known]
    for margin in relevant:
        slope, rest = _affine_parts(margin, parameter)
        low, high, guard = _bound(slope, rest, _sign(slope, known), strict)
        lower, upper, guards = [*lower, low], [*upper, high], [*guards, guard]
    open_left = strict or sp.Max(*lower) == lower[0] == 0
    interval = sp.Interval(sp.Max(*lower), sp.Min(*upper), open_left, strict)
    guard = sp.And(*guards)
    return interval if guard == sp.true else sp.ConditionSet(parameter, guard, interval)


def _natural_lower(parameter: sp.Symbol) -> sp.Expr:
    return sp.S.Zero if parameter.is_nonnegative else -sp.oo


def _affine_parts(margin: sp.Expr, parameter: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    poly = sp.Poly(margin, parameter)
    if poly.degree() > 1:
        raise InputError(f"expected a condition affine in {parameter}, got {margin}; solve for another parameter")
    return poly.coeff_monomial(parameter), poly.coeff_monomial(1)


def _sign(slope: sp.Expr, known: list[sp.Expr]) -> int | None:
    """+1, -1 or None (unknown): by assumptions, or as a positive multiple of a margin that is known to be positive."""
    if slope.is_positive or slope.is_negative:
        return 1 if slope.is_positive else -1
    for margin in known:
        ratio = sp.cancel(slope / margin)
        if ratio.is_positive or ratio.is_negative:
            return 1 if ratio.is_positive else -1
    return None


def _bound(slope: sp.Expr, rest: sp.Expr, sign: int | None, strict: bool) -> tuple[sp.Expr, sp.Expr, Boolean]:
    """(lower bound, upper bound, condition free of the parameter) of slope * p + rest > 0."""
    edge = sp.expand(sp.cancel(-rest / slope))
    if sign == 1:
        return edge, sp.oo, sp.true
    if sign == -1:
        return -sp.oo, edge, sp.true
    lower = sp.Piecewise((edge, slope > 0), (-sp.oo, True))
    upper = sp.Piecewise((edge, slope < 0), (sp.oo, True))
    return lower, upper, sp.Or(sp.Ne(slope, 0), relation(rest, strict))
