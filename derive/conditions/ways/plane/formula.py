"""A formula in the signs of curves, true or false on a whole cell, and as a condition to print.

>>> p, q = sp.symbols("p q", real=True)
>>> curves = [sp.Poly(p + q, p, q), sp.Poly(p - q, p, q)]
>>> formula = Formula(tuple(curves), ((((0, 1),), ((1, -1),))), "or of and")
>>> formula.boolean(Domain.of([p, q])), formula.holds((0, 1)), replace(formula, strict=frozenset({(0, 1)})).holds((0, 1))
((p + q >= 0) | (-p + q >= 0), True, False)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import weight
from derive.conditions.ways.eliminate import relation
from derive.conditions.ways.plane.cover import Literal, Signs, cover
from derive.conditions.ways.signs import Domain

__all__ = ["Formula", "replace"]


@dataclass(frozen=True)
class Formula:
    """Clauses of weak or strict inequalities.

    Attributes:
        curves: polynomials in (p, q).
        clauses: of (curve, sign).
        joined: ``"or of and"`` or ``"and of or"``.
        strict: those that are strict.
    """

    curves: tuple[sp.Poly, ...]
    clauses: tuple[tuple[Literal, ...], ...]
    joined: str
    strict: frozenset[Literal] = frozenset()

    @classmethod
    def of(cls, curves: tuple[sp.Poly, ...], true: list[Signs], false: list[Signs]) -> Formula:
        """One that separates sign vectors."""
        if not true or not false:
            return cls(curves, () if not true else ((),), "or of and")
        clauses, joined = cover(true, false, [weight(g) for g in curves])
        return cls(curves, tuple(map(tuple, clauses)), joined)

    @property
    def literals(self) -> list[Literal]:
        """All inequalities."""
        return sorted({literal for clause in self.clauses for literal in clause})

    @property
    def used(self) -> set[sp.Poly]:
        """The curves that it speaks of."""
        return {self.curves[k] for k, _ in self.literals}

    def among(self, curves: tuple[sp.Poly, ...]) -> Formula:
        """The same among other curves, those used with them."""
        place = {k: curves.index(self.curves[k]) for k, _ in self.literals}
        clauses = tuple(tuple((place[k], sign) for k, sign in clause) for clause in self.clauses)
        return replace(self, curves=curves, clauses=clauses, strict=frozenset((place[k], sign) for k, sign in self.strict))

    def holds(self, signs: Signs) -> bool:
        """Whether it holds where the curves have these signs."""
        met = [[self._met(literal, signs) for literal in clause] for clause in self.clauses]
        return any(map(all, met)) if self.joined == "or of and" else all(map(any, met))

    def _met(self, literal: Literal, signs: Signs) -> bool:
        k, sign = literal
        return signs[k] == sign or (signs[k] == 0 and literal not in self.strict)

    def boolean(self, domain: Domain, written: Callable[[sp.Poly], sp.Expr] = sp.Poly.as_expr) -> Boolean:
        """As a condition on the domain, each curve as it is to be written."""
        inner, outer = (sp.And, sp.Or) if self.joined == "or of and" else (sp.Or, sp.And)
        return outer(*(inner(*(self._relation(literal, domain, written) for literal in clause)) for clause in self.clauses))

    def _relation(self, literal: Literal, domain: Domain, written: Callable[[sp.Poly], sp.Expr]) -> Boolean:
        k, sign = literal
        return relation(sign * written(self.curves[k]), domain, literal in self.strict)
