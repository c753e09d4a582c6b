"""A condition in two parameters, one of which runs through a range: the plane of the two is cut into cells.

Over every place p of the other parameter the cells are a stack in c (`ways.plane.cells`), on each of which the condition has
one truth. Two ranges are told from the stacks:
1. from zero outwards, [0, C] or [-C, C]: if in no stack the condition holds again once it fails, on the way out from c = 0,
   then it holds on all of the range if it does at the ends of it;
2. between two numbers: the places p where it holds on the whole range change at finitely many numbers alone, at which curves
   meet one another or the ends of the range; what is between two of them is decided at a rational one.

>>> c, C, p = sp.Symbol("c", real=True), sp.Symbol("C", nonnegative=True), sp.Symbol("p", positive=True)
>>> domain = Domain.of([c, C, p])
>>> in_the_plane((c**2 <= p) | (c**3 <= p**2), Span(c, sp.S.Zero, C), domain)
(C**2 <= p) | (C**3 <= p**2)
>>> in_the_plane((c >= 1) | (c**3 <= p + 2 * c), Span(c, sp.Integer(-2), sp.Integer(0)), domain)
4*sqrt(6)/9 <= p
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, groupby, pairwise

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ranges.alone import TRUE_AT, contains
from derive.conditions.ranges.span import Span
from derive.conditions.ways.algebra import factors
from derive.conditions.ways.line import stable_set
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.cells import decompose
from derive.conditions.ways.plane.limits import admits, fences
from derive.conditions.ways.plane.truth import TruthOnCells
from derive.conditions.ways.signs import Domain, Range

MOST_DEGREE, MOST_DEGREES = 14, 40
"""Of a curve, and of all of them together."""
SAMPLES, DIGITS, CERTAIN = 32, 60, sp.Float("1e-30", 60)


def in_the_plane(condition: Boolean, span: Span, domain: Domain) -> Boolean:
    """The condition for all values in the range.

    Raises:
        NoClosedForm: there are more parameters, or none of the two kinds of range.
    """
    others = sorted(condition.free_symbols - {span.symbol}, key=str)
    if len(others) != 1:
        raise NoClosedForm
    curves = _curves(condition, (others[0], span.symbol))
    if span.of_numbers:
        return _between_numbers(condition, others[0], span, curves, domain)
    if span.is_mirrored or sp.S.Zero in (span.low, span.high):
        return _outwards(condition, others[0], span, curves, domain)
    raise NoClosedForm


def _curves(condition: Boolean, names: tuple[sp.Symbol, sp.Symbol]) -> set[sp.Poly]:
    """Where it may change its truth."""
    margins = [sp.expand(relation.lhs - relation.rhs) for relation in condition.atoms(Relational)]
    if not all(m.is_polynomial(*names) and all(c.is_Rational for c in sp.Poly(m, *names).coeffs()) for m in margins):
        raise NoClosedForm
    curves = {g for margin in margins for g in factors(sp.Poly(margin, *names))}
    degrees = [g.total_degree() for g in curves]
    if max(degrees, default=0) > MOST_DEGREE or sum(degrees) > MOST_DEGREES:
        raise NoClosedForm
    return curves


def _outwards(condition: Boolean, other: sp.Symbol, span: Span, curves: set[sp.Poly], domain: Domain) -> Boolean:
    names = (other, span.symbol)
    known = Domain({other: domain.ranges.get(other, Range()), span.symbol: Range()})
    axis = sp.Poly(span.symbol, *names)
    ordered = sorted(curves | fences(names, known) | {axis}, key=str)
    cells = list(decompose(ordered, admits(names, known)))
    truth = TruthOnCells(names, ordered, cells).of(condition)
    stacks = groupby(zip(cells, truth, strict=True), key=lambda pair: pair[0].p)
    sides = [sign for sign, end in ((1, span.high), (-1, span.low)) if end != 0]
    zero = span.low_open or span.high_open
    for _, stack in stacks:
        told = [(cell.signs[ordered.index(axis)], holds) for cell, holds in stack]
        for side in sides:
            way = [holds for sign, holds in told[::side] if sign == side or (sign == 0 and not zero)]
            if any(later and not holds for holds, later in pairwise(way)):
                raise NoClosedForm
    return sp.And(*(condition.subs(span.symbol, span.high if side == 1 else span.low) for side in sides))


def _between_numbers(condition: Boolean, other: sp.Symbol, span: Span, curves: set[sp.Poly], domain: Domain) -> Boolean:
    closed = all(relation.rel_op in ("<=", ">=", "==") for relation in condition.atoms(Relational))
    if (span.low_open or span.high_open) and not closed:
        raise NoClosedForm
    ends = {g for end in (span.low, span.high) for g in factors(sp.Poly(span.symbol - end, other, span.symbol))}
    admitted = _range(domain.ranges.get(other, Range()))

    def holds(value: sp.Expr) -> bool:
        return contains(condition.subs(other, value), span) == sp.true

    def at_a_cut(value: sp.Expr, left: bool, right: bool) -> bool:
        if value.is_Rational:
            return holds(value)
        if admitted.contains(value) == sp.false or _fails_within(condition, other, value, span):
            return False
        if not closed or not (left or right):
            raise NoClosedForm
        return True  # what holds beside it holds here, by continuity

    found = stable_set(_places(sorted(curves | ends, key=str), other), holds, at_a_cut)
    return found.intersect(admitted).as_relational(other)


def _fails_within(condition: Boolean, other: sp.Symbol, value: sp.Expr, span: Span) -> bool:
    """Whether it is false, beyond doubt, at some rational place of the range."""
    near = value.evalf(DIGITS)
    for k in range(1, SAMPLES):
        place = {other: near, span.symbol: span.low + (span.high - span.low) * sp.Rational(k, SAMPLES)}
        margins = {e: (e.lhs - e.rhs).subs(place).evalf(DIGITS) for e in condition.atoms(Relational)}
        if all(abs(m) > CERTAIN for m in margins.values()):
            told = {e: sp.true if sp.sign(m) in TRUE_AT[e.rel_op] else sp.false for e, m in margins.items()}
            if condition.xreplace(told) == sp.false:
                return True
    return False


def _places(curves: Sequence[sp.Poly], other: sp.Symbol) -> list[sp.Poly]:
    """Polynomials in the other parameter at whose roots curves meet, turn back or leave."""
    rising = [g.reorder(*reversed(g.gens)) for g in curves]
    found = [g.as_expr() for g in curves if g.degree(g.gens[1]) <= 0]
    moving = [g.as_expr() for g in rising if g.degree() > 0]
    c = curves[0].gens[1]
    found += [sp.Poly(g, c).LC() for g in moving]
    found += [sp.discriminant(g, c) for g in moving if sp.degree(g, c) > 1]
    found += [sp.resultant(g, h, c) for g, h in combinations(moving, 2)]
    return [sp.Poly(f, other) for f in map(sp.expand, found) if f.has(other)]


def _range(known: Range) -> sp.Interval:
    return sp.Interval(known.low, known.high, known.low_open, known.high_open)
