"""Leave out what a condition says twice, by exact means.

In two parameters the curves on which its inequalities change cut the plane into cells (`plane.cells`), on each of which the
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
from dataclasses import dataclass
from math import prod

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import factors, signed_factors
from derive.conditions.ways.plane.cells import Cell, decompose
from derive.conditions.ways.plane.limits import admits, fences
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.facts import Facts

MOST_DEGREE, MOST_DEGREES, MOST_PARTS = 6, 24, 5
"""Of a curve, of all of them together, and parts of a conjunction in more than two parameters."""
Truth = tuple[bool, ...]
"""On every cell."""
_MET = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}


def without_redundant(condition: Boolean, domain: Domain) -> Boolean:
    """An equivalent condition on the domain."""
    relations = sorted(condition.atoms(Relational), key=str)
    if len(relations) < 2 or not all(_is_rational(e) for e in relations):
        return condition
    if len(condition.free_symbols) == 2:
        return _in_the_plane(condition, relations, domain)
    return _of_conjunction(condition, domain) if isinstance(condition, sp.And) else condition


def _is_rational(relation: Relational) -> bool:
    margin = relation.lhs - relation.rhs
    return margin.is_polynomial() and all(
        c.is_Rational for c in sp.Poly(margin, *sorted(margin.free_symbols, key=str)).coeffs()
    )


def _in_the_plane(condition: Boolean, relations: Sequence[Relational], domain: Domain) -> Boolean:
    names = tuple(sorted(condition.free_symbols, key=str))
    curves = sorted({g for e in relations for g in factors(_margin(e, names))} | fences(names, domain), key=str)
    if any(g.total_degree() > MOST_DEGREE for g in curves) or sum(g.total_degree() for g in curves) > MOST_DEGREES:
        return condition
    truth = TruthOnCells(names, curves, list(decompose(curves, admits(names, domain))))
    wanted = truth.of(condition)
    if not any(wanted):
        return sp.false
    point = _only_point(wanted, truth.cells)
    if point is not None:
        return sp.And(*(sp.Eq(s, value) for s, value in zip(names, point, strict=True)))
    return _shortened(condition, lambda shorter: truth.of(shorter) == wanted)


def _margin(relation: Relational, names: Sequence[sp.Symbol]) -> sp.Poly:
    return sp.Poly(relation.lhs - relation.rhs, *names)


@dataclass(frozen=True)
class TruthOnCells:
    """Of conditions on every cell; their inequalities change on the curves alone."""

    names: tuple[sp.Symbol, ...]
    curves: list[sp.Poly]
    cells: list[Cell]

    def of(self, condition: Boolean) -> Truth:
        """Of a condition whose inequalities change on the curves."""
        if condition in (sp.true, sp.false):
            return (condition == sp.true,) * len(self.cells)
        if isinstance(condition, Relational):
            return tuple(sign in _MET[condition.rel_op] for sign in self._signs(condition))
        joined = all if isinstance(condition, sp.And) else any
        return tuple(map(joined, zip(*map(self.of, condition.args), strict=True)))

    def _signs(self, relation: Relational) -> Iterator[int]:
        sign, powers = signed_factors(_margin(relation, self.names))
        places = [(self.curves.index(g), n) for g, n in powers]
        return (sign * prod(cell.signs[k] ** n for k, n in places) for cell in self.cells)


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
