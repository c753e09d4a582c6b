"""Leave out what a condition says twice, by exact means.

In two parameters the curves on which its inequalities change cut the plane into cells (`plane.truth`), on each of which the
condition has one truth: a part goes, or a factor of one, if no cell of the domain, open, piece of a curve or corner, notices.
So parts of alternatives go as well. In more parameters a part of a conjunction goes if it is proved to follow from the others
(`torus.facts`). What is too long for that stays as it is.

>>> p, q = sp.symbols("p q", real=True)
>>> without_redundant(sp.And(p**2 + q**2 <= 1, p <= 1, q**2 <= 1), Domain.of([p, q]))
p**2 + q**2 <= 1
>>> without_redundant(sp.And(sp.Eq(p + q, 0), sp.Eq(p - q, 0)), Domain.of([p, q]))
Eq(p, 0) & Eq(q, 0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import factors
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.truth import Truth, TruthOnCells, curves_of
from derive.conditions.ways.signs import Domain, Range
from derive.conditions.ways.torus.facts import Facts

MOST_DEGREE, MOST_DEGREES, MOST_PARTS = 6, 26, 5
"""Of a curve, of all of them together, and parts of a conjunction in more than two parameters."""
LONG, MOST_CORNERS, MOST_POINTS = 15, 6, 2
"""Operations of alternatives for which a bound is looked for, values that are tried, and points that are named beside it."""


def without_redundant(condition: Boolean, domain: Domain) -> Boolean:
    """An equivalent condition on the domain."""
    relations = sorted(condition.atoms(Relational), key=str)
    if len(relations) < 2 or not all(_is_rational(e) for e in relations):
        return condition
    if len(condition.free_symbols) == 2:
        squares = _squares(relations, domain)
        halved = _halved(condition, squares)
        known = Domain({**domain.ranges, **{t: _of_square(s, domain) for s, t in squares.items()}}, domain.facts)
        short = _in_the_plane(halved, sorted(halved.atoms(Relational), key=str), known)
        return short.subs({t: s**2 for s, t in squares.items()}, simultaneous=True)
    return _of_conjunction(condition, domain) if isinstance(condition, sp.And) else condition


def _squares(relations: Sequence[Relational], domain: Domain) -> dict[sp.Symbol, sp.Symbol]:
    """Parameters of any sign, or of one, that occur in even powers alone, and a name for the square of each."""
    names = sorted({s for e in relations for s in e.free_symbols}, key=str)
    powers = [m for e in relations for m in sp.Poly(e.lhs - e.rhs, *names).monoms()]
    told = {s for fact in domain.facts for s in fact.free_symbols}
    known = [domain.ranges.get(s, Range()) for s in names]
    free = [r.high == sp.oo and r.low in (-sp.oo, 0) for r in known]
    even = [s for i, s in enumerate(names) if free[i] and s not in told and all(m[i] % 2 == 0 for m in powers)]
    return {s: sp.Dummy(s.name, nonnegative=True, positive=s.is_positive) for s in even}


def _of_square(s: sp.Symbol, domain: Domain) -> Range:
    known = domain.ranges.get(s, Range())
    return Range(sp.S.Zero, sp.oo, known.low == 0 and known.low_open, True)


def _halved(condition: Boolean, squares: dict[sp.Symbol, sp.Symbol]) -> Boolean:
    if not squares:
        return condition
    at = {s: sp.sqrt(t) for s, t in squares.items()}
    return condition.replace(
        lambda e: isinstance(e, Relational), lambda e: e.func(sp.expand(e.lhs.subs(at)), sp.expand(e.rhs.subs(at)))
    )


def _is_rational(relation: Relational) -> bool:
    margin = relation.lhs - relation.rhs
    return margin.is_polynomial() and all(
        c.is_Rational for c in sp.Poly(margin, *sorted(margin.free_symbols, key=str)).coeffs()
    )


def _in_the_plane(condition: Boolean, relations: Sequence[Relational], domain: Domain) -> Boolean:
    names = tuple(sorted(condition.free_symbols, key=str))
    known = sp.And(*(fact for fact in domain.facts if _is_about(fact, names)))
    curves = {*curves_of([*relations, *known.atoms(Relational)], names, domain)}
    if any(g.total_degree() > MOST_DEGREE for g in curves) or sum(g.total_degree() for g in curves) > MOST_DEGREES:
        return condition
    truth = TruthOnCells.over(names, curves, known, domain)
    wanted = truth.of(condition)
    if not any(wanted):
        return sp.false
    point = _only_point(wanted, truth.cells)
    if point is not None:
        return sp.And(*(sp.Eq(s, value) for s, value in zip(names, point, strict=True)))
    shorter = _shortened(condition, lambda shorter: truth.of(shorter) == wanted)
    return _with_a_bound(shorter, truth, lambda also: TruthOnCells.over(names, {*curves, *also}, known, domain))


def _is_about(fact: Boolean, names: Sequence[sp.Symbol]) -> bool:
    """A relation, or several, of these parameters alone."""
    return fact.free_symbols <= {*names} and all(_is_rational(e) for e in fact.atoms(Relational))


def _with_a_bound(condition: Boolean, truth: TruthOnCells, over: Callable[[set[sp.Poly]], TruthOnCells]) -> Boolean:
    """Long alternatives that do no more than cut off a piece beyond a corner, as a bound on one parameter at that corner.

    Single points that hold beyond it are named.
    """
    alternatives = [e for e in sp.And.make_args(condition) if isinstance(e, sp.Or) and isinstance(condition, sp.And)]
    for part in (e for e in alternatives if sp.count_ops(e) > LONG):
        rest = sp.And(*(e for e in condition.args if e != part))
        for s, value in truth.corners(rest)[:MOST_CORNERS]:
            also = over({*factors(sp.Poly(s**2 - value**2, *truth.names))})
            wanted = also.of(condition)
            for bound in (s <= value, s >= value, s**2 <= value**2):
                points = also.points_missing(sp.And(rest, bound), wanted)
                if points is not None and len(points) <= MOST_POINTS:
                    return sp.Or(sp.And(rest, bound), *points)
    return condition


def _only_point(wanted: Truth, cells: Sequence[Cell]) -> tuple[sp.Rational, ...] | None:
    """The place of the only cell at which it holds, if that is a corner at rational numbers."""
    holding = [cell for cell, holds in zip(cells, wanted, strict=True) if holds]
    if len(holding) != 1 or holding[0].kind != "corner":
        return None
    ends = [end.exact for end in (holding[0].p, holding[0].q)]
    return None if None in ends else tuple(sp.Rational(end.numerator, end.denominator) for end in ends if end is not None)


def _shortened(condition: Boolean, is_right: Callable[[Boolean], bool]) -> Boolean:
    """The longest parts go first, one by one."""
    while True:
        shorter = next((c for c in _with_one_less(condition) if is_right(c)), None)
        if shorter is None:
            return condition
        condition = shorter


def _with_one_less(condition: Boolean) -> Iterator[Boolean]:
    """All conditions with one factor or one part less, at any depth."""
    if isinstance(condition, Relational):
        yield from _with_one_factor_less(condition)
    if not isinstance(condition, sp.And | sp.Or):
        return
    parts = sorted(condition.args, key=lambda e: (-sp.count_ops(e), str(e)))
    others = {part: [e for e in parts if e != part] for part in parts}
    for part in parts:
        yield from (condition.func(*others[part], shorter) for shorter in _with_one_less(part))
    yield from (condition.func(*others[part]) for part in parts)


def _with_one_factor_less(relation: Relational) -> Iterator[Boolean]:
    coefficient, powers = sp.factor_list(relation.lhs - relation.rhs)[:2]
    if sum(n for _, n in powers) < 2 or relation.rel_op in ("==", "!="):
        return
    for k, (_, n) in enumerate(powers):
        rest = sp.sign(coefficient) * sp.Mul(*(g ** (m if j != k else m - min(2, int(n))) for j, (g, m) in enumerate(powers)))
        yield from (relation.func(sp.expand(sign * rest), 0) for sign in (1, -1))


def _of_conjunction(condition: sp.And, domain: Domain) -> Boolean:
    """Parts `f >= 0` that follow from the others."""
    parts = list(condition.args)
    if len(parts) > MOST_PARTS or not all(e.rel_op in ("<=", ">=") for e in parts if isinstance(e, Relational)):
        return condition
    if not all(isinstance(e, Relational) for e in parts) or any(_degree(e) > MOST_DEGREE for e in parts):
        return condition
    for part in sorted(parts, key=lambda e: (-sp.count_ops(e), str(e))):
        others = [e for e in parts if e != part]
        facts = Facts(domain, tuple(sp.expand(e.gts - e.lts) for e in others))
        if others and (facts.imply(part.gts - part.lts) or facts.proves_by_multiple(part.gts - part.lts)):
            parts = others
    return sp.And(*parts)


def _degree(relation: Relational) -> int:
    return sp.Poly(relation.gts - relation.lts, *sorted(relation.free_symbols, key=str)).total_degree()
