"""One step that is the mean of standing still and of two other steps: xi = (1 + a^2)/2, as of Heun's a is forward Euler's.

|a| <= 1 is enough at every phase, by the triangle inequality; its own condition is found by other ways. What is needed is told
by the corners of the torus and by long waves (`torus.needed`). Where in the plane of two parameters the first follows from the
second, it is the exact condition: where forward Euler fails first at a corner, not by long waves, which Heun's step bears.

>>> from derive.conditions.closed_form import closed_form, domain_of
>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> euler = "u[0, 0] - p*(u[0, 0] - u[0, -1]) + q*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> z = amplification(parse_scheme(f"u[1, 0] == {euler}", positive=["p", "q"]))
>>> step = replace(z, polynomial=sp.Poly(xi - (1 + (xi - z.polynomial.as_expr()) ** 2) / 2, xi))
>>> condition(step, sp.symbols("p q", positive=True), "power-bounded", domain_of(step), closed_form)
p + 2*q <= 1

Source: Shu and Osher, J. Comput. Phys. 77 (1988).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import factor_powers
from derive.conditions.ways.convex import amplifier
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients
from derive.conditions.ways.plane.truth import implies
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.needed import at_corners
from derive.conditions.ways.vanishing import Less
from derive.fields.phases import COSINES, SHIFTS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification


def condition(found: Amplification, names: tuple[sp.Symbol, ...], grade: str, domain: Domain, less: Less) -> Boolean:
    """The exact condition, grade power-bounded or von-neumann.

    Raises:
        NoClosedForm: another step, not two parameters, none is known of the step inside, or it is not needed.
    """
    if len(names) != 2 or grade == "schur":
        raise NoClosedForm
    inside = root(2 * amplifier(found) - 1)
    if inside is None:
        raise NoClosedForm
    lead, constant = complex_coefficients(found.polynomial)
    margin = (lead.square() - constant.square()).as_expr()
    needed = sp.And(*(sp.Ge(value, 0) for value in at_corners(margin, found.phases)))
    enough = less(replace(found, polynomial=sp.Poly(xi - inside, xi), composed=None), grade)
    alone = Domain({p: known for p, known in domain.ranges.items() if p not in COSINES})
    if not implies(needed, enough, names, alone):
        raise NoClosedForm
    return enough


def root(expr: sp.Expr) -> sp.Expr | None:
    """The square root of a Laurent polynomial in shifts with rational coefficients; None where it is none.

    >>> w, p = SHIFTS[0], sp.Symbol("p")
    >>> root(sp.expand((1 - 2 * p / w) ** 2 / 9)), root(1 + p**2 / w**2)
    (-2*p/(3*w_1) + 1/3, None)
    """
    numerator, denominator = sp.fraction(sp.together(expr))
    gens = sorted(expr.free_symbols, key=lambda s: (s not in SHIFTS, str(s)))
    if not gens or not _may_be_square(numerator, gens):
        return None
    below, above = (factor_powers(sp.Poly(part, *gens)) for part in (denominator, numerator))
    if any(n % 2 for _, n in (*below, *above)):
        return None
    found = sp.prod([g.as_expr() ** (n // 2) for g, n in above]) / sp.prod([g.as_expr() ** (n // 2) for g, n in below])
    scale = sp.cancel(expr / found**2)
    roots = [sp.Integer(isqrt(abs(k))) for k in (scale.p, scale.q)]
    return sp.expand(found * roots[0] / roots[1]) if roots[0] ** 2 == scale.p and roots[1] ** 2 == scale.q else None


def _may_be_square(expr: sp.Expr, gens: Sequence[sp.Symbol]) -> bool:
    """Whether it is with numbers for all symbols but one: quick, and mostly not."""
    place = {s: sp.Rational(k + 3, 2 * k + 7) for k, s in enumerate(gens[1:])}
    return all(n % 2 == 0 for _, n in factor_powers(sp.Poly(expr.subs(place), gens[0])))
