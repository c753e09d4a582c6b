"""How large an ellipse that touches the imaginary axis may be, for an explicit integrator: pairs of half-axes, each proved.

An ellipse of half-axes (a, b) around -a lies in one of half-axes (A, B) around -A iff a <= A and b^2/a <= B^2/A (it is no
flatter where they touch, and no longer). So a proved pair speaks for all below it, in a and b^2/a. Where the integrator is
stable on a part of the imaginary axis more is true: all ellipses with a <= A and b <= B fill a rectangle [-A, 0] x [-B, B]
with half an ellipse on its left, and are stable together iff its edge is. `corners` are such pairs, proved by Sturm's theorem
(`on_a_curve`), at `STEPS` values of a up to the last stable one: a staircase under a curve that has no simple formula.

>>> from derive import GridFunction, integrators
>>> r, u = sp.Symbol("r", positive=True), GridFunction("u", dims=1)
>>> scheme = integrators["forward-euler"](r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]), u)
>>> corners(scheme.integrator)  # the disc of radius 1, and all that a <= 1, b^2 <= a lets into it
(Corner(across=1, up=1, flat=False),)

Source: Wesseling, Principles of Computational Fluid Dynamics (2001), Sec 5.7 and 5.8 (ellipses and half ellipses).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from derive.conditions.enclosing.on_a_curve import C, Explicit
from derive.schemes.composed import Polynomial

STEPS = 4
GRAIN = 200
"""Half-axes are multiples of 1/200."""
MOST = 64
"""The largest half-axis that is looked at."""

_c = sp.Poly(C, C, domain="QQ")


@dataclass(frozen=True)
class Corner:
    """All ellipses up to a size are stable.

    Attributes:
        across: largest half-axis along the real line.
        up: largest half-axis along the imaginary one, or largest b^2/a.
        flat: whether it is the half-axis: the imaginary axis is stable as far.
    """

    across: sp.Rational
    up: sp.Rational
    flat: bool


@lru_cache(maxsize=64)
def corners(integrator: Polynomial) -> tuple[Corner, ...]:
    """From the narrowest ellipse to the longest; none where nothing is proved."""
    explicit = Explicit.of(integrator)
    if explicit is None:
        return ()
    longest = _most(lambda a: stable_ellipse(explicit, a, a, sp.S.Zero))
    flat = _most(lambda b: _segment(explicit, b)) > 0
    sides = dict.fromkeys(sp.Rational(int(longest * GRAIN * k) // STEPS, GRAIN) for k in range(1, STEPS + 1))
    pairs = [
        Corner(a, _most(lambda up, a=a: _filled(explicit, a, up) if flat else _round(explicit, a, up)), flat)
        for a in sides
        if a
    ]
    return tuple(c for c, after in zip(pairs, [*pairs[1:], None], strict=True) if c.up and not (after and after.up >= c.up))


@lru_cache(maxsize=64)
def imaginary_limit(integrator: Polynomial) -> sp.Rational:
    """Up to where the imaginary axis is stable, rounded down."""
    explicit = Explicit.of(integrator)
    return sp.S.Zero if explicit is None else _most(lambda b: _segment(explicit, b))


def stable_ellipse(scheme: Explicit, centre: sp.Rational, across: sp.Rational, up_squared: sp.Rational) -> bool:
    """Whether an ellipse around -centre is stable, its inside too; False: not shown. Half-axes may be 0."""
    return scheme.stable_on(across * _c - centre, up_squared * (1 - _c**2))


def _round(scheme: Explicit, across: sp.Rational, ratio: sp.Rational) -> bool:
    return stable_ellipse(scheme, across, across, ratio * across)


def _filled(scheme: Explicit, across: sp.Rational, up: sp.Rational) -> bool:
    """The right side of the rectangle, its upper side, and the half ellipse."""
    turned = (_c - 1) * sp.S.Half  # from -1 to 0
    top = scheme.stable_on(across * turned, _c * 0 + up**2)
    return top and _segment(scheme, up) and scheme.stable_on(across * (turned - 1), up**2 * (1 - turned**2))


def _segment(scheme: Explicit, up: sp.Rational) -> bool:
    return scheme.stable_on(_c * 0, up**2 * (1 - _c**2))


def _most(holds: Callable[[sp.Rational], bool]) -> sp.Rational:
    """The largest multiple of the grain that is seen to hold, by bisection; 0 where none is."""
    low, high = 0, MOST * GRAIN
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(sp.Rational(middle, GRAIN)) else (low, middle)
    return sp.Rational(low, GRAIN)
