"""Solve a condition for one parameter, the others symbolic.

A margin c p + d > 0 bounds p by -d/c from below or above as c is positive or negative. The sign of c is read off what
is known of the parameters, or off the margins that do not contain p; failing both it stays in the answer as a case.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.signs import Domain
from derive.errors import InputError


def solve_condition(condition: Boolean, parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """The values of one parameter at which a condition holds.

    Raises:
        InputError: the condition is neither in this parameter alone nor a conjunction of inequalities affine in it.
    """
    if condition.free_symbols == {parameter}:
        natural = sp.Interval(0, sp.oo, bool(parameter.is_positive)) if parameter.is_nonnegative else sp.S.Reals
        return condition.as_set().intersect(natural)
    if condition in (sp.true, sp.false):
        return sp.S.Reals if condition == sp.true else sp.S.EmptySet
    parts = [_margin(part, parameter) for part in sp.And.make_args(condition)]
    return solve_affine([m for m, _ in parts], parameter, any(strict for _, strict in parts), domain)


def _margin(part: Boolean, parameter: sp.Symbol) -> tuple[sp.Expr, bool]:
    if not isinstance(part, sp.core.relational._Inequality):
        raise InputError(f"expected a conjunction of inequalities affine in {parameter}, got {part}; fix more parameters")
    return part.gts - part.lts, part.rel_op in ("<", ">")


def solve_affine(margins: list[sp.Expr], parameter: sp.Symbol, strict: bool, domain: Domain) -> sp.Set:
    """The values of one parameter at which every margin is positive (or non-negative).

    Raises:
        InputError: a margin is not affine in the parameter.
    """
    relevant = [m for m in margins if m.has(parameter)]
    known = [m for m in margins if not m.has(parameter)]
    lower, upper, guards = [_natural_lower(parameter)], [sp.oo], [_relation(m, strict) for m in known]
    for margin in relevant:
        slope, rest = _affine_parts(margin, parameter)
        low, high, guard = _bound(slope, rest, _sign(slope, known, domain), strict)
        lower, upper, guards = [*lower, low], [*upper, high], [*guards, guard]
    open_left = strict or bool(parameter.is_positive and sp.Max(*lower) == 0)
    interval = sp.Interval(sp.Max(*lower), sp.Min(*upper), open_left, strict)
    guard = sp.And(*guards)
    return interval if guard == sp.true else sp.ConditionSet(parameter, guard, interval)


def _natural_lower(parameter: sp.Symbol) -> sp.Expr:
    return sp.S.Zero if parameter.is_nonnegative else -sp.oo


def _relation(margin: sp.Expr, strict: bool) -> Boolean:
    return sp.Gt(margin, 0) if strict else sp.Ge(margin, 0)


def _affine_parts(margin: sp.Expr, parameter: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    numerator, denominator = sp.fraction(sp.together(margin))
    if denominator.has(parameter) or sp.degree(numerator, parameter) > 1:
        raise InputError(f"expected a condition affine in {parameter}, got {margin}; solve for another parameter")
    poly = sp.Poly(numerator, parameter)
    return poly.coeff_monomial(parameter) / denominator, poly.coeff_monomial(1) / denominator


def _sign(slope: sp.Expr, known: list[sp.Expr], domain: Domain) -> int | None:
    """+1, -1 or None (unknown): from the domain, or as a multiple of known sign of a margin that is to be positive."""
    candidates = [slope, *(sp.cancel(slope / margin) for margin in known)]
    for candidate in candidates:
        sign = domain.sign(sp.numer(candidate) * sp.denom(candidate))
        if sign in ("+", "-"):
            return 1 if sign == "+" else -1
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
    return lower, upper, sp.Or(sp.Ne(slope, 0), _relation(rest, strict))
