"""Where values just above zero are unstable, the first ones further up that are stable: a band with two edges.

It is looked for on a scale, `PER_DECADE` points a decade, by the condition itself; each edge is bisected to rounding. A band,
or a gap in it, that is narrower than 4 % may be missed.

>>> from derive import parse_scheme, stability
>>> ftcs = stability(parse_scheme("u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1]) - nu*(u[0,1] - u[0,-1])/2"))
>>> first_band(ftcs, ftcs.parameters[1], {"nu": 0.5})  # nu^2 <= 2 r <= 1
(0.125, 0.5)
>>> first_band(ftcs, ftcs.parameters[1], {"nu": 0.01})
(5e-05, 0.5)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from derive.arrays import np
from derive.conditions.largest import scale_of

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

PER_DECADE = 60
DECADES = (-3, 3)
HALVINGS = 60


def first_band(stability: Stability, parameter: sp.Symbol, numbers: dict[str, float]) -> tuple[float, float] | None:
    """The two edges of the first stable values above zero, where just above it none is; an upper one may be infinite.

    Args:
        stability: the bound.
        parameter: whose values are asked for.
        numbers: of all others.
    """
    exact = {p: sp.Rational(str(numbers[p.name])) for p in stability.parameters if p.name in numbers}
    polynomial = stability.polynomial.as_expr().subs(exact)
    if not polynomial.has(parameter):
        return None
    first, last = DECADES
    points = scale_of(polynomial, parameter) * np.logspace(first, last, PER_DECADE * (last - first) + 1)
    stable = stability.holds(**{parameter.name: points}, **numbers)
    inside = np.flatnonzero(stable)
    if not len(inside):
        return None
    start = int(inside[0])
    beyond = np.flatnonzero(~stable[start:])
    holds = lambda value: bool(stability.holds(**{parameter.name: value}, **numbers))  # noqa: E731
    low = _edge(holds, points[start], points[start - 1] if start else 0.0)
    end = start + int(beyond[0]) if len(beyond) else None
    return low, float("inf") if end is None else _edge(holds, points[end - 1], points[end])


def _edge(holds, inside: float, outside: float) -> float:
    """The last value that is stable, on the way from one that is to one that is not."""
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return float(inside)
