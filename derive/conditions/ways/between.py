"""Simple fractions between the roots that cut a line, which are known by enclosures.

>>> roots = [Root(Fraction(7, 5), Fraction(3, 2)), Root(Fraction(2), Fraction(2))]
>>> [str(number) for number in between(roots)]
['0', '7/4', '4']
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from derive.conditions.ways.algebra import Root


def apart(roots: Sequence[Root], merge: Fraction = Fraction(0)) -> list[Root]:
    """Ascending; enclosures that touch, or are near, are one."""
    found: list[Root] = []
    for root in sorted(roots, key=lambda r: r.low):
        if found and root.low <= found[-1].high + merge:
            found[-1] = found[-1] if found[-1].exact is not None else root if root.exact is not None else _hull(found[-1], root)
        else:
            found.append(root)
    return found


def _hull(one: Root, other: Root) -> Root:
    return Root(min(one.low, other.low), max(one.high, other.high))


def between(cuts: Sequence[Root]) -> list[Fraction]:
    """A number of small denominator in every piece between the cuts, which are ascending and apart."""
    if not cuts:
        return [Fraction(0)]
    inner = [simplest(a.high, b.low) for a, b in pairwise(cuts)]
    return [Fraction(cuts[0].low // 1) - 1, *inner, Fraction(cuts[-1].high // 1) + 2]


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """A number of small denominator well between two."""
    least, most, denominator = (3 * low + high) / 4, (low + 3 * high) / 4, 1
    while True:
        numerator = -((-least.numerator * denominator) // least.denominator)
        if numerator * most.denominator <= most.numerator * denominator:
            return Fraction(numerator, denominator)
        denominator *= 2
