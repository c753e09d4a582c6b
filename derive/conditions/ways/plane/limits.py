"""The part of the plane of two parameters that is looked at: the ranges that are known of them.

>>> p, q = sp.Symbol("p", positive=True), sp.Symbol("q", real=True)
>>> inside = admits((p, q), Domain.of([p, q]))
>>> [inside(axis, Root(*2 * [Fraction(value)])) for axis, value in ((0, -1), (0, 0), (0, 1), (1, -1))]
[False, False, True, True]
>>> fences((p, q), Domain.of([p, q]))
{Poly(p, p, q, domain='ZZ')}
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from derive.conditions.ways.algebra import Root, factors
from derive.conditions.ways.signs import Domain, Range

Names = tuple[sp.Symbol, ...]
Limit = tuple[Fraction, bool] | None
"""An end of a range, and whether it is open."""


def limits(known: Range) -> tuple[Limit, Limit]:
    """Of a range, where they are rational."""
    ends = ((known.low, known.low_open), (known.high, known.high_open))
    low, high = ((Fraction(int(end.p), int(end.q)), is_open) if end.is_Rational else None for end, is_open in ends)
    return low, high


def within(value: Root, low: Limit, high: Limit) -> bool:
    """Whether a number is in a range."""
    above = low is None or value.low > low[0] or (value.low == low[0] and not low[1])
    return above and (high is None or value.high < high[0] or (value.high == high[0] and not high[1]))


def admits(names: Names, domain: Domain) -> Callable[[int, Root], bool]:
    """Whether a value along an axis is in the range of its parameter."""
    ranges = [limits(domain.ranges.get(s, Range())) for s in names]
    return lambda axis, value: within(value, *ranges[axis])


def fences(names: Names, domain: Domain) -> set[sp.Poly]:
    """The lines at which ranges end."""
    ends = [(s, end) for s in names for known in [domain.ranges.get(s, Range())] for end in (known.low, known.high)]
    return {g for s, end in ends if end.is_finite for g in factors(sp.Poly(s - end, *names))}
