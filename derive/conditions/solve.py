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

from derive.conditions.cases import ConditionSet
from derive.conditions.ends import binding, higher, union
from derive.conditions.solve_margin import Margin, Piece, Signs, allowed, mirrored, relation
from derive.conditions.ways.signs import Domain
from derive.errors import InputError

MOST_ALTERNATIVES = 16
"""Choices of one alternative of each disjunction that are solved one by one."""
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
    if parameter.is_nonnegative and condition.has(sp.sqrt(parameter)):
        return _by_root(condition, parameter, domain)
    if condition.has(sp.Ne):
        either = condition.replace(sp.Ne, lambda a, b: sp.Or(sp.Lt(a, b), sp.Gt(a, b)))
        return solve_condition(either, parameter, domain)
    if isinstance(condition, sp.Or):
        return union([solve_condition(part, parameter, domain) for part in condition.args], domain)
    alternatives = [part for part in sp.And.make_args(condition) if isinstance(part, sp.Or)]
    if alternatives and sp.prod([len(part.args) for part in alternatives]) <= MOST_ALTERNATIVES:
        kept = [part for part in condition.args if part not in alternatives]
        chosen = product(*(part.args for part in alternatives))
        return union([solve_condition(sp.And(*kept, *parts), parameter, domain) for parts in chosen], domain)
    margins = [_margin(part, parameter) for part in sp.And.make_args(condition)]
    return solve_margins(margins, parameter, domain)


def _by_root(condition: Boolean, parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """Solved for the square root of the parameter."""
    root = sp.Dummy(parameter.name, **({"positive": True} if parameter.is_positive else {"nonnegative": True}))
    found = solve_condition(condition.subs(parameter, root**2), root, domain)

    def squared(values: sp.Set) -> sp.Set:
        if isinstance(values, sp.Interval):
            return _squared(values, parameter, domain)
        if isinstance(values, sp.ConditionSet):
            held = values.condition.subs(root, sp.sqrt(parameter))
            return ConditionSet(parameter, held, squared(values.base_set))
        return sp.Union(*map(squared, values.args)) if isinstance(values, sp.Union) else values

    return squared(found)


def _squared(roots: sp.Interval, parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """The squares of roots, which are not negative: none where the upper end is."""
    low, high = sp.Max(roots.start, 0), roots.end
    squares = sp.Interval(low**2, high**2, roots.left_open, roots.right_open)
    known = high == sp.oo or domain.sign(sp.together(high)) in ("+", "0+", "0")
    return squares if known else ConditionSet(parameter, sp.Ge(high, 0), squares)


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
    asked = [(m, strict) for m, strict in reduced if m.has(parameter)]
    pairs = mirrored(asked, parameter, signs)
    pieces = [*pairs.values(), *(allowed(m, strict, parameter, signs) for m, strict in asked if (m, strict) not in pairs)]
    pieces = [choice for choice in pieces if choice]
    guards = [relation(*margin) for margin in known]
    return union([_common(chosen, guards, parameter, domain) for chosen in product(*pieces)], domain)


def _without_powers(margin: sp.Expr, strict: bool, parameter: sp.Symbol) -> Margin:
    """A power of a positive parameter does not change the sign."""
    if not parameter.is_positive:
        return margin, strict
    numerator, denominator = sp.fraction(sp.together(margin))
    if not (numerator.is_polynomial(parameter) and denominator.is_polynomial(parameter)):
        return margin, strict
    least = [min(n for (n,) in sp.Poly(part, parameter).monoms()) for part in (numerator, denominator)]
    return (margin, strict) if least == [0, 0] else (sp.expand(sp.cancel(margin / parameter ** (least[0] - least[1]))), strict)


def _common(pieces: Sequence[Piece], guards: Sequence[Boolean], parameter: sp.Symbol, domain: Domain) -> sp.Set:
    """What all pieces allow."""
    low, low_open, above = _end(sp.Max, binding([(piece.low, piece.strict) for piece in pieces], 1, domain), parameter)
    high, high_open, below = _end(sp.Min, binding([(piece.high, piece.strict) for piece in pieces], -1, domain), parameter)
    if parameter.is_nonnegative:
        low, low_open, above = _from_zero(low, low_open, above, parameter)
    interval = sp.Interval(low, high, low_open, high_open)
    if higher(low, high, domain) is True:
        return sp.S.EmptySet
    guard = _at_zeros(sp.And(*guards, *(piece.guard for piece in pieces)))
    if guard == sp.false:
        return sp.S.EmptySet
    guard = sp.And(guard, *above, *below)
    return interval if guard == sp.true else ConditionSet(parameter, guard, interval)


def _at_zeros(guard: Boolean) -> Boolean:
    """Where it says that a symbol is zero, the rest is asked there."""
    zero = {e.lhs: sp.S.Zero for e in sp.And.make_args(guard) if isinstance(e, sp.Eq) and e.lhs.is_Symbol and e.rhs == 0}
    rest = [part for part in sp.And.make_args(guard) if not (isinstance(part, sp.Eq) and part.lhs in zero)]
    return sp.And(*(sp.Eq(s, 0) for s in zero), *(part.subs(zero) for part in rest)) if zero else guard


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
