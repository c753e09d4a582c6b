"""Conditions in one parameter alone: the values at which they hold, exactly, and whether a range lies among them.

A condition changes its truth at the real roots of its margins alone, so a rational number between two neighbours decides each
piece (`ways.line`), and at a root every margin is zero or has a certain sign. A range is connected: all of it holds if both its
ends lie in one connected part of the set.

>>> c, low, high = sp.symbols("c low high", real=True)
>>> values_of((c**2 <= 2) | (c > 3), c)
Union(Interval.open(3, oo), Interval(-sqrt(2), sqrt(2)))
>>> contains((c**2 <= 2) | (c > 3), Span(c, low, high))
(low > 3) | ((high <= sqrt(2)) & (low >= -sqrt(2)))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ranges.span import Span
from derive.conditions.ways.line import real_roots, stable_set
from derive.conditions.ways.margins import NoClosedForm

DIGITS, CERTAIN = 60, sp.Float("1e-40", 60)
Part = tuple[sp.Expr, sp.Expr, bool, bool]
"""Lower and upper end, and whether each is left out."""
TRUE_AT = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}
"""Signs of left minus right side at which a relation is true."""


def contains(condition: Boolean, span: Span) -> Boolean:
    """What of the ends of a range says that all of it is among the values at which a condition in the parameter alone holds."""
    if span.of_numbers:
        return sp.true if _holds_between(condition, span) else sp.false
    return sp.Or(*(_within(part, span) for part in _parts(values_of(condition, span.symbol))))


def _holds_between(condition: Boolean, span: Span) -> bool:
    """Of rational ends: at each that belongs to the range, at the roots between, and between any two of them."""
    critical, truth = _questions(condition, span.symbol)
    inside = [root for root in real_roots(critical) if span.low < root < span.high]
    places = [span.low, *inside, span.high]
    between = [_middle(a, b) for a, b in pairwise(places) if a != b]
    kept = [*inside, *([] if span.low_open else [span.low]), *([] if span.high_open else [span.high])]
    return all(truth(value) for value in (*between, *kept))


def _middle(one: sp.Expr, other: sp.Expr) -> sp.Rational:
    """A rational number between two numbers that are well apart."""
    return (sp.Rational(str(one.evalf(DIGITS))) + sp.Rational(str(other.evalf(DIGITS)))) / 2


def values_of(condition: Boolean, symbol: sp.Symbol) -> sp.Set:
    """The real numbers at which it holds.

    Raises:
        NoClosedForm: a margin is no polynomial with algebraic coefficients.
    """
    if condition in (sp.true, sp.false):
        return sp.S.Reals if condition == sp.true else sp.S.EmptySet
    critical, truth = _questions(condition, symbol)
    return stable_set(critical, truth, lambda root, left, right: truth(root))


def _questions(condition: Boolean, symbol: sp.Symbol) -> tuple[list[sp.Poly], Callable[[sp.Expr], bool]]:
    """Polynomials at whose roots alone it may change, and its truth at a number."""
    margins = {relation: sp.expand(relation.lhs - relation.rhs) for relation in condition.atoms(Relational)}
    critical = [_rational(margin, symbol) for margin in margins.values()]

    signs = {relation: _sign_of(margin, symbol) for relation, margin in margins.items()}

    def truth(value: sp.Expr) -> bool:
        told = {e: sp.true if sign(value) in TRUE_AT[e.rel_op] else sp.false for e, sign in signs.items()}
        return condition.xreplace(told) == sp.true

    return critical, truth


def _sign_of(margin: sp.Expr, symbol: sp.Symbol) -> Callable[[sp.Expr], int]:
    """Its sign at a number; at a root of rational polynomials it is zero if its own, or the number's minimal one, says so."""
    f = sp.Poly(margin, symbol)
    is_rational = all(k.is_Rational for k in f.coeffs())

    def sign(value: sp.Expr) -> int:
        if value.is_Rational:
            return _certain_sign(f.eval(value))
        if is_rational and f.rem(_minimal(value, symbol)).is_zero:
            return 0
        return int(sp.sign(f.eval(value.evalf(DIGITS)))) if is_rational else _certain_sign(f.as_expr().subs(symbol, value))

    return sign


@lru_cache(maxsize=256)
def _minimal(value: sp.Expr, symbol: sp.Symbol) -> sp.Poly:
    return sp.Poly(sp.minimal_polynomial(value, symbol), symbol, domain=sp.QQ)


def _rational(margin: sp.Expr, symbol: sp.Symbol) -> sp.Poly:
    """A polynomial with rational coefficients that has its roots."""
    if not margin.is_polynomial(symbol) or not all(k.is_algebraic and k.is_real for k in sp.Poly(margin, symbol).coeffs()):
        raise NoClosedForm
    poly = sp.Poly(margin, symbol)
    if all(k.is_Rational for k in poly.coeffs()):
        return poly.set_domain(sp.QQ)
    if poly.degree() == 1:
        return _minimal(-poly.eval(0) / poly.LC(), symbol)
    return sp.Poly(margin, symbol, extension=True).norm()


def _certain_sign(value: sp.Expr) -> int:
    """Of an algebraic number: zero if that is what its minimal polynomial says."""
    if value.is_Rational:
        return int(sp.sign(value))
    number = value.evalf(DIGITS)
    if abs(number) > CERTAIN:
        return int(sp.sign(number))
    x = sp.Dummy("x")
    if sp.minimal_polynomial(value, x) != x:
        raise NoClosedForm
    return 0


def _parts(values: sp.Set) -> list[Part]:
    """The connected parts."""
    found: list = []
    for part in values.args if isinstance(values, sp.Union) else (values,):
        if isinstance(part, sp.FiniteSet):
            found += [(x, x, False, False) for x in part]
        elif isinstance(part, sp.Interval):
            found.append((part.start, part.end, bool(part.left_open), bool(part.right_open)))
    return found


def _within(part: Part, span: Span) -> Boolean:
    start, end, start_open, end_open = part
    above = (sp.Gt if start_open and not span.low_open else sp.Ge)(span.low, start) if start != -sp.oo else sp.true
    below = (sp.Lt if end_open and not span.high_open else sp.Le)(span.high, end) if end != sp.oo else sp.true
    return sp.And(above, below)
