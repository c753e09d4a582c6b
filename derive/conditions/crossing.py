"""Where a condition ceases to hold: points on the edge of each of its parts, between a place inside and one outside.

Between the two the edge is bisected in rational numbers. It belongs to the part that alone is false behind it, and there, where
the part has alternatives, to the relation that ceased to hold. An equation has no inside: it is left from a point on it.

>>> from derive.conditions.stability import stability
>>> from derive.reading.parse import parse_scheme
>>> found = stability(parse_scheme("u[1, 0] == u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"))
>>> for (part, edge), ((at, outward), *others) in Crossings(found, found.amplification).edges().items():
...     print(edge, abs(at[0] - edge.rhs) < 1e-3, outward[0] > 0)
r >= 0 True False
r <= 1/2 True True
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from random import Random
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.cross_check import points_to_try
from derive.conditions.exactly import exactly
from derive.conditions.sampling import parameters
from derive.modes.amplification import Amplification

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

Point = tuple[Fraction, ...]
"""A number for each parameter, by name."""
Edges = dict[tuple[Boolean, Boolean], list[tuple[Point, Point]]]
"""A part and its edge -> a few points on it, each with a direction that leads out."""
HALVINGS, PAIRS, PULLS, STARTS, MIXED = 12, 160, 6, 4, 4000
SCALES = (10, 100, Fraction(1, 10), Fraction(1, 100))
FACTORS = tuple(Fraction(n, d) for n, d in ((3, 4), (4, 3), (1, 2), (2, 1), (1, 4), (4, 1), (0, 1)))
FAR = Fraction(1, 8)
"""How far beyond an edge a place is looked for first, relative to the size of the parameters there."""
LEAST = Fraction(1, 4)
"""What is small beside this share of the way has no size of its own: an edge may lie at zero."""


class Crossings:
    """The edges of a condition.

    Args:
        stability: the condition, and what is assumed.
        found: polynomial whose parameters the points are of.
    """

    def __init__(self, stability: Stability, found: Amplification) -> None:
        self.found, self.names = found, parameters(found)
        self.parts = sorted(sp.And.make_args(stability.condition), key=sp.default_sort_key)
        self.holds = {part: exactly(part, self.names) for part in self.parts}
        self.relations = {part: {r: exactly(r, self.names) for r in part.atoms(Relational)} for part in self.parts}
        of_names = (part for part in stability.assumed if part.free_symbols <= set(self.names))
        self.assumed = exactly(sp.And(*of_names), self.names)

    def edges(self) -> Edges:
        """Of every part that is found to cease, by the part and its relation."""
        points = self._points()
        stable, unstable = [p for p in points if not self._false(p)], [p for p in points if self._false(p)]
        edges: Edges = {}
        several = any(len(relations) > 1 for relations in self.relations.values())
        seen = chain(self._beside_equations(stable), _pairs(stable, unstable))
        for inside, outside in chain(seen, self._rarely(points, edges)):
            if len({part for part, _ in edges}) == len(self.parts) and not several:
                break
            part, edge, at = self._bisected(inside, outside)
            start = (at, tuple(b - a for a, b in zip(inside, outside, strict=True)))
            starts = edges.get((part, edge), [])
            if part is not None and len(starts) < STARTS and self.outside(part, *start, FAR) is not None:
                edges[part, edge] = [*starts, start]
        told = {part for part, edge in edges if edge != part}  # of alternatives one by one, if they can be told apart
        few = [entry for entry in edges.items() if entry[0][0] != entry[0][1] or entry[0][0] not in told]
        return dict(sorted(few, key=lambda entry: sp.default_sort_key(sp.Tuple(*entry[0]))))

    def outside(self, part: Boolean, edge: Point, outward: Point, size: Fraction) -> Point | None:
        """A place beyond the edge at which this part alone is false, of few digits.

        Args:
            part: of the condition.
            edge: a point on its edge.
            outward: a direction.
            size: how far, relative to the size of the parameters there; less if another part is false there.
        """
        long = max(map(abs, outward)) or Fraction(1)
        scale = max(max(map(abs, edge)) / long, LEAST)
        for pull in range(PULLS):
            step = size * scale / 2**pull
            place = tuple(_short(a + step * b, scale * long * size / 2**pull) for a, b in zip(edge, outward, strict=True))
            if self.assumed(place) and self._false(place) == [part]:
                return place
        return None

    def _false(self, point: Point) -> list[Boolean]:
        return [part for part, holds in self.holds.items() if not holds(point)]

    def _points(self) -> list[Point]:
        """Of many sizes, where what is assumed holds; those that meet an equation of the condition first."""
        points = [tuple(_fraction(place[n.name]) for n in self.names) for place in points_to_try(self.found)]
        points += [tuple(v / k for v in point) for k in SCALES for point in points[:16]]
        on = [_moved(point, k, value) for k, value in self._equations() for point in points]
        return [point for point in dict.fromkeys([*on, *points]) if self.assumed(point)]

    def _rarely(self, points: list[Point], edges: Edges) -> Iterator[tuple[Point, Point]]:
        """Of parts of which no edge is known by now: a stable point beside is one of which one number alone is another."""
        for part in self.parts:
            if part not in {of for of, _ in edges}:
                for outside in islice(self._rare(part, points), STARTS):
                    beside = [_moved(outside, k, v * factor) for k, v in enumerate(outside) for factor in FACTORS]
                    yield from ((point, outside) for point in beside if self.assumed(point) and not self._false(point))

    def _rare(self, part: Boolean, points: list[Point]) -> Iterator[Point]:
        """Where this part alone is false, among points that have each number from another one of those that there are."""
        g = Random(0)
        for _ in range(MIXED if points else 0):
            point = tuple(g.choice(points)[k] for k in range(len(self.names)))
            if not self.holds[part](point) and self.assumed(point) and self._false(point) == [part]:
                yield point

    def _equations(self) -> list[tuple[int, Fraction]]:
        """Which parameter equals what, of equations of the condition."""
        relations = {r for known in self.relations.values() for r in known if isinstance(r, sp.Eq)}
        plain = [r for r in sorted(relations, key=sp.default_sort_key) if r.lhs in self.names and r.rhs.is_Rational]
        return [(self.names.index(r.lhs), _fraction(r.rhs)) for r in plain]

    def _beside_equations(self, stable: list[Point]) -> Iterator[tuple[Point, Point]]:
        """A stable point on each, and one beside it."""
        for k, value in self._equations():
            on = [point for point in stable if point[k] == value][:STARTS]
            beside = [(point, _moved(point, k, value + step)) for point in on for step in (LEAST, -LEAST)]
            yield from (pair for pair in beside if self.assumed(pair[1]) and self._false(pair[1]))

    def _bisected(self, low: Point, high: Point) -> tuple[Boolean | None, Boolean, Point]:
        for _ in range(HALVINGS):
            middle = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
            low, high = (low, middle) if self._false(middle) else (middle, high)
        false = self._false(high)
        if len(false) != 1:
            return None, sp.false, high
        ceased = [r for r, holds in self.relations[false[0]].items() if holds(low) and not holds(high)]
        return false[0], ceased[0] if len(ceased) == 1 else false[0], high


def _moved(point: Point, k: int, value: Fraction) -> Point:
    return (*point[:k], value, *point[k + 1 :])


def _pairs(stable: list[Point], unstable: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Different partners first."""
    if stable:
        few = [(stable[(k + turn) % len(stable)], outside) for turn in range(len(stable)) for k, outside in enumerate(unstable)]
        yield from few[:PAIRS]


def _short(value: Fraction, size: Fraction) -> Fraction:
    """A number of few digits nearby."""
    return value.limit_denominator(max(1, int(3 / size)) if size else 1)


def _fraction(value: sp.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))
