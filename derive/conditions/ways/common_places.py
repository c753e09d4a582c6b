"""Where all coefficients in xi may vanish at one phase: finitely many rational points of the parameters, or it is not told.

A Groebner basis of the coefficients and c^2 + s^2 - 1 says whether there are finitely many zeros in common, complex ones
counted; then each parameter is a root of a polynomial in it alone.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> from derive.conditions.ways.margins import complex_coefficients
>>> text = "u[1, 0] + p*(u[1, 1] - u[1, 0]) == u[0, 0] + q*(u[0, 0] - u[0, -1])"  # at theta = pi 1 - 2 p and 1 + 2 q
>>> common_places(complex_coefficients(amplification(parse_scheme(text)).polynomial))
[{p: 1/2, q: -1/2}]
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.fields.phases import COSINES, SINES

Place = dict[sp.Symbol, sp.Rational]


def common_places(phi: list[Complex]) -> list[Place]:
    """All such points, those of a phase that is not real too.

    Raises:
        NoClosedForm: several phases, numbers that are not rational, infinitely many zeros or irrational ones.
    """
    exprs = [part.as_expr() for c in phi for part in (c.real, c.imaginary) if not part.is_zero]
    used = {s for e in exprs for s in e.free_symbols}
    waves = [pair for pair in zip(COSINES, SINES, strict=True) if used & {*pair}]
    names = sorted(used - {*COSINES, *SINES}, key=str)
    if len(waves) != 1 or not names or any(not sp.Poly(e, *used).domain.is_Numerical for e in exprs):
        raise NoClosedForm
    (c, s) = waves[0]
    zeros = [*exprs, c**2 + s**2 - 1]
    basis = sp.groebner(zeros, c, s, *names, order="grevlex")
    if not basis.is_zero_dimensional:
        raise NoClosedForm
    values = [_values(basis, name) for name in names]
    places = [dict(zip(names, place, strict=True)) for place in product(*values)]
    return [place for place in places if sp.groebner([e.subs(place) for e in zeros], c, s).exprs != [1]]


def _values(basis: sp.GroebnerBasis, name: sp.Symbol) -> list[sp.Rational]:
    """Of one parameter at all zeros."""
    others = [g for g in basis.gens if g != name]
    alone = sp.groebner(basis.exprs, *others, name, order="lex").exprs[-1]
    roots = sp.Poly(alone, name, domain="QQ").real_roots(multiple=False)
    if not all(root.is_Rational for root, _ in roots):
        raise NoClosedForm
    return [root for root, _ in roots]
