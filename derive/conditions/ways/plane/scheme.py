"""What is asked of a scheme of one phase: its margins, and where its roots meet at the phases 0 and pi.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 0] - u[0, -1]) + b*(u[0, 1] - u[0, 0])"
>>> [sp.factor(value) for value in margin_values(amplification(parse_scheme(text)), "von-neumann")]
[2*(c_1 - 1)*(a**2 - 2*a*b*c_1 - a + b**2 - b)]
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.ways.algebra import factor_powers, factors
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients, gaps, margins
from derive.fields.phases import COSINES, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification


def margin_values(found: Amplification, grade: str) -> list[sp.Expr]:
    """All margins of the von Neumann grade, free of sines.

    Raises:
        NoClosedForm: there are sines, or the grade is power-bounded and there are several factors in xi, unit roots of which
            might meet at any phase.
    """
    numerator = sp.fraction(sp.together(found.polynomial.as_expr()))[0]
    parts = [
        sp.Poly(f, xi)
        for f, n in sp.factor_list(sp.expand(numerator), gaussian=numerator.has(sp.I))[1]
        if f.has(xi)
        for _ in range(n)
    ]
    if grade == "power-bounded" and len(parts) > 1:
        raise NoClosedForm
    values = [value for part in parts for value in _of_factor(complex_coefficients(part))]
    if any(value.has(*SINES) for value in values):
        raise NoClosedForm
    return values


def _of_factor(phi: list[Complex]) -> list[sp.Expr]:
    try:
        return [m.value for m in margins(phi, "von-neumann")]
    except NoClosedForm:
        found = gaps(phi, "von-neumann")
    if any(grade == "never" for _, grade in found):
        raise NoClosedForm
    return [gap.as_expr() for gap, _ in found]


def coincidences(phi: list[Complex], names: tuple[sp.Symbol, sp.Symbol], c: sp.Symbol) -> list[sp.Poly]:
    """Where roots meet at the phases 0 and pi, at which unit roots may be there throughout.

    Raises:
        NoClosedForm: there they meet always, or coefficients are not real.
    """
    found = []
    s = SINES[COSINES.index(c)]
    for end in (1, -1):
        at_end = [(k.real.as_expr().subs({c: end, s: 0}), k.imaginary.as_expr().subs({c: end, s: 0})) for k in phi]
        if any(imaginary != 0 for _, imaginary in at_end):
            raise NoClosedForm
        poly = sp.Poly([real for real, _ in at_end], xi).as_expr()
        powers = [(f, n) for f, n in factor_powers(sp.Poly(poly, xi, *names)) if f.degree() > 0]
        if any(n > 1 and f.as_expr() != xi for f, n in powers):
            raise NoClosedForm
        both = sp.prod([f.as_expr() for f, _ in powers])
        found += factors(sp.Poly(sp.discriminant(both, xi), *names)) if sp.degree(both, xi) > 1 else []
    return found
