"""One-step schemes that average: u' = sum_j p_j u_j with weights p_j that add up to 1.

Non-negative weights are sufficient at every frequency (the triangle inequality). At the corners, theta = 0 or pi along each
axis, the amplification factor is real, and demanding |xi| <= 1 there is necessary. Where the corners, 2^d of them in d
dimensions, already demand every weight to be non-negative, the two meet, and the condition is exact; so it is for upwind
schemes in any dimension. Where they do not, as for Lax-Wendroff, whose outer weights may be negative, nothing is concluded
(`NoClosedForm`).

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> upwind = "u[1, 0, 0] == u[0, 0, 0] - a*(u[0, 0, 0] - u[0, -1, 0]) - b*(u[0, 0, 0] - u[0, 0, -1])"
>>> found = amplification(parse_scheme(upwind, positive=["a", "b"]))  # weights a, b and 1 - a - b
>>> condition(found, Domain.of(sp.symbols("a b", positive=True)))  # xi = 1 - 2 (a + b) at the corner (pi, pi)
-a - b + 1 >= 0

Source: Hundsdorfer and Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations (2003), Sec I.7.
"""

from __future__ import annotations

from itertools import product

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.eliminate import relation
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES, SHIFTS
from derive.modes.amplification import Amplification


def condition(found: Amplification, domain: Domain) -> Boolean:
    """The exact condition (power-bounded, as is every one-step scalar scheme in the closed disc).

    Raises:
        NoClosedForm: not a one-step scheme, or corners and weights do not meet.
    """
    factor = amplifier(found)
    weights = _weights(factor)
    if sp.expand(sum(weights) - 1) != 0 or any(w.has(sp.I) for w in weights):
        raise NoClosedForm
    needed = _corner_margins(factor, found)
    if not all(_is_demanded(w, needed, domain) for w in weights):
        raise NoClosedForm
    return sp.And(*(relation(w, domain, False) for w in weights))


def amplifier(found: Amplification) -> sp.Expr:
    """The amplification factor of an explicit one-step scheme, a Laurent polynomial in w."""
    if found.polynomial.degree() != 1:
        raise NoClosedForm
    lead, constant = found.polynomial.all_coeffs()
    in_shifts = {c: (w + 1 / w) / 2 for c, w in zip(COSINES, SHIFTS, strict=True)}
    lead, constant = lead.subs(in_shifts), constant.subs(in_shifts)
    if any(_is_divided(lead, constant, w) for w in SHIFTS):
        raise NoClosedForm
    factor = sp.expand(sp.cancel(-constant / lead))
    if any(sp.denom(term).free_symbols - set(SHIFTS) for term in sp.Add.make_args(factor)):
        raise NoClosedForm
    return factor


def _is_divided(lead: sp.Expr, constant: sp.Expr, w: sp.Symbol) -> bool:
    """Whether the amplifier, at one place with w left open, is no Laurent polynomial: to see it there takes no time."""
    place = {
        s: sp.Rational(7 * k + 5, 11 * k + 13) for k, s in enumerate(sorted(lead.free_symbols | constant.free_symbols, key=str))
    }
    place.pop(w, None)
    denominator = sp.fraction(sp.cancel(sp.together((constant / lead).subs(place))))[1]
    return len(sp.Add.make_args(sp.expand(denominator))) > 1


def _weights(factor: sp.Expr) -> list[sp.Expr]:
    """Coefficients of the powers of w."""
    stencil: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(factor):
        weight, shift = term.as_independent(*SHIFTS)
        stencil[shift] = stencil.get(shift, sp.S.Zero) + weight
    return [sp.expand(weight) for weight in stencil.values()]


def _corner_margins(factor: sp.Expr, found: Amplification) -> list[sp.Expr]:
    used = [SHIFTS[i] for i in found.phases]
    corners = (factor.subs(dict(zip(used, ends, strict=True))) for ends in product((1, -1), repeat=len(used)))
    return [sp.expand(margin) for value in corners for margin in (1 - value, 1 + value) if sp.expand(margin) != 0]


def _is_demanded(weight: sp.Expr, needed: list[sp.Expr], domain: Domain) -> bool:
    """Non-negative in the whole domain, or a positive multiple of a corner margin."""
    if domain.sign(weight) in ("+", "0+", "0"):
        return True
    return any(sp.cancel(weight / margin).is_positive for margin in needed)
