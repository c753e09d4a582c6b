"""The margin of one step, freed of factors that are squares of a modulus, such as the S^2 that two steps in one leave.

|lead|^2 - |const|^2 is a Laurent polynomial in the shifts w = e^(i theta), and there it has factors that it has not in cosines
and sines, of which s^2 is no power any more. A factor f and its mirror f*, with 1/w for w and conjugate coefficients, make
|f|^2: never negative, and zero at single phases, next to which what is left decides. Where parameters make f zero throughout,
the margin is zero, and nothing is asked.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> slope = "a*(u[0, 1, 0] - u[0, -1, 0])/2 + b*(u[0, 0, 1] - u[0, 0, -1])/2"
>>> again = slope.replace("u[", "p[").replace("p[0", "p[1")
>>> twice = parse_scheme(f"p[1, 0, 0] == u[0, 0, 0] - ({slope})", f"u[1, 0, 0] == u[0, 0, 0] - ({again})")  # Matsuno
>>> margin, zeros = without_squares(amplification(twice))
>>> sp.factor(margin), zeros  # 1 - S^2 with S = a s_1 + b s_2
(4*(a**2*c_1**2 - a**2 - 2*a*b*s_1*s_2 + b**2*c_2**2 - b**2 + 1), [a*w_1**2*w_2 - a*w_2 + b*w_1*w_2**2 - b*w_1])
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.ways.margins import without_sine_squares
from derive.fields.phases import COSINES, SHIFTS, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification, in_real_parts

MOST_TERMS = 400
"""What is longer takes seconds to factor, and in vain."""


def without_squares(found: Amplification) -> tuple[sp.Expr, list[sp.Expr]] | None:
    """What is left of the margin, in cosines and sines, and the factors that were dropped, in shifts; None if there are none.

    Args:
        found: a scheme of one step.
    """
    gap = _gap(found)
    if len(sp.Add.make_args(gap)) > MOST_TERMS:
        return None
    powers = sp.factor_list(sp.numer(sp.together(gap)), gaussian=gap.has(sp.I))[1]
    waves = [w for w in SHIFTS if gap.has(w)]
    left = {f: n for f, n in powers if f.has(*waves) and f not in waves}
    dropped: list[sp.Expr] = []
    for f in [*left]:
        mirrors = _mirrors(f, waves)
        partner = next((g for g in left if g in mirrors), None)
        pairs = 0 if partner is None else left[f] // 2 if partner == f else min(left[f], left[partner])
        if pairs:
            left[f] -= pairs
            left[partner] -= pairs
            dropped += [f] * pairs
    if not dropped:
        return None
    rest = sp.cancel(gap / sp.Mul(*(f * _conjugate(f) for f in dropped)))
    whole = sp.Poly(in_real_parts(sp.expand(rest)), *COSINES, *SINES)
    return without_sine_squares(whole).as_expr(), list(dict.fromkeys(dropped))


def _gap(found: Amplification) -> sp.Expr:
    """|lead|^2 - |const|^2 over a denominator that is positive."""
    in_shifts = {c: (w + 1 / w) / 2 for c, w in zip(COSINES, SHIFTS, strict=True)}
    numerator = sp.numer(sp.together(found.polynomial.as_expr().subs(in_shifts)))
    lead, const = sp.Poly(numerator, xi).all_coeffs()
    return sp.expand(lead * _conjugate(lead) - const * _conjugate(const))


def _conjugate(f: sp.Expr) -> sp.Expr:
    return f.subs({**{w: 1 / w for w in SHIFTS}, sp.I: -sp.I}, simultaneous=True)


def _mirrors(f: sp.Expr, waves: list[sp.Symbol]) -> list[sp.Expr]:
    """f* as a polynomial, times the units."""
    poly = sp.Poly(f, *waves)
    top = [poly.degree(w) for w in waves]
    turned = {tuple(n - k for n, k in zip(top, m, strict=True)): c.subs(sp.I, -sp.I) for m, c in poly.terms()}
    mirror = sp.Poly(turned, *waves).as_expr()
    return [sp.expand(unit * mirror) for unit in (1, -1, sp.I, -sp.I)]
