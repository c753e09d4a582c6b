"""The edge of one parameter, numbers given for all others, from the exact condition in the one that is left.

With a single parameter more schemes have a closed form than with all of them, whose curves are too long. Its first edge is a
number of which no gap below was missed; the floats on either side of it are settled as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.determined import determined
from derive.conditions.search import closed
from derive.conditions.time_limit import TimeUp, time_limit
from derive.conditions.ways.margins import NoClosedForm
from derive.fields.phases import COSINES, SHIFTS, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

SECONDS = 2.0
"""To look for the condition: bisecting by verdicts takes as long."""


def condition_alone(stability: Stability, numbers: Mapping[sp.Symbol, sp.Rational]) -> Boolean | None:
    """In the parameter that has no number; None where it is not found soon."""
    whole = stability.amplification
    polynomial = sp.Poly([c.subs(numbers) for c in whole.polynomial.all_coeffs()], xi)
    if polynomial.degree() < whole.polynomial.degree():
        return None
    used = {v for w, c, t in zip(SHIFTS, COSINES, THETAS, strict=True) for v in (c, t) if polynomial.has(w, c)}
    box = {q: ends for q, ends in whole.box.items() if q in used or q not in (*COSINES, *THETAS)}
    try:
        with time_limit(SECONDS):
            found = Amplification(polynomial, box, whole.assumptions.subs(numbers))
            found = replace(found, assumptions=sp.And(found.assumptions, determined(found)))
            answer = closed(found, stability.grade, system=False)
    except (NoClosedForm, TimeUp, sp.PolynomialError):
        return None
    return sp.And(answer[0], found.assumptions) if answer else None


def beside(stable: Callable[[float], bool], edge: float) -> float | None:
    """The last float that is stable below an edge, where the next one is not; None where that is not so."""
    if edge in (0.0, math.inf):
        return edge
    low = edge if stable(edge) else math.nextafter(edge, 0.0)
    return low if stable(low) and not stable(math.nextafter(low, math.inf)) else None
