"""The truth of conditions in two parameters on every cell of the plane: whether one follows from another is read off.

The curves on which inequalities change cut the plane into cells (`cells`); on each of them a condition has one truth.

>>> p, q = sp.symbols("p q", real=True)
>>> implies(q >= p**2, q >= 2 * p - 1, (p, q), Domain.of([p, q])), implies(q >= p**2, q >= 2 * p, (p, q), Domain.of([p, q]))
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import factors, signed_factors
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.cells import decompose
from derive.conditions.ways.plane.limits import admits, fences
from derive.conditions.ways.signs import Domain

Names = tuple[sp.Symbol, ...]
Truth = tuple[bool, ...]
"""On every cell."""
MOST_DEGREE, MOST_DEGREES = 8, 30
"""Of a curve, and of all of them together, in an implication."""
_MET = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}


@dataclass(frozen=True)
class TruthOnCells:
    """Of conditions on every cell; their inequalities change on the curves alone."""

    names: tuple[sp.Symbol, ...]
    curves: list[sp.Poly]
    cells: list[Cell]

    @classmethod
    def over(cls, names: tuple[sp.Symbol, ...], curves: Iterable[sp.Poly], known: Boolean, domain: Domain) -> TruthOnCells:
        """On the cells of a domain at which what is known of it holds."""
        found = sorted(curves, key=str)
        every = cls(names, found, list(decompose(found, admits(names, domain))))
        return cls(names, found, [cell for cell, holds in zip(every.cells, every.of(known), strict=True) if holds])

    def points_missing(self, condition: Boolean, wanted: Truth) -> list[Boolean] | None:
        """Where it fails and should hold, if these are single rational points; None if they are not, or it holds elsewhere."""
        wrong = [(c, w) for c, w, holds in zip(self.cells, wanted, self.of(condition), strict=True) if w != holds]
        ends = [(c.p.exact, c.q.exact) for c, _ in wrong]
        if not all(w and c.kind == "corner" for c, w in wrong) or any(None in pair for pair in ends):
            return None
        return [
            sp.And(
                *(
                    sp.Eq(s, sp.Rational(x.numerator, x.denominator))
                    for s, x in zip(self.names, pair, strict=True)
                    if x is not None
                )
            )
            for pair in ends
        ]

    def corners(self, condition: Boolean) -> list[tuple[sp.Symbol, sp.Rational]]:
        """A parameter and its rational value, other than zero, where curves of a condition meet, the small values first."""
        own = {self.curves.index(g) for e in condition.atoms(Relational) for g in factors(margin_of(e, self.names))}
        met = [c for c in self.cells if c.kind == "corner" and sum(c.signs[k] == 0 for k in own) > 1]
        ends = [(s, end.exact) for c in met for s, end in zip(self.names, (c.p, c.q), strict=True) if end.exact]
        values = dict.fromkeys((s, sp.Rational(end.numerator, end.denominator)) for s, end in ends)
        return sorted(values, key=lambda pair: (abs(pair[1]), -pair[1], str(pair[0])))

    def of(self, condition: Boolean) -> Truth:
        """Of a condition whose inequalities change on the curves."""
        if condition in (sp.true, sp.false):
            return (condition == sp.true,) * len(self.cells)
        if isinstance(condition, Relational):
            return tuple(sign in _MET[condition.rel_op] for sign in self._signs(condition))
        joined = all if isinstance(condition, sp.And) else any
        return tuple(map(joined, zip(*map(self.of, condition.args), strict=True)))

    def _signs(self, relation: Relational) -> Iterator[int]:
        sign, powers = signed_factors(margin_of(relation, self.names))
        places = [(self.curves.index(g), n) for g, n in powers]
        return (sign * prod(cell.signs[k] ** n for k, n in places) for cell in self.cells)


def curves_of(relations: Sequence[Relational], names: Names, domain: Domain) -> list[sp.Poly]:
    """The irreducible polynomials at whose zeros inequalities change, and the ends of the domain."""
    return sorted({g for e in relations for g in factors(margin_of(e, names))} | fences(names, domain), key=str)


def implies(premise: Boolean, conclusion: Boolean, names: Names, domain: Domain) -> bool:
    """Whether one condition follows from another on the domain of two parameters.

    Raises:
        NoClosedForm: a curve is too long, or there are too many.
    """
    relations = sorted(premise.atoms(Relational) | conclusion.atoms(Relational), key=str)
    curves = curves_of(relations, names, domain)
    if any(g.total_degree() > MOST_DEGREE for g in curves) or sum(g.total_degree() for g in curves) > MOST_DEGREES:
        raise NoClosedForm
    truth = TruthOnCells.over(names, curves, sp.true, domain)
    return all(one <= other for one, other in zip(truth.of(premise), truth.of(conclusion), strict=True))


def margin_of(relation: Relational, names: Sequence[sp.Symbol]) -> sp.Poly:
    """What an inequality compares with zero."""
    return sp.Poly(relation.lhs - relation.rhs, *names)
