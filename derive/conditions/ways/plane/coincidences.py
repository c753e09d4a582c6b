"""Where the factors of a scheme may meet on the circle at the phases 0 and pi, at which they may be on it throughout.

There coefficients are real. Two factors meet where a discriminant is zero; where one leaves or reaches the circle, it is the
reciprocal of one (itself, or its conjugate). Between such curves a pair that has met is on the circle everywhere or nowhere,
below degree 6; from there on another pair of reciprocals could hide it all along a curve.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[-1, 0] - a*(u[0, 1] - u[0, -1]) + 2*r*(u[-1, 1] - 2*u[-1, 0] + u[-1, -1])"
>>> found = coincidences(amplification(parse_scheme(text)).polynomial, sp.symbols("a r", real=True), 0)
>>> {end: [str(g.as_expr()) for g in curves] for end, curves in found.items()}  # xi^2 = 1 and xi^2 = 1 - 8 r
{1: [], -1: ['8*r - 1', 'r', '4*r - 1']}
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from derive.conditions.ways.algebra import discriminant, factor_powers, factors, resultant
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients
from derive.conditions.ways.plane.squares import Names
from derive.fields.phases import COSINES, SINES
from derive.fields.symbols import xi

MOST = 5
"""Degree of an irreducible polynomial in xi."""


@lru_cache(maxsize=64)  # the plane's curves, those of the squares, and the verdict ask for them
def coincidences(polynomial: sp.Poly, names: Names, phase: int) -> dict[int, list[sp.Poly]]:
    """Curves in the parameters, by the cosine, 1 and -1; none where factors meet nowhere.

    Raises:
        NoClosedForm: there they meet always, coefficients are not real, or a degree is 6 and they meet.
    """
    phi = complex_coefficients(polynomial)
    return {end: _coincidences_at([_at_end(k, phase, end) for k in phi], names) for end in (1, -1)}


def _at_end(k: Complex, phase: int, end: int) -> sp.Expr:
    there = {COSINES[phase]: end, SINES[phase]: 0}
    if k.imaginary.as_expr().subs(there) != 0:
        raise NoClosedForm
    return k.real.as_expr().subs(there)


def _coincidences_at(phi: list[sp.Expr], names: Names) -> list[sp.Poly]:
    whole = sp.Poly(sp.Poly(phi, xi).as_expr(), xi, *names)
    powers = [(f, n) for f, n in factor_powers(whole) if f.degree() > 0]
    if any(n > 1 and f.as_expr() != xi for f, n in powers):
        raise NoClosedForm
    moving = [f for f, _ in powers]
    meeting = factors(discriminant(sp.prod(moving))) if sum(f.degree() for f in moving) > 1 else []
    if meeting and any(f.degree() > MOST for f in moving):
        raise NoClosedForm
    return list(dict.fromkeys([*meeting, *(g for f in moving for g in _on_the_circle(f))])) if meeting else []


def _on_the_circle(f: sp.Poly) -> list[sp.Poly]:
    """Where a root of an irreducible polynomial is the reciprocal of one; nowhere if they always are."""
    n = f.degree()
    reciprocal = sp.Poly.from_dict({(n - m[0], *m[1:]): c for m, c in f.rep.to_dict().items()}, *f.gens, domain=f.domain)
    return [] if reciprocal in (f, -f) else factors(resultant(f, reciprocal))
