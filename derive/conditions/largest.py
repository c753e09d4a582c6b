"""The largest stable value of one parameter, all others numbers: the first edge on the way up from zero.

A condition in closed form becomes one in this parameter alone, cut into cells by the zeros of its margins. These are isolated
exactly (Sturm), and a margin has one sign inside a cell, so that finitely many points speak for all: nothing is missed
between them, and the answer is the end of the first run of stable cells, right to rounding.

A sampled one is looked at on a scale of points, `PER_DECADE` of them per decade, up from where the terms of the amplification
polynomial are no more than a thousandth: an unstable gap narrower than 4 % may be missed. The edge is bisected twice, with
growth of at most `FINE` and of at most `TOLERANCE` in a step allowed. Where the two differ, growth sets in too gradually for the
sampled radius to tell, and there is no number to give.

>>> p = sp.Symbol("p", positive=True)
>>> first_edge(sp.And(p**2 <= 2, sp.Ne(p, 1)), p)  # stable on either side of 1; what lies beyond is not reached
1
>>> first_edge(sp.Gt(p, 3), p), first_edge(sp.Gt(p, -1), p)
(0, oo)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.sampling import TOLERANCE, sampled_radius
from derive.errors import InputError

if TYPE_CHECKING:
    from derive.conditions.stability import Stability

PER_DECADE = 60
DECADES = (-3, 6)
FINE = 1e-11
"""Rounding in a simple root of modulus 1, with room."""
AGREED = 1e-3
"""Relative difference of two edges that are taken for one."""


def largest_stable(found: Stability, parameter: sp.Symbol, values: dict[str, float]) -> float:
    """The first edge above zero; 0 if values just above zero are not stable, infinity if no edge is found.

    Args:
        found: the bound.
        parameter: whose edge is wanted.
        values: numbers for all others.

    Raises:
        InputError: the edge of a sampled condition cannot be told from growth that sets in gradually.
    """
    if found.status == "sampled":
        return _of_radius(found, parameter, values)
    numbers = {s: sp.Rational(float(values[s.name])) for s in found.parameters if s != parameter}
    claim = sp.And(found.condition, *found.assumed).subs(numbers, simultaneous=True)
    return float(first_edge(claim, parameter))


def first_edge(claim: Boolean, parameter: sp.Symbol) -> sp.Expr:
    """Of a condition in one parameter alone: the end of the values that meet it, from zero on."""
    if claim in (sp.true, sp.false):
        return sp.oo if claim == sp.true else sp.S.Zero
    zeros = _zeros([part.lhs - part.rhs for part in claim.atoms(sp.core.relational.Relational)], parameter)
    reached = sp.S.Zero
    for place, nxt in zip([sp.S.Zero, *zeros], [*zeros, None], strict=True):
        if place != 0 and not _holds(claim, parameter, place):
            return place
        if not _holds(claim, parameter, _between(place, nxt)):
            return place
        reached = nxt
    return sp.oo if reached is None else reached


def _zeros(margins: Sequence[sp.Expr], parameter: sp.Symbol) -> list[sp.Expr]:
    """Of numerators and denominators, those that are positive, in order."""
    parts = [part for margin in margins for part in sp.fraction(sp.together(margin)) if part.has(parameter)]
    try:
        found = {root for part in parts for root in sp.real_roots(sp.Poly(part, parameter, extension=True), multiple=True)}
    except (sp.PolynomialError, NotImplementedError, sp.polys.polyerrors.DomainError):
        raise InputError(f"expected conditions that are fractions of polynomials in {parameter}, got {margins}") from None
    return sorted((root for root in found if root.is_positive), key=lambda root: root.evalf(40))


def _between(low: sp.Expr, high: sp.Expr | None) -> sp.Rational:
    """A fraction between two numbers."""
    if high is None:
        return sp.ceiling(low) + 1
    return sp.nsimplify(((low + high) / 2).evalf(60), rational=True)


def _holds(claim: Boolean, parameter: sp.Symbol, value: sp.Expr) -> bool:
    return claim.subs(parameter, value) == sp.true
