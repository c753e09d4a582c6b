"""The sign of a polynomial on a box, with a certificate: all coefficients of one sign.

A variable in [a, b] becomes (a + b t)/(1 + t), one in [a, oo) becomes a + t, one in (-oo, b] becomes b - t, with t >= 0; one
without bounds stays, and must occur in even powers. If no coefficient of the resulting numerator is negative, the polynomial
is non-negative at every point of the box: a finite list of numbers speaks for all points. Which monomials survive on each face
of the box tells where it may vanish. The pattern is sufficient, not necessary: no such pattern means "unknown" (None), never a
wrong sign; nor are irrational coefficients looked at, nor relations between variables.

>>> c, r = sp.Symbol("c", real=True), sp.Symbol("r", positive=True)
>>> domain = Domain.of([c, r], box={c: (-sp.S.One, sp.S.One)})
>>> [domain.sign(e) for e in (2 - c, 1 - c, c**2 - c + 1, r - c)]
['+', '0+', '+', None]
>>> domain.sign(r**2 - 2 * r + 2) is None  # positive, being (r - 1)^2 + 1, but not all coefficients are
True

Source: Polya (1928), Bernstein; as in Powers and Reznick, Polynomials that are positive on an interval (2000).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.ways.factors import factors_of, rational

Terms = dict[tuple[int, ...], Any]
"""Powers -> a number: of SymPy's rational numbers where the ranges are rational, else an expression."""


@dataclass(frozen=True)
class Range:
    """Values of one real variable, from `low` to `high`; each end belongs to it unless open."""

    low: sp.Expr = -sp.oo
    high: sp.Expr = sp.oo
    low_open: bool = True
    high_open: bool = True

    def above(self, bound: sp.Expr, is_open: bool) -> Range:
        """This range, cut off below a number."""
        if (bound, is_open) > (self.low, self.low_open):
            return Range(bound, self.high, is_open, self.high_open)
        return self

    def below(self, bound: sp.Expr, is_open: bool) -> Range:
        """This range, cut off above a number."""
        if (-bound, is_open) > (-self.high, self.high_open):
            return Range(self.low, bound, self.low_open, is_open)
        return self


