"""The line over a cut of the base line: where curves pass it, and which of them meet there. Proved, or refused.

Over a rational cut everything is exact. An irrational one is a root of its minimal polynomial m, and known between two numbers;
so what is zero there is told by m, and what is not by intervals. A curve whose discriminant and leading coefficient m does not
divide has as many roots over the cut as beside it, and changes its sign at each; of another they are counted by Sturm's chain.
Two curves meet where m divides their resultant, at the roots of their greatest common divisor. Beside every piece of the line
there are two points, left and right of it, and no curve passes between.

>>> p, q = sp.symbols("p q")
>>> line, circle, minimal = sp.Poly(p - q, p, q), sp.Poly(p**2 + q**2 - 4, p, q), sp.Poly(p**2 - 2, p)
>>> cut = Root(Fraction(14142135623730950488, 10**19), Fraction(14142135623730950489, 10**19))
>>> [(cell.kind, cell.signs) for cell in over([line, circle], Cut(cut, minimal, left=Fraction(1), room=Fraction(1)))]
[('line', (1, 1)), ('corner', (1, 0)), ('line', (1, -1)), ('corner', (0, 0)), ('line', (-1, 1))]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from itertools import combinations

import sympy as sp

from derive.conditions.ways.algebra import Root, roots_over
from derive.conditions.ways.between import between
from derive.conditions.ways.intervals import precisely
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.nearly import Nearly
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.common import common_part, simple_part
from derive.conditions.ways.plane.resultants import below, has_multiple_over, lead, meet_over, turns
from derive.conditions.ways.plane.section import Cut, Section, short
from derive.conditions.ways.sturm import divisor, real_roots_between

ASIDE = (12, 40, 90, 150)
"""The points beside a cut are as near as that, in powers of 1/2; the farther, the shorter they are."""
Corner = tuple[Root, frozenset[int]]
"""Where it is, and the curves that pass through it."""


def over(curves: Sequence[sp.Poly], cut: Cut) -> Iterator[Cell]:
    """The cells over a cut, upwards: a line with corners.

    Args:
        curves: irreducible polynomials in (p, q).
        cut: the cut.

    Raises:
        NoClosedForm: it is not told which curves meet, or how many roots one has.
    """
    found = [_Curve(g, cut) for g in curves]
    corners = _corners(found)
    levels = between([root for root, _ in corners])
    sides, signs = _beside(found, levels, cut)
    for k, q in enumerate(levels):
        yield Cell(cut.p, Root(q, q), signs[k], "line", tuple((side, q) for side in sides))
        if k < len(corners):
            root, owners = corners[k]
            on = tuple(0 if j in owners else sign for j, sign in enumerate(signs[k]))
            beside = tuple((side, level) for side in sides for level in levels[k : k + 2])
            yield Cell(cut.p, root, on, "corner", beside, len(owners) == 1 and all(found[j].regular for j in owners))


class _Curve:
    """A curve over a cut: a polynomial in q."""

    def __init__(self, whole: sp.Poly, cut: Cut) -> None:
        self.cut, self.whole, self.poly = cut, whole, whole
        self.upright = whole.degree(whole.gens[1]) <= 0 and cut.minimal in turns(whole)
        while not self.upright and cut.minimal in turns(self.poly) and lead(self.poly).rem(cut.minimal).is_zero:
            self.poly = below(self.poly)
        self.regular = self.poly == whole and cut.minimal not in turns(whole)

    @cached_property
    def near(self) -> Section:
        """At the cut and near it: also what goes to infinity there."""
        return Section.of(self.whole, self.cut)

    @cached_property
    def here(self) -> Nearly:
        """At the cut, without leading coefficients that are zero there."""
        return (self.near if self.poly == self.whole else Section.of(self.poly, self.cut)).here()

    @cached_property
    def roots(self) -> Sequence[Root]:
        """Ascending, each enclosed by itself."""
        if self.upright or self.poly.degree(self.poly.gens[1]) < 1:
            return ()
        if self.cut.p.exact is not None:
            return roots_over(self.poly, self.cut.p.exact)
        if self.poly.degree(self.poly.gens[0]) < 1:  # the same everywhere: exactly, also at an end of what is looked at
            return roots_over(self.poly, self.cut.left)
        if self.regular:
            return real_roots_between(self.here, count=len(roots_over(self.poly, self.cut.left)))
        with suppress(NoClosedForm):
            return real_roots_between(self.here, has_multiple=has_multiple_over(self.poly, self.cut.minimal))
        return real_roots_between(Section.of(simple_part(self.poly, self.cut.minimal), self.cut).here())


def _corners(curves: Sequence[_Curve]) -> list[Corner]:
    found: list[list[tuple[Root, int]]] = []
    for root, k in sorted(((root, k) for k, g in enumerate(curves) for root in g.roots), key=lambda pair: pair[0].low):
        if found and root.low <= max(other.high for other, _ in found[-1]):
            found[-1].append((root, k))
        else:
            found.append([(root, k)])
    upright = {k for k, g in enumerate(curves) if g.upright}
    return [(_common(curves, roots), frozenset({k for _, k in roots} | upright)) for roots in found]


def _common(curves: Sequence[_Curve], roots: Sequence[tuple[Root, int]]) -> Root:
    """Of roots whose enclosures touch: all are one."""
    first, cut = roots[0][0], curves[0].cut
    if cut.p.exact is not None:
        if any(root != first for root, _ in roots):
            raise NoClosedForm
        return first
    hull = Root(min(root.low for root, _ in roots), max(root.high for root, _ in roots))
    if not all(_meet(curves[j], curves[k], hull) for (_, j), (_, k) in combinations(roots, 2)):
        raise NoClosedForm
    return Root(max(root.low for root, _ in roots), min(root.high for root, _ in roots))


def _meet(one: _Curve, other: _Curve, where: Root) -> bool:
    """Whether two curves, each with one root between two numbers, surely have that in common."""
    if one is other or not meet_over(one.poly, other.poly, one.cut.minimal):
        return False
    return any(common.sign(where.low) * common.sign(where.high) < 0 for common in _divisors(one, other))


def _divisors(one: _Curve, other: _Curve) -> Iterator[Nearly]:
    """Of both: of all roots in common, and then of each of them once."""
    with suppress(NoClosedForm), precisely():
        yield Nearly.of(divisor(one.here.intervals, other.here.intervals))
    yield Section.of(common_part(one.poly, other.poly, one.cut.minimal), one.cut).here()


def _beside(curves: Sequence[_Curve], levels: Sequence[Fraction], cut: Cut) -> tuple[tuple[Fraction, Fraction], list]:
    """Places left and right of a cut, such that up to there no curve passes a level; and the signs of the curves on these."""
    for bits in ASIDE:
        reach = cut.room / 2**bits
        sides = short(cut.p.low - reach, reach), short(cut.p.high + reach, reach)
        near = [None if g.upright else g.near.within(sides[1] - sides[0]) for g in curves]
        signs = [tuple(0 if g is None else g.sign(q) for g in near) for q in levels]
        if all(sign or g is None for row in signs for sign, g in zip(row, near, strict=True)):
            return sides, signs
    raise NoClosedForm
