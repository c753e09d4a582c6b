"""What is left of polynomials in (p, q) at a cut of the base line, or near it: polynomials in q that are known nearly.

>>> p, q = sp.symbols("p q")
>>> root = Root(Fraction(14142135, 10**7), Fraction(14142136, 10**7))  # sqrt(2)
>>> cut = Cut(root, sp.Poly(p**2 - 2, p), left=Fraction(1), room=Fraction(1))
>>> at_cut = Section.of(sp.Poly(p**2 * q - p, p, q), cut).here()
>>> [at_cut.sign(Fraction(k, 10**4)) for k in (7071, 7072)]
[-1, 1]
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from derive.conditions.ways.algebra import Root, at
from derive.conditions.ways.nearly import SCALE, Nearly


@dataclass(frozen=True)
class Cut:
    """A cut of the base line.

    Attributes:
        p: where.
        minimal: the irreducible polynomial that it is a root of.
        left: a number left of it; no other cut is between.
        room: other cuts are farther away than that; 1 at most.
    """

    p: Root
    minimal: sp.Poly
    left: Fraction
    room: Fraction


@dataclass(frozen=True)
class Section:
    """Of one polynomial.

    Attributes:
        middle: its coefficients in the middle of the bounds of a cut, times 2^SCALE.
        slopes: what their derivatives are at most, within the room of the cut.
        width: of the cut's bounds.
    """

    middle: tuple[int, ...]
    slopes: tuple[int, ...]
    width: Fraction

    @classmethod
    def of(cls, g: sp.Poly, cut: Cut) -> Section:
        """At a cut."""
        p = (cut.p.low + cut.p.high) / 2
        scale = p.denominator ** max(0, g.degree(g.gens[0]))
        return cls(tuple((c << SCALE) // scale for c in at(g, p)), _slopes(g, cut), cut.p.high - cut.p.low)

    def here(self) -> Nearly:
        """At the cut itself."""
        return self.within(self.width)

    def within(self, reach: Fraction) -> Nearly:
        """At all places that are no farther than that, within the room, from the middle."""
        return Nearly(self.middle, tuple(int(reach * c) + 2 for c in self.slopes))


def _slopes(g: sp.Poly, cut: Cut) -> tuple[int, ...]:
    p, q = g.gens
    most = short(max(abs(cut.p.low), abs(cut.p.high)) + 2 * cut.room, cut.room)
    powers = [0, *(j * int(most ** (j - 1) * 2**SCALE + 1) for j in range(1, g.degree(p) + 1))]
    found = [0] * (max(0, g.degree(q)) + 1)
    for (j, k), c in g.terms():
        found[k] += abs(int(c)) * powers[j]
    return tuple(found)


def short(number: Fraction, reach: Fraction) -> Fraction:
    """One of few digits near another, nearer than an eighth of the reach."""
    unit = 2 ** (int(2 / reach).bit_length() + 1)
    return Fraction(round(number * unit), unit)
