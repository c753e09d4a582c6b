"""The roots of a polynomial in xi whose coefficients lie in Q(t)(i), t one real algebraic number: do they qualify? Exact.

Elements are polynomials in t modulo its minimal polynomial, so that zero is told by division; the sign of what is not zero by
interval arithmetic on the enclosure of t. The reduction is that of `schur`; no root is computed.

>>> t = sp.Symbol("t")
>>> (place,) = [p for p in places_of(sp.Poly(t**2 - 2, t, domain="QQ")) if p.root.low > 0]  # t = sqrt(2)
>>> number = lambda *c: Complex(sp.Poly(list(c), t, domain="QQ"), sp.Poly(0, t, domain="QQ"))
>>> touching = [number(1), number(-1, 0), number(1)]  # xi^2 - sqrt(2) xi + 1: both roots on the circle, apart
>>> [qualifies(touching, place, grade) for grade in ("schur", "von-neumann", "power-bounded")]
[False, True, True]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from derive.conditions.ways.algebra import Root, dense, factors, real_roots
from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.conditions.ways.schur import derivative, reduced

DIGITS = 50
"""By which a root is told from its conjugates."""


@dataclass(frozen=True)
class Place:
    """A real algebraic number t.

    Attributes:
        minimal: its minimal polynomial, over the rational numbers.
        root: between what it lies.
    """

    minimal: sp.Poly
    root: Root

    def reduced(self, f: sp.Poly) -> sp.Poly:
        """The same number, of least degree."""
        return f.rem(self.minimal)

    def sign(self, f: sp.Poly) -> int:
        """Of the number f(t).

        Raises:
            NoClosedForm: the enclosure is too wide to tell.
        """
        f = self.reduced(f)
        if f.is_zero:
            return 0
        low, high = bounds([Fraction(int(c.p), int(c.q)) for c in f.all_coeffs()], self.root)
        if low <= 0 <= high:
            raise NoClosedForm
        return 1 if low > 0 else -1


def places_of(f: sp.Poly) -> Iterator[Place]:
    """The distinct real roots of a rational polynomial that is not zero, factor by factor."""
    for g in factors(f):
        minimal = g.set_domain(sp.QQ)
        yield from (Place(minimal, root) for root in real_roots(dense(g)))


def minimal_polynomial(number: sp.Expr, t: sp.Symbol) -> sp.Poly:
    """Of an algebraic number, as radicals or `CRootOf`, whose polynomial is irreducible."""
    known = isinstance(number, sp.CRootOf)
    return sp.Poly(number.expr.subs(number.poly.gen, t) if known else sp.minimal_polynomial(number, t), t, domain=sp.QQ)


def place_of(number: sp.Expr, t: sp.Symbol) -> Place:
    """A real algebraic number.

    >>> place_of(sp.sqrt(2), sp.Symbol("t")).minimal
    Poly(t**2 - 2, t, domain='QQ')
    """
    near = Fraction(str(number.evalf(DIGITS)))
    return min(places_of(minimal_polynomial(number, t)), key=lambda place: abs(place.root.low - near))


def qualifies(phi: Sequence[Complex], place: Place, grade: str) -> bool:
    """Whether all roots do, for a grade; False where the leading coefficient is zero.

    Args:
        phi: coefficients from the leading one down, polynomials in t.
        place: t.
        grade: schur, power-bounded or von-neumann.

    Raises:
        NoClosedForm: a sign is not told by the enclosure of t.
    """
    phi = _reduced(phi, place)
    if not phi[0]:
        return False
    while len(phi) > 1:
        gap = place.reduced(phi[0].square() - phi[-1].square())
        if place.sign(gap) < 0:
            return False
        shorter = _reduced(reduced(phi, Complex.conjugate), place)
        if gap.is_zero and (grade == "schur" or any(shorter)):
            return False
        if gap.is_zero:
            shorter, grade = derivative(phi), "schur" if grade == "power-bounded" else grade
        phi = shorter
    return True


def _reduced(phi: Sequence[Complex], place: Place) -> list[Complex]:
    return [Complex(place.reduced(c.real), place.reduced(c.imaginary)) for c in phi]


def bounds(coefficients: Sequence[Fraction], root: Root) -> tuple[Fraction, Fraction]:
    """Between what the value of a polynomial lies, leading coefficient first: Horner's scheme in intervals."""
    low = high = Fraction(0)
    for c in coefficients:
        products = [a * b for a in (low, high) for b in (root.low, root.high)]
        low, high = min(products) + c, max(products) + c
    return low, high
