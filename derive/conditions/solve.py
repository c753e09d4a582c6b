"""Solve a condition for one parameter, the others symbolic.

Every inequality of a conjunction allows a union of intervals (`solve_margin`); what all of them allow is the answer. The
sign of what multiplies the parameter is read off what is known of the others, or off the margins that do not contain it.

>>> r, s = sp.symbols("r s", positive=True)
>>> solve_condition(sp.And(s < 1, r + s <= 2), r, Domain.of([r, s]))
ConditionSet(r, 1 - s > 0, Interval.Lopen(0, 2 - s))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.solve_margin import Margin, Piece, Signs, allowed, relation
from derive.conditions.ways.signs import Domain
from derive.errors import InputError

End = tuple[sp.Expr, bool]
"""Of an interval, and whether it is open."""


def solve_condition(condition: Boolean, parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """The values of one parameter at which a condition holds.

    Raises:
        InputError: the condition is neither in this parameter alone nor made of inequalities of degree 1 or 2 in it, or what
            decides between a lower and an upper bound is not known.
    """
    if condition.free_symbols == {parameter}:
        natural = sp.Interval(0, sp.oo, bool(parameter.is_positive)) if parameter.is_nonnegative else sp.S.Reals
        return condition.as_set().intersect(natural)
    if condition in (sp.true, sp.false):
        return sp.S.Reals if condition == sp.true else sp.S.EmptySet
    if isinstance(condition, sp.Or):
        return sp.Union(*(solve_condition(part, parameter, domain) for part in condition.args))
    margins = [_margin(part, parameter) for part in sp.And.make_args(condition)]
    return solve_margins(margins, parameter, domain)


def _margin(part: Boolean, parameter: sp.Symbol) -> Margin:
    if not isinstance(part, sp.core.relational._Inequality):
        raise InputError(f"expected inequalities, got {part}, to be solved for {parameter}; fix more parameters")
    return part.gts - part.lts, part.rel_op in ("<", ">")


def solve_margins(margins: Sequence[Margin], parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """The values of one parameter at which every margin is positive (strict) or not negative.

    Raises:
        InputError: as `solve_condition`.
    """
    reduced = [_without_powers(value, strict, parameter) for value, strict in margins]
    known = [(m, strict) for m, strict in reduced if not m.has(parameter)]
    signs = Signs(known, domain)
    pieces = [allowed(m, strict, parameter, signs) for m, strict in reduced if m.has(parameter)]
    guards = [relation(*margin) for margin in known]
    return sp.Union(*(_common(chosen, guards, parameter) for chosen in product(*pieces)))


def _without_powers(margin: sp.Expr, strict: bool, parameter: sp.Symbol) -> Margin:
    """A power of a positive parameter does not change the sign."""
    if not parameter.is_positive:
        return margin, strict
    numerator, denominator = sp.fraction(sp.together(margin))
    if not (numerator.is_polynomial(parameter) and denominator.is_polynomial(parameter)):
        return margin, strict
    least = [min(n for (n,) in sp.Poly(part, parameter).monoms()) for part in (numerator, denominator)]
    return (margin, strict) if least == [0, 0] else (sp.expand(sp.cancel(margin / parameter ** (least[0] - least[1]))), strict)


def _common(pieces: Sequence[Piece], guards: Sequence[Boolean], parameter: sp.Symbol) -> sp.Set:
    """What all pieces allow."""
    low, low_open, above = _end(sp.Max, [(piece.low, piece.strict) for piece in pieces], parameter)
    high, high_open, below = _end(sp.Min, [(piece.high, piece.strict) for piece in pieces], parameter)
    if parameter.is_nonnegative:
        low, low_open, above = _from_zero(low, low_open, above, parameter)
    interval = sp.Interval(low, high, low_open, high_open)
    guard = sp.And(*guards, *(piece.guard for piece in pieces), *above, *below)
    return interval if guard == sp.true else sp.ConditionSet(parameter, guard, interval)


def _end(extreme: type, ends: Sequence[End], parameter: sp.Symbol) -> tuple[sp.Expr, bool, list[Boolean]]:
    """The binding end, and whether it is open; where both kinds may bind, it is closed, and the open ones stand beside it."""
    end = extreme(*(value for value, _ in ends))
    binding = set(end.args) if isinstance(end, extreme) else {end}
    kinds = {value: any(is_open for other, is_open in ends if other == value) for value in binding}
    if len(set(kinds.values())) < 2:
        return end, any(kinds.values()), []
    beside = sp.Gt if extreme is sp.Max else sp.Lt
    return end, False, [beside(parameter, value) for value, is_open in kinds.items() if is_open]


def _from_zero(low: sp.Expr, is_open: bool, beside: list[Boolean], parameter: sp.Symbol) -> tuple[sp.Expr, bool, list[Boolean]]:
    """Of a parameter that is not negative. A strict bound that may lie below zero stands beside the interval."""
    end = sp.Max(low, 0)
    if end == 0:
        return end, bool(parameter.is_positive) or (is_open and low == 0), beside
    if end == low or not is_open or parameter.is_positive:
        return end, is_open, beside
    return end, False, [*beside, sp.Gt(parameter, low)]
