"""One step that splits into a product, an axis or some at a time: each factor is asked by itself.

Phases are independent, so the largest modulus of a product A(theta_1) B(theta_2) is the product of the two largest. Where
each factor is 1 at zero phase, as in a scheme that keeps constants, none of these is less than 1, and the product is at most 1
if and only if each of them is.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1,0,0] == (1-a)*(1-b)*u[0,0,0] + a*(1-b)*u[0,-1,0] + (1-a)*b*u[0,0,-1] + a*b*u[0,-1,-1]"  # upwind along x, then y
>>> [part.polynomial.as_expr() for part in split(amplification(parse_scheme(text)))]
[a*w_1 - a + w_1*xi - w_1, b*w_2 - b + w_2*xi - w_2]

Source: Strang, On the construction and comparison of difference schemes (1968).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.margins import NoClosedForm
from derive.fields.phases import COSINES, SHIFTS, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification


def condition(found: Amplification, grade: str, closed_form: Callable[[Amplification, str], Boolean]) -> Boolean:
    """That of every factor.

    Raises:
        NoClosedForm: it is no product, or not of that kind, or a factor has no closed form.
    """
    parts = split(found) if grade != "schur" else []
    if len(parts) < 2:
        raise NoClosedForm
    return sp.And(*(closed_form(part, grade) for part in parts))


def split(found: Amplification) -> list[Amplification]:
    """The factors, each a scheme in phases of its own and 1 at zero phase; fewer than two where there are none such."""
    if found.polynomial.degree() != 1 or len(found.phases) < 2:
        return []
    lead, const = found.polynomial.all_coeffs()
    above, below = (sp.factor_list(part)[1] for part in sp.fraction(sp.together(-const / lead)))
    groups = _groups(found.phases, [f for f, _ in (*above, *below)])
    if len(groups) < 2:
        return []
    parts = [_in(group, above) / _in(group, below) for group in groups]
    at_zero = dict.fromkeys([*SHIFTS, *COSINES], sp.S.One)
    sizes = [sp.cancel(part.subs(at_zero)) for part in parts]
    if any(size.has(sp.zoo, sp.nan) or not size.is_nonzero for size in sizes):
        return []
    whole = sp.cancel((-const / lead).subs(at_zero))
    if whole**2 != 1:
        return []
    return [_scheme(found, group, part / size) for group, part, size in zip(groups, parts, sizes, strict=True)]


def _groups(phases: tuple[int, ...], factors: list[sp.Expr]) -> list[set[int]]:
    """Phases that occur in one factor are in one group."""
    groups = [{k} for k in phases]
    for f in factors:
        together = {k for k in phases if f.has(SHIFTS[k], COSINES[k])}
        joined = [group for group in groups if group & together]
        if joined:
            groups = [*(group for group in groups if group not in joined), set().union(*joined)]
    return sorted(groups, key=min)


def _in(group: set[int], factors: list[tuple[sp.Expr, int]]) -> sp.Expr:
    waves = [s for k in group for s in (SHIFTS[k], COSINES[k])]
    return sp.Mul(*(f**n for f, n in factors if f.has(*waves)))


def _scheme(found: Amplification, group: set[int], step: sp.Expr) -> Amplification:
    above, below = sp.fraction(sp.together(step))
    others = {s for k in range(3) if k not in group for s in (COSINES[k], THETAS[k])}
    box = {q: ends for q, ends in found.box.items() if q not in others}
    return replace(found, polynomial=sp.Poly(below * xi - above, xi), box=box, composed=None)
