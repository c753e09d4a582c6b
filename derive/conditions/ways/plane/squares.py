"""A parameter whose sign does not matter is looked at through its square: curves of half the degree, and half of the plane.

It does not matter where the parameter is not negative anyway, or where a change of its sign is the same as a reflection in
space; and the margins have to be even in it. Then the plane is that of (p^2, q), and its points are turned back into those of
(p, q), enclosed where a root is irrational, wherever the scheme itself is asked.

>>> p, q = sp.Symbol("p", positive=True), sp.Symbol("q", real=True)
>>> squares = Squares((p, q), (True, False))
>>> squares.halved(sp.Poly(p**4 - q * p**2 + 1, p, q)), squares.halved(sp.Poly(p - q, p, q))
(Poly(p**2 - p*q + 1, p, q, domain='ZZ'), None)
>>> squares.in_parameters(sp.Poly(4 * p - 9, p, q), Domain.of([p, q]))  # p is positive
[Poly(2*p - 3, p, q, domain='ZZ')]
>>> [squares.root(axis, Root(*2 * [Fraction(9, 4)])).exact for axis in (0, 1)]
[Fraction(3, 2), Fraction(9, 4)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

import sympy as sp

from derive.conditions.ways.algebra import BITS, Root, factors
from derive.conditions.ways.signs import Domain, Range
from derive.fields.phases import SHIFTS
from derive.modes.amplification import Amplification

Names = tuple[sp.Symbol, sp.Symbol]


@dataclass(frozen=True)
class Squares:
    """Which of two parameters stand for their squares in curves, margins and cells.

    Attributes:
        names: the parameters.
        which: of each, whether.
    """

    names: Names
    which: tuple[bool, bool] = (False, False)

    @classmethod
    def of(cls, names: Names, found: Amplification, values: Sequence[sp.Poly], domain: Domain) -> Squares:
        """As many as may be.

        Args:
            names: the parameters.
            found: the scheme.
            values: all polynomials in question, the parameters among their generators.
            domain: what is known of the parameters.
        """
        alone = [cls(names, (s == names[0], s == names[1])) for s in names]
        free = [not _is_signed(s, found, domain) for s in names]
        return cls(
            names, tuple(f and all(one.halved(v) is not None for v in values) for f, one in zip(free, alone, strict=True))
        )

    def __bool__(self) -> bool:
        return any(self.which)

    def halved(self, poly: sp.Poly) -> sp.Poly | None:
        """In the squares; None if it is odd somewhere, other than a parameter alone, which has the zeros of its square."""
        axes = [poly.gens.index(s) for s, squared in zip(self.names, self.which, strict=True) if squared]
        if any(poly.as_expr() == poly.gens[k] for k in axes):
            return poly
        terms = poly.rep.to_dict()
        if any(m[k] % 2 for m in terms for k in axes):
            return None
        halves = {tuple(n // 2 if k in axes else n for k, n in enumerate(m)): c for m, c in terms.items()}
        return sp.Poly.from_dict(halves, *poly.gens, domain=poly.domain)

    def plain(self, poly: sp.Poly) -> sp.Expr:
        """In the parameters themselves."""
        return poly.as_expr().subs({s: s**2 for s, squared in zip(self.names, self.which, strict=True) if squared})

    def in_parameters(self, curve: sp.Poly, domain: Domain) -> list[sp.Poly]:
        """The irreducible curves that one of the squares is made of, but those that are nowhere in the domain."""
        found = factors(sp.Poly(self.plain(curve), *self.names))
        return found if len(found) < 2 else [g for g in found if domain.sign(g.as_expr()) not in ("+", "-")]

    def ranges(self, domain: Domain) -> Domain:
        """Of the squares, beside those of other parameters."""
        known = {s: domain.ranges.get(s, Range()) for s in self.names}
        squared = {s: _squared(known[s]) for s, is_square in zip(self.names, self.which, strict=True) if is_square}
        return replace(domain, ranges={**domain.ranges, **squared})

    def root(self, axis: int, value: Root) -> Root:
        """The parameter itself, not negative if only its square is known."""
        if not self.which[axis]:
            return value
        low, high = (root_below(max(end, Fraction(0))) for end in (value.low, value.high))
        return Root(low, high if high**2 == value.high else high + Fraction(1, 2 ** (2 * BITS)))

    def equal(self, axis: int, value: sp.Rational) -> sp.Eq:
        """The parameter at a value of its square, or of itself."""
        symbol = self.names[axis]
        if self.which[axis] and value != 0:
            return sp.Eq(symbol, sp.sqrt(value)) if symbol.is_nonnegative else sp.Eq(symbol**2, value)
        return sp.Eq(symbol, value)


def _is_signed(symbol: sp.Symbol, found: Amplification, domain: Domain) -> bool:
    """Whether the sign is of account: it may be negative, and then the scheme is not its own mirror image in space."""
    known = domain.ranges.get(symbol, Range())
    if known.low.is_nonnegative:
        return False
    mirrored = found.polynomial.as_expr().subs({symbol: -symbol, **{w: 1 / w for w in SHIFTS}}, simultaneous=True)
    return known != Range() or sp.expand(mirrored - found.polynomial.as_expr()) != 0


def _squared(known: Range) -> Range:
    if known == Range():
        return Range(sp.S.Zero, sp.oo, False)
    return Range(known.low**2, known.high**2, known.low_open, known.high_open)


def root_below(value: Fraction) -> Fraction:
    """The square root, rounded down to a multiple of a small number if it is irrational."""
    n, d = isqrt(value.numerator), isqrt(value.denominator)
    if n * n == value.numerator and d * d == value.denominator:
        return Fraction(n, d)
    return Fraction(isqrt(value.numerator * 2 ** (4 * BITS) // value.denominator), 2 ** (2 * BITS))
