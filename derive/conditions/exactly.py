"""A condition as a function of fractions, exact where it is made of polynomials: many times as fast as to substitute.

>>> p, q = sp.symbols("p q")
>>> inside = exactly(sp.Or(p**2 + q**2 <= 1, sp.Eq(p, q)), [p, q])
>>> inside((Fraction(3, 5), Fraction(4, 5))), inside((Fraction(2), Fraction(2))), inside((Fraction(2), Fraction(1)))
(True, True, False)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod

import sympy as sp
from sympy.logic.boolalg import Boolean

Holds = Callable[[Sequence[Fraction]], bool]
_COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}


def exactly(condition: Boolean, names: Sequence[sp.Symbol]) -> Holds:
    """Numbers in the order of the names -> whether it holds; what is no polynomial in them is left to SymPy."""
    if condition in (sp.true, sp.false):
        return lambda point: condition == sp.true
    if isinstance(condition, sp.And | sp.Or):
        joined, parts = (all if isinstance(condition, sp.And) else any), [exactly(part, names) for part in condition.args]
        return lambda point: joined(part(point) for part in parts)
    if isinstance(condition, sp.core.relational.Relational):
        terms = _terms(condition.lhs - condition.rhs, names)
        if terms is not None:
            compared = _COMPARED[condition.rel_op]
            return lambda point: compared(sum(c * prod(point[k] ** n for k, n in used) for used, c in terms), 0)
    return lambda point: condition.subs(_place(names, point), simultaneous=True) == sp.true


def _terms(margin: sp.Expr, names: Sequence[sp.Symbol]) -> list[tuple[list[tuple[int, int]], Fraction]] | None:
    """(parameter, power) pairs and coefficient of every term; None unless all coefficients are rational."""
    if not margin.free_symbols <= set(names) or not margin.is_polynomial(*names):
        return None
    terms = sp.Poly(margin, *names).terms()
    if not all(c.is_Rational for _, c in terms):
        return None
    return [([(k, n) for k, n in enumerate(m) if n], Fraction(int(c.p), int(c.q))) for m, c in terms]


def _place(names: Sequence[sp.Symbol], point: Sequence[Fraction]) -> dict[sp.Symbol, sp.Rational]:
    return {p: sp.Rational(v.numerator, v.denominator) for p, v in zip(names, point, strict=True)}
