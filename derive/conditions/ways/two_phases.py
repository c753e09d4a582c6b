"""Is a scheme of two phases stable at numbers: does no root leave the disc, at any pair of phases? Exact.

With t_i = tan(theta_i/2) the phases run through the real plane, which leaves out single lines of the torus; every coefficient
is a polynomial in both with rational coefficients. A gap of the reduction is continuous: it is negative somewhere on the torus
iff it is on the plane (`on_the_real_plane`). The lead must not vanish: its size is above some number, of which the powers of 2
in `ABOVE` are tried; or a real one changes its sign, and both parts of a complex one vanish at one pair of phases. Of a lead
that touches zero otherwise it is not told.

>>> heat = lambda r: {(0, 0, 0, 0): 1 - 4 * r, (1, 0, 0, 0): 2 * r, (0, 0, 1, 0): 2 * r}  # xi = 1 - 4 r + 2 r (c_1 + c_2)
>>> lead, zero = {(0, 0, 0, 0): sp.QQ(-1)}, {}
>>> [stable([(lead, zero), (heat(sp.QQ(r, 1000)), zero)]) for r in (250, 251)]
[True, False]
"""

from __future__ import annotations

from functools import cache
from math import prod

import sympy as sp

from derive.conditions.ways.algebra import dense, factor_powers, real_roots, resultant
from derive.conditions.ways.margins import Complex, NoClosedForm, gaps
from derive.conditions.ways.on_the_real_plane import nowhere_negative

TANGENTS = sp.symbols("t_1 t_2")
Wave = tuple[int, ...]
Waves = dict[Wave, sp.Rational]
"""Powers of cosine and sine along every axis -> coefficient."""
ABOVE = (10, 40, 160)


def stable(phi: list[tuple[Waves, Waves]]) -> bool:
    """Whether no root leaves the closed disc at any phases.

    Args:
        phi: coefficients in xi from the leading one down, of each the real and the imaginary part.

    Raises:
        NoClosedForm: a polynomial is too long, or whether the lead vanishes is not told.
    """
    degrees = _degrees([part for parts in phi for part in parts])
    coefficients = [Complex(*(turned(part, degrees) for part in parts)) for parts in phi]
    if not coefficients[0]:
        return False
    found = gaps(coefficients, "von-neumann")
    if any(demanded == "never" for _, demanded in found) or not all(nowhere_negative(gap) for gap, _ in found):
        return False
    return _never_vanishes(*phi[0])


def _never_vanishes(real: Waves, imaginary: Waves) -> bool:
    degrees = _degrees([real, imaginary])
    lead = Complex(*(turned(part, degrees) for part in (real, imaginary)))
    if lead.imaginary.is_zero:
        size = lead.real * (1 if _at_zero(real) > 0 else -1)
        if not nowhere_negative(size):
            return False
    else:
        size, degrees = lead.square(), [2 * d for d in degrees]
        if _has_a_common_zero(lead.real, lead.imaginary):
            return False
    one = turned({(0, 0, 0, 0): sp.QQ(1)}, degrees)
    if any(nowhere_negative(size - one * sp.Rational(1, 2**k)) for k in ABOVE):
        return True
    raise NoClosedForm


def _has_a_common_zero(f: sp.Poly, g: sp.Poly) -> bool:
    """Of two polynomials, at real numbers; False: none is seen.

    Over a simple root of their resultant there is one zero, which is real, since its conjugate would be another; it is not
    at infinity if one of the leading coefficients is not zero there.
    """
    if min(f.degree(TANGENTS[0]), g.degree(TANGENTS[0])) < 1:
        return False
    leads = [sp.Poly(sp.Poly(h.as_expr(), TANGENTS[0]).LC(), TANGENTS[1], domain=sp.QQ) for h in (f, g)]
    simple = (h for h, n in factor_powers(resultant(f, g)) if n == 1 and real_roots(dense(h)))
    return any(not lead.rem(h.set_domain(sp.QQ)).is_zero for h in simple for lead in leads)


def _at_zero(part: Waves) -> sp.Rational:
    """At phases zero."""
    return sum((value for (_, b, _, d), value in part.items() if b == d == 0), sp.QQ(0))


def _degrees(parts: list[Waves]) -> list[int]:
    """Along each axis."""
    waves = [wave for part in parts for wave, value in part.items() if value]
    return [max((wave[k] + wave[k + 1] for wave in waves), default=0) for k in (0, 2)]


def turned(part: Waves, degrees: list[int]) -> sp.Poly:
    """A coefficient in t_1 and t_2, times (1 + t_i^2)^degree along each axis."""
    total = sp.Poly(0, *TANGENTS, domain=sp.QQ)
    for (*wave,), number in part.items():
        if number:
            total += prod((_wave(k, *wave[2 * k : 2 * k + 2], degrees[k]) for k in (0, 1)), start=total.one) * number
    return total


@cache
def _wave(axis: int, a: int, b: int, degree: int) -> sp.Poly:
    """(1 - t^2)^a (2 t)^b (1 + t^2)^(degree - a - b)."""
    t = sp.Poly(TANGENTS[axis], *TANGENTS, domain=sp.QQ)
    return (1 - t**2) ** a * (2 * t) ** b * (1 + t**2) ** (degree - a - b)
