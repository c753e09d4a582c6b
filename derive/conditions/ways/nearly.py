"""A polynomial in one variable whose coefficients are known nearly, and how nearly: signs and roots that are certain.

>>> f = Nearly((-2 << SCALE, 0, 1 << SCALE), (1 << SCALE - 18, 0, 0))  # x^2 - 2, the 2 not quite known
>>> [f.sign(Fraction(k, 10**6)) for k in (1414200, 1414213, 1414300)]
[-1, 0, 1]
>>> [(f"{float(root.low):.6f}", f"{float(root.high):.6f}") for root in Nearly(f.middle, (1, 1, 1)).crossings(SCALE)]
[('-1.414214', '-1.414214'), ('1.414214', '1.414214')]
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from mpmath import iv

from derive.conditions.ways.algebra import BITS, Dense, Root, isolated
from derive.conditions.ways.between import apart
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.on_the_real_line import shifted

SCALE = 2 * BITS
"""Coefficients are whole multiples of 2^-SCALE, give or take."""
AROUND = (80, 50, 30)
"""A root is enclosed so narrowly, in powers of 1/2, or less so where it is badly known."""
ROUGHLY = 200
"""Bits of places near roots."""
NARROW, MOST = 120, 64
"""Double roots are enclosed to 2^-NARROW, or less narrowly where there were more places than that."""


@dataclass(frozen=True)
class Nearly:
    """Coefficients from the constant up.

    Attributes:
        middle: times 2^SCALE.
        errors: of them, not negative.
    """

    middle: Dense
    errors: Dense

    @classmethod
    def of(cls, coefficients: list) -> Nearly:
        """From intervals, the leading one first, of moderate size."""
        ends = [tuple(_scaled(end) for end in (c.a, c.b)) for c in reversed(coefficients)]
        return cls(tuple((low + high) // 2 for low, high in ends), tuple((high - low) // 2 + 2 for low, high in ends))

    @cached_property
    def intervals(self) -> list:
        """The coefficients, from the leading one down."""
        both = zip(reversed(self.middle), reversed(self.errors), strict=True)
        return [iv.mpf([c - e, c + e]) / 2**SCALE for c, e in both]

    def sign(self, x: Fraction) -> int:
        """At a rational number; 0 if it is not certain."""
        n, d, value, error, scale = x.numerator, x.denominator, 0, 0, 1
        for c, e in zip(reversed(self.middle), reversed(self.errors), strict=True):
            value, error, scale = value * n + c * scale, error * abs(n) + e * scale, scale * d
        return 0 if abs(value) <= error else 1 if value > 0 else -1

    def crossings(self, bits: int) -> list[Root]:
        """Between what it changes its sign for certain, as far as that is found.

        Args:
            bits: of the coefficients that are looked at: the fewer, the sooner multiple roots, which the last digits split, are
                told from each other; but the last coefficients may be small.
        """
        beyond = max(0, max(abs(c).bit_length() for c in self.middle) - bits)
        places = [(root.low + root.high) / 2 for root in isolated(tuple(c >> beyond for c in self.middle), ROUGHLY)]
        return [root for x in places if (root := self._crossing(x))]

    def _crossing(self, x: Fraction) -> Root | None:
        for size in dict.fromkeys((abs(x) or Fraction(1), Fraction(1))):
            for bits in AROUND:
                low, high = x - size / 2**bits, x + size / 2**bits
                if self.sign(low) * self.sign(high) < 0:
                    return Root(low, high)
        return None


def near_double_roots(f: Nearly) -> list[Root]:
    """Between what all double roots in [-1, 1] lie: there it and its derivative may be zero.

    >>> (root,) = near_double_roots(Nearly((1 << SCALE, -4 << SCALE, 4 << SCALE), (1, 1, 1)))  # (2 x - 1)^2
    >>> float(root.low), float(root.high)
    (0.5, 0.5)
    """
    errors = sum(f.errors), sum(_slope(f.errors))
    places, width = [(Fraction(0), f.middle)], Fraction(1)  # f(x + width y) for y in [-1, 1], times a positive number
    for _ in range(NARROW):
        errors = tuple(e << len(f.middle) - 1 for e in errors)
        width /= 2
        halves = ((x + side * width, _half(g, side)) for x, g in places for side in (-1, 1))
        closer = [(x, g) for x, g in halves if _may_vanish(g, errors[0]) and _may_vanish(_slope(g), errors[1])]
        if len(closer) > MOST:
            width *= 2
            break
        places = closer
    return apart([Root(x - width, x + width) for x, _ in places])


def _half(f: Dense, side: int) -> Dense:
    """2^n f((y + side) / 2)."""
    n = len(f) - 1
    return tuple(shifted([c << n - k for k, c in enumerate(f)], side))


def _slope(f: Dense) -> Dense:
    return tuple(k * c for k, c in enumerate(f))[1:]


def _may_vanish(f: Dense, error: int) -> bool:
    """In [-1, 1], if its values are known up to an error."""
    return not f or abs(f[0]) <= sum(map(abs, f[1:])) + error


def _scaled(end) -> int:
    """Of a number without a radius, times 2^SCALE, rounded down."""
    sign, mantissa, exponent, _ = end._mpi_[0]
    if not mantissa and exponent:  # infinite, or none
        raise NoClosedForm
    value = -int(mantissa) if sign else int(mantissa)
    shift = exponent + SCALE
    return value << shift if shift >= 0 else value >> -shift
