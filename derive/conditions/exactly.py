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
Term = tuple[list[tuple[int, int]], Fraction, Fraction]
"""(parameter, power) pairs, the coefficient, and how far it may be off."""
DIGITS, SPARE = 40, 10
_COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}


def exactly(condition: Boolean, names: Sequence[sp.Symbol]) -> Holds:
    """Numbers in the order of the names -> whether it holds; what is no polynomial in them is left to SymPy."""
    if condition in (sp.true, sp.false):
        return lambda point: condition == sp.true
    if isinstance(condition, sp.And | sp.Or):
        joined, parts = (all if isinstance(condition, sp.And) else any), [exactly(part, names) for part in condition.args]
        return lambda point: joined(part(point) for part in parts)
    if isinstance(condition, sp.core.relational.Relational):
        terms, slowly = _terms(condition.lhs - condition.rhs, names), _by_substitution(condition, names)
        return slowly if terms is None else _signed(terms, _COMPARED[condition.rel_op], slowly)
    return _by_substitution(condition, names)


def _by_substitution(condition: Boolean, names: Sequence[sp.Symbol]) -> Holds:
    return lambda point: condition.subs(_place(names, point), simultaneous=True) == sp.true


def _signed(terms: list[Term], compared: Callable[[Fraction, int], bool], slowly: Holds) -> Holds:
    """By the value of a sum of terms; where the error of irrational coefficients could decide, slowly."""

    def holds(point: Sequence[Fraction]) -> bool:
        powers = [prod(point[k] ** n for k, n in used) for used, _, _ in terms]
        value = sum((c * p for (_, c, _), p in zip(terms, powers, strict=True)), start=Fraction(0))
        error = sum(e * abs(p) for (_, _, e), p in zip(terms, powers, strict=True))
        return compared(value, 0) if abs(value) > error or not error else slowly(point)

    return holds


def _terms(margin: sp.Expr, names: Sequence[sp.Symbol]) -> list[Term] | None:
    """Of every term; None unless it is a polynomial with numbers for coefficients."""
    if not margin.free_symbols <= set(names) or not margin.is_polynomial(*names):
        return None
    terms = sp.Poly(margin, *names).terms()
    if not all(c.is_real for _, c in terms):
        return None
    return [([(k, n) for k, n in enumerate(m) if n], *_enclosed(c)) for m, c in terms]


def _enclosed(number: sp.Expr) -> tuple[Fraction, Fraction]:
    """A number, and how far it may be off: not at all if it is rational."""
    if number.is_Rational:
        return Fraction(int(number.p), int(number.q)), Fraction(0)
    near = Fraction(str(number.evalf(DIGITS)))
    return near, abs(near) / 10 ** (DIGITS - SPARE)


def _place(names: Sequence[sp.Symbol], point: Sequence[Fraction]) -> dict[sp.Symbol, sp.Rational]:
    return {p: sp.Rational(v.numerator, v.denominator) for p, v in zip(names, point, strict=True)}