@dataclass
class Domain:
    """What is known of each variable: a range; and facts about several, or that are no range, as they were told."""

    ranges: dict[sp.Symbol, Range] = field(default_factory=dict)
    facts: tuple[Boolean, ...] = ()

    @classmethod
    def of(cls, symbols: Iterable[sp.Symbol], assumptions: Boolean = sp.true, box: dict | None = None) -> Domain:
        """From the symbols' own assumptions, from relations between one symbol and a number, and from a frequency box."""
        parts = sp.And.make_args(assumptions)
        domain = cls({s: _by_assumption(s) for s in symbols}, tuple(part for part in parts if part != sp.true))
        for part in parts:
            domain.learn(part)
        for variable, (low, high) in (box or {}).items():
            if low.is_number and high.is_number:
                domain.ranges[variable] = Range(low, high, False, False)
        return domain

    def learn(self, fact: Boolean) -> None:
        """Narrow a range by a relation `symbol < number`; anything else is no use here and is left out."""
        if not isinstance(fact, sp.core.relational.Relational) or fact.rel_op not in ("<", "<=", ">", ">="):
            return
        left, right = (fact.lts, fact.gts)
        is_open = fact.rel_op in ("<", ">")
        if left.is_Symbol and right.is_number:
            self.ranges[left] = self.ranges.get(left, Range()).below(right, is_open)
        elif right.is_Symbol and left.is_number:
            self.ranges[right] = self.ranges.get(right, Range()).above(left, is_open)

    def sign(self, expr: sp.Expr) -> str | None:
        """``"+"``, ``"-"`` (never zero), ``"0+"``, ``"0-"`` (may be zero), ``"0"``, or None: unknown."""
        expr = sp.sympify(expr)
        if expr.is_number:
            return "0" if expr == 0 else "+" if expr.is_positive else "-" if expr.is_negative else None
        roots, domain = self.of_roots(expr)
        if roots:
            return domain.sign(expr.subs({s: t**2 for t, s in roots.items()}, simultaneous=True))
        number, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
        if not number.is_Rational:  # roots of numbers, nested ones too
            signs = (self.sign(number), self.sign(rest))
            return None if None in signs else _product(*signs)
        if self._changes(expr):
            return None
        try:
            coefficient, factors = factors_of(expr)
        except BasePolynomialError:
            return None
        signs = [self._factor_sign(f, n) for f, n in factors]
        if coefficient == 0 or "0" in signs:
            return "0"
        if None in signs or not coefficient.is_real:
            return None
        negative = sum(s.endswith("-") for s in signs) + int(coefficient.is_negative)
        return ("0" if any(s.startswith("0") for s in signs) else "") + ("-" if negative % 2 else "+")

    def of_roots(self, expr: sp.Basic) -> tuple[dict[sp.Symbol, sp.Symbol], Domain]:
        """For each symbol whose square root occurs, a variable for that root -> the symbol; what is known then."""
        rooted = [s for s in sorted(expr.free_symbols, key=str) if s.is_nonnegative and expr.has(sp.sqrt(s))]
        roots = {sp.Dummy(s.name, positive=s.is_positive, nonnegative=True): s for s in rooted}
        known = {t: _root_of(self.ranges.get(s, _by_assumption(s)), t) for t, s in roots.items()}
        return roots, Domain({**self.ranges, **known}, self.facts) if roots else self

    def _changes(self, expr: sp.Expr) -> bool:
        """Whether a polynomial has both signs at a few points, which is seen sooner than its factors are found."""
        poly = rational(expr)
        if poly is None:
            return False
        lines = [_inside(self.ranges.get(s, Range()), k) for k, s in enumerate(poly.gens)]
        values = [_value(poly, point) for point in zip(*lines, strict=True)] if None not in lines else []
        return any(v > 0 for v in values) and any(v < 0 for v in values)

    def _factor_sign(self, f: sp.Expr, power: int) -> str | None:
        found = self._certified(f)
        if power % 2:
            return found
        return "+" if found in ("+", "-") else "0+"

    def _certified(self, f: sp.Expr) -> str | None:
        if f.is_positive or f.is_negative:
            return "+" if f.is_positive else "-"
        symbols = sorted(f.free_symbols, key=str)
        if not symbols:  # a number whose sign is not known, such as one with CRootOf
            return None
        ranges = [self.ranges.get(s, Range()) for s in symbols]
        try:
            poly = sp.Poly(f, *symbols)
        except BasePolynomialError:  # roots of sums
            return None
        if not poly.is_ground and all(c.is_rational for c in poly.coeffs()):
            terms = _on_orthant(poly, ranges)
            for sign in (1, -1):
                if terms and all(sign * c >= 0 for c in terms.values()):
                    strict = _never_zero(set(terms), poly.degree_list(), ranges)
                    return ("" if strict else "0") + ("+" if sign == 1 else "-")
        return None


def _product(one: str, other: str) -> str:
    """The sign of a product."""
    if "0" in (one, other):
        return "0"
    return ("0" if len(one + other) > 2 else "") + ("+" if one[-1] == other[-1] else "-")


def _by_assumption(symbol: sp.Symbol) -> Range:
    if symbol.is_nonnegative:
        return Range(sp.S.Zero, sp.oo, bool(symbol.is_positive), True)
    if symbol.is_nonpositive:
        return Range(-sp.oo, sp.S.Zero, True, bool(symbol.is_negative))
    return Range()


SIZES = [sp.QQ(n, d) for n, d in ((1, 3), (7, 5), (1, 40), (11, 2), (2, 3), (30, 1), (1, 7), (5, 4), (1, 500), (1, 2), (3, 1))]
"""Of numbers at which a sign is looked at."""


def _inside(known: Range, k: int) -> list[Any] | None:
    """Numbers inside a range, each variable's in an order and with signs of its own; None where an end is not rational."""
    if any(end.is_finite and not end.is_Rational for end in (known.low, known.high)):
        return None
    sizes = [SIZES[(k + 1) * (j + 1) % len(SIZES)] for j in range(len(SIZES) - 1)]
    low, high = (sp.QQ(int(end.p), int(end.q)) if end.is_finite else None for end in (known.low, known.high))
    if low is not None and high is not None:
        return [low + (high - low) * size / (1 + size) for size in sizes]
    signs = [(-1) ** (j >> k) for j in range(len(sizes))]
    return [low + s if low is not None else high - s if high is not None else s * t for s, t in zip(sizes, signs, strict=True)]


