"""What is asked of a scheme of one phase: its margins.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 0] - u[0, -1]) + b*(u[0, 1] - u[0, 0])"
>>> [sp.factor(value) for value in margin_values(amplification(parse_scheme(text)), "von-neumann")]
[2*(c_1 - 1)*(a**2 - 2*a*b*c_1 - a + b**2 - b)]
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients, gaps, margins
from derive.fields.phases import SINES
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
