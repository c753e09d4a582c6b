"""Curves x = R(y) along which margins say too little: the scheme there has one parameter less, and is decided by itself.

>>> p, q = sp.symbols("p q", real=True)
>>> along = Along.of(sp.Poly(p - 2 * q, p, q), lambda x, expr: sp.And(q >= 0, q**2 <= 2))
>>> along.x, along.expr, along.breaks(False)
(p, 2*q, [Poly(q, p, q, domain='ZZ'), Poly(q**2 - 2, p, q, domain='ZZ')])
>>> [along.contains(Root(*2 * [Fraction(k)]), at_break=k == 0) for k in (-1, 0, 1, 2)]
[False, True, True, False]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import Root
from derive.conditions.ways.at_root import minimal_polynomial, place_of
from derive.conditions.ways.margins import NoClosedForm


@dataclass(frozen=True)
class Along:
    """The verdicts along a curve x = R(y).

    Attributes:
        curve: the polynomial of the curve.
        x: the parameter that is given.
        expr: R(y), a polynomial in the other parameter, or a number.
        condition: in y alone.
        subset: the values of y where it holds.
    """

    curve: sp.Poly
    x: sp.Symbol
    expr: sp.Expr
    condition: Boolean
    subset: sp.Set

    @classmethod
    def of(cls, curve: sp.Poly, solve: Callable[[sp.Symbol, sp.Expr], Boolean]) -> Along | None:
        """None where the curve is no such graph; `solve` gives the condition along it.

        Raises:
            NoClosedForm: `solve` does, or its condition is no union of intervals.
        """
        for x in curve.gens:
            slope = sp.Poly(curve.as_expr(), x)
            if slope.degree() == 1 and slope.LC().is_number:
                expr = sp.expand(-slope.eval(0) / slope.LC())
                condition = solve(x, expr)
                return cls(curve, x, expr, condition, _subset(condition))
        return None

    @property
    def y(self) -> sp.Symbol:
        """The parameter along the curve."""
        return next(s for s in self.curve.gens if s != self.x)

    def breaks(self, squared: bool) -> list[sp.Poly]:
        """Polynomials at whose roots, in y or in its square, the verdict changes."""
        minimal = [minimal_polynomial(end, self.y).as_expr() for end in _ends(self.subset)]
        if squared:
            minimal = [_of_square(f, self.y) for f in minimal]
        polys = [sp.Poly(f, *self.curve.gens, domain=sp.QQ) for f in minimal]
        return [p.clear_denoms(convert=True)[1].set_domain(sp.ZZ) for p in dict.fromkeys(polys)]

    def contains(self, y: Root, at_break: bool) -> bool:
        """Whether the condition holds at a value of y.

        Args:
            y: the value.
            at_break: whether it is known to be a root of one of `breaks`; of the others none is between its bounds.

        Raises:
            NoClosedForm: it is not, and an end of the condition is so near that it might be.
        """
        return any(_in_part(y, part, at_break) for part in _parts(self.subset))

    def boolean(self) -> Boolean:
        """The curve and the condition on it."""
        return sp.And(sp.Eq(self.x, self.expr), self.condition)


def _subset(condition: Boolean) -> sp.Set:
    if condition in (sp.true, sp.false):
        return sp.S.Reals if condition == sp.true else sp.S.EmptySet
    (symbol,) = condition.free_symbols
    found = condition.xreplace({symbol: sp.Dummy("y", real=True)}).as_set()
    if any(not isinstance(part, sp.Interval | sp.FiniteSet) for part in _parts(found)):
        raise NoClosedForm
    return found


def _parts(subset: sp.Set) -> tuple[sp.Set, ...]:
    if subset == sp.S.EmptySet:
        return ()
    return (sp.Interval(-sp.oo, sp.oo),) if subset == sp.S.Reals else subset.args if isinstance(subset, sp.Union) else (subset,)


def _ends(subset: sp.Set) -> list[sp.Expr]:
    ends = [e for part in _parts(subset) for e in (part.args if isinstance(part, sp.FiniteSet) else (part.start, part.end))]
    return [end for end in ends if end.is_finite]


def _of_square(f: sp.Expr, y: sp.Symbol) -> sp.Expr:
    """A polynomial whose roots are the squares of the roots of f."""
    both = sp.Poly(f, y) * sp.Poly(f.subs(y, -y), y)
    return sp.Add(*(c * y ** (n // 2) for (n,), c in both.terms()))


def _in_part(y: Root, part: sp.Set, at_break: bool) -> bool:
    if isinstance(part, sp.FiniteSet):
        return any(_side(y, end, at_break) == 0 for end in part.args)
    low, high = _side(y, part.start, at_break), -_side(y, part.end, at_break)
    return (low > 0 or (low == 0 and not part.left_open)) and (high > 0 or (high == 0 and not part.right_open))


def _side(y: Root, end: sp.Expr, at_break: bool) -> int:
    if not end.is_finite:
        return 1 if end == -sp.oo else -1
    known = _enclosed(end)
    if y.low > known.high or y.high < known.low:
        return 1 if y.low > known.high else -1
    if not at_break and not (y.exact is not None and y == known):
        raise NoClosedForm
    return 0


@lru_cache(maxsize=256)
def _enclosed(end: sp.Expr) -> Root:
    """A real algebraic number."""
    if end.is_Rational:
        return Root(*2 * [Fraction(int(end.p), int(end.q))])
    return place_of(end, sp.Dummy("t")).root
