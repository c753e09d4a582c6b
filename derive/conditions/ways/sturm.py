"""Polynomials whose coefficients are known between two numbers: how many real roots, and which in common. Proofs, or refusals.

Euclid's algorithm in interval arithmetic goes on as long as it is certain which coefficient leads. Of two polynomials that are
known, from elsewhere, to have a root in common, it ends at a remainder that is a number, which is then zero: the last one
before it is the greatest common divisor. The signs that lead the remainders of f and f' count the real roots of f (Sturm).

>>> two = iv.mpf([1.99, 2.01])
>>> [distinct_real_roots([iv.mpf(1), iv.mpf(0), k], False)[0] for k in (-two, two)]
[2, 0]

Source: Sturm (1835).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from mpmath import iv

from derive.conditions.ways.algebra import Root
from derive.conditions.ways.between import apart
from derive.conditions.ways.intervals import precisely
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.nearly import ROUGHLY, SCALE, Nearly

Intervals = list
"""Coefficients, from the leading one down."""


def real_roots_between(f: Nearly, has_multiple: bool = False, count: int | None = None) -> list[Root]:
    """The distinct real roots, ascending, each enclosed by itself.

    Args:
        f: leading coefficient not zero.
        has_multiple: whether it has multiple roots, complex ones too.
        count: how many they are, if that is known.

    Raises:
        NoClosedForm: that is not told, or not all are found.
    """
    with precisely():
        tries = [2 * SCALE] if count is not None else [ROUGHLY, 2 * SCALE]
        count, common = (count, None) if count is not None else distinct_real_roots(f.intervals, has_multiple)
        both = [f, *([Nearly.of(common)] if common else [])]
    for bits in tries:
        found = apart([root for g in both for root in g.crossings(bits)])
        if len(found) == count:
            return found
    raise NoClosedForm


def divisor(f: Intervals, g: Intervals) -> Intervals:
    """The greatest common divisor of two polynomials that have a root in common.

    Args:
        f: leading coefficient not zero.
        g: the same.

    Raises:
        NoClosedForm: the intervals do not tell.
    """
    return _last(_remainders(*sorted((f, g), key=len, reverse=True)))


def has_double_root_inside(f: Intervals) -> bool:
    """Whether one that has multiple roots surely has one between -1 and 1, by itself."""
    with suppress(NoClosedForm):
        common = divisor(f, _derivative(f))
        root = -common[1] / common[0] if len(common) == 2 else iv.mpf(2)
        return bool(root.a > -1) and bool(root.b < 1)
    return False


def distinct_real_roots(f: Intervals, has_multiple: bool) -> tuple[int, Intervals | None]:
    """How many there are, and the polynomial of the multiple ones, complex ones too, if there are some."""
    chain = _remainders(f, _derivative(f)) if len(f) > 1 else [f]
    common = _last(chain) if has_multiple else None
    chain = chain[:-1] if has_multiple else chain
    leads = [(_sign(g[0]), len(g) - 1) for g in chain]
    if not all(sign for sign, _ in leads):
        raise NoClosedForm
    right, left = [sign for sign, _ in leads], [sign * (-1) ** n for sign, n in leads]
    return _changes(left) - _changes(right), common


def _last(chain: list[Intervals]) -> Intervals:
    """But one: if what is left at last is a number, it is zero."""
    if len(chain[-1]) != 1:
        raise NoClosedForm
    return chain[-2]


def _remainders(f: Intervals, g: Intervals) -> list[Intervals]:
    """f, g, and then what is left, its sign changed, up to one that is a number, or of which it is not certain what leads."""
    if _sign(f[0]) == 0:
        raise NoClosedForm
    chain = [f, g]
    while len(chain[-1]) > 1 and _sign(chain[-1][0]) != 0:
        chain.append(_remainder(chain[-2], chain[-1]))
    return chain


def _remainder(f: Intervals, g: Intervals) -> Intervals:
    """Times -1 and a positive number, so that the sizes stay alike; without leading coefficients that are exactly zero."""
    rest = list(f)
    for k in range(len(f) - len(g) + 1):
        factor = rest[k] / g[0]
        for j, c in enumerate(g[1:], 1):
            rest[k + j] -= factor * c
    rest = rest[len(f) - len(g) + 1 :]
    while len(rest) > 1 and rest[0].a == 0 == rest[0].b:
        rest = rest[1:]
    size = max(abs(c).b for c in rest)
    return [-c / size for c in rest] if size else rest


def _derivative(f: Intervals) -> Intervals:
    n = len(f) - 1
    return [(n - k) * c for k, c in enumerate(f[:-1])]


def _sign(c) -> int:
    """0 if it is not certain."""
    return 1 if c.a > 0 else -1 if c.b < 0 else 0


def _changes(signs: Sequence[int]) -> int:
    return sum(a != b for a, b in pairwise(signs))
