"""The truth of conditions in two parameters on every cell of the plane: whether one follows from another is read off.

The curves on which inequalities change cut the plane into cells (`cells`); on each of them a condition has one truth.

>>> p, q = sp.symbols("p q", real=True)
>>> implies(q >= p**2, q >= 2 * p - 1, (p, q), Domain.of([p, q])), implies(q >= p**2, q >= 2 * p, (p, q), Domain.of([p, q]))
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import factors, signed_factors
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.cells import Cell, decompose
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

    names: Names
    curves: list[sp.Poly]
    cells: list[Cell]

    @classmethod
    def cut_at(cls, curves: Sequence[sp.Poly], names: Names, domain: Domain) -> TruthOnCells:
        """By irreducible polynomials; the cells of the domain."""
        return cls(names, list(curves), list(decompose(curves, admits(names, domain))))

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


def curves_of(relations: Sequence[Relational], names: Names, domain: Domain) -> list[sp.Poly]:
    """The irreducible polynomials at whose zeros inequalities change, and the ends of the domain."""
    return sorted({g for e in relations for g in factors(_margin(e, names))} | fences(names, domain), key=str)


def implies(premise: Boolean, conclusion: Boolean, names: Names, domain: Domain) -> bool:
    """Whether one condition follows from another on the domain of two parameters.

    Raises:
        NoClosedForm: a curve is too long, or there are too many.
    """
    relations = sorted(premise.atoms(Relational) | conclusion.atoms(Relational), key=str)
    curves = curves_of(relations, names, domain)
    if any(g.total_degree() > MOST_DEGREE for g in curves) or sum(g.total_degree() for g in curves) > MOST_DEGREES:
        raise NoClosedForm
    truth = TruthOnCells.cut_at(curves, names, domain)
    return all(one <= other for one, other in zip(truth.of(premise), truth.of(conclusion), strict=True))


def _margin(relation: Relational, names: Sequence[sp.Symbol]) -> sp.Poly:
    return sp.Poly(relation.lhs - relation.rhs, *names)
