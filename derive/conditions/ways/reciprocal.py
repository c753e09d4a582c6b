"""Polynomials that read the same backwards: roots come in pairs xi, 1/xi, so none leaves the disc iff all are on the circle.

With y = xi + 1/xi = 2 cos(phase) a palindrome of degree 2 m is xi^m q(y), and its roots lie on the circle iff those of q are
real and in [-2, 2]. Of degree 2 and 3 all roots are real iff the discriminant is not negative; of a higher one that does not
tell, and nothing is said. A polynomial of real roots has none above 2 iff at 2 all its derivatives have the sign of the lead
(Budan, Fourier), and likewise at -2. So schemes that keep an energy, such as FDTD with a lossless medium, have margins of
half the degree.

>>> a, b = sp.symbols("a b", real=True)
>>> reciprocal_margins([sp.Poly(c, a, b) for c in (1, a, b, a, 1)])  # q = y^2 + a y + b - 2
[2*a + b + 2, -2*a + b + 2, a + 4, 4 - a, a**2 - 4*b + 8]

Source: Budan (1807), Fourier (1831).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp

if TYPE_CHECKING:
    from derive.conditions.ways.margins import Complex

MOST = 6
"""Of degree 2 m with m > 3, a discriminant that is not negative leaves room for complex roots."""


def is_reciprocal(phi: Sequence[Complex]) -> bool:
    """Whether coefficients are real and the same backwards, the degree even, from 4 to `MOST`."""
    real = not any(c.imaginary for c in phi)
    same = all((c.real - mirror.real).is_zero for c, mirror in zip(phi, reversed(phi), strict=True))
    return real and same and len(phi) % 2 == 1 and 4 <= len(phi) - 1 <= MOST


def reciprocal_margins(phi: Sequence[sp.Poly]) -> list[sp.Expr]:
    """Expressions that are all non-negative iff the roots lie on the unit circle.

    Args:
        phi: real coefficients from the leading one down, the same backwards; the leading one is not zero.
    """
    y = sp.Dummy("y")
    q = _in_sums([c.as_expr() for c in phi], y)
    lead, m = q.LC(), q.degree()
    found = []
    for k in range(m):
        slope = q.diff((y, k)) if k else q
        found += [sp.expand(sign * lead * slope.eval(end)) for end, sign in ((2, 1), (-2, (-1) ** (m - k)))]
    return [*found, sp.expand(sp.discriminant(q.as_expr(), y))]


def _in_sums(phi: list[sp.Expr], y: sp.Dummy) -> sp.Poly:
    """q(y), by xi^k + xi^-k = 2 T_k(y/2)."""
    m = len(phi) // 2
    terms = (phi[m - k] * sp.chebyshevt(k, y / 2) * 2 for k in range(1, m + 1))
    return sp.Poly(sp.expand(sp.Add(phi[m], *terms)), y)