def _value(poly: sp.Poly, point: tuple) -> Any:
    powers = [[x**n for n in range(degree + 1)] for x, degree in zip(point, poly.degree_list(), strict=True)]
    return sum(prod((p[n] for p, n in zip(powers, m, strict=True)), start=c) for m, c in poly.rep.to_dict().items())


def _root_of(known: Range, root: sp.Symbol) -> Range:
    """The range of a square root, where its ends are rational; else what its symbol says."""
    found = _by_assumption(root)
    if known.low.is_positive and sp.sqrt(known.low).is_Rational:
        found = found.above(sp.sqrt(known.low), known.low_open)
    if known.high.is_finite and sp.sqrt(known.high).is_Rational:
        found = found.below(sp.sqrt(known.high), known.high_open)
    return found


def _on_orthant(poly: sp.Poly, ranges: list[Range]) -> Terms:
    """Terms of the numerator in variables t >= 0; none if a term is odd in an unbounded variable, whose sign varies."""
    rational = all(end.is_Rational for known in ranges for end in (known.low, known.high) if end.is_finite)
    terms = poly.set_domain("QQ").rep.to_dict() if rational else dict(poly.terms())
    for i, (variable, degree, known) in enumerate(zip(poly.gens, poly.degree_list(), ranges, strict=True)):
        terms = _replaced(terms, i, _shapes(*_substitution(variable, known), variable, degree, rational))
    free = [i for i, known in enumerate(ranges) if not (known.low.is_finite or known.high.is_finite)]
    return {} if any(monomial[i] % 2 for monomial in terms for i in free) else terms


@cache
def _shapes(top: sp.Expr, bottom: sp.Expr, x: sp.Symbol, degree: int, rational: bool) -> list:
    """Terms of top^k bottom^(degree - k)."""
    if not rational:
        return [sp.Poly(top**k * bottom ** (degree - k), x).terms() for k in range(degree + 1)]
    one, other = (sp.Poly(e, x, domain="QQ") for e in (top, bottom))
    return [list((one**k * other ** (degree - k)).rep.to_dict().items()) for k in range(degree + 1)]


def _replaced(terms: Terms, i: int, shapes: list) -> Terms:
    """Power k of variable i becomes the polynomial shapes[k]."""
    found: Terms = {}
    for m, c in terms.items():
        for (k,), a in shapes[m[i]]:
            key = (*m[:i], k, *m[i + 1 :])
            found[key] = found[key] + c * a if key in found else c * a
    simple = {m: sp.expand(c) if isinstance(c, sp.Expr) else c for m, c in found.items()}
    return {m: c for m, c in simple.items() if c}


def _substitution(x: sp.Symbol, known: Range) -> tuple[sp.Expr, sp.Expr]:
    if known.low.is_finite and known.high.is_finite:
        return known.low + known.high * x, 1 + x
    if known.low.is_finite:
        return known.low + x, sp.S.One
    if known.high.is_finite:
        return known.high - x, sp.S.One
    return x, sp.S.One


def _never_zero(monomials: set[tuple[int, ...]], degrees: tuple[int, ...], ranges: list[Range]) -> bool:
    """Whether on every face of the box (a variable at its low end, inside, at its high end) some term survives."""
    faces = product(*(_places(d, known) for d, known in zip(degrees, ranges, strict=True)))
    return all(any(_survives(m, face) for m in monomials) for face in faces)


def _places(degree: int, known: Range) -> list[int | None]:
    """Powers that survive at an end of the range; None stands for the inside, where all do."""
    if not known.low.is_finite and not known.high.is_finite:
        return [None, 0]
    at_start = known.low if known.low.is_finite else known.high
    closed_start = not (known.low_open if at_start == known.low else known.high_open)
    both = known.low.is_finite and known.high.is_finite and not known.high_open
    return [None, *([0] if closed_start else []), *([degree] if both else [])]


def _survives(monomial: tuple[int, ...], face: tuple[int | None, ...]) -> bool:
    return all(place is None or place == power for place, power in zip(face, monomial, strict=True))
