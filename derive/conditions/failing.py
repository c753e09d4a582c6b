"""Where a condition fails: of each of its parts the phases at which roots leave the disc just beyond it, shown at one place.

Between a stable and an unstable point there is an edge; it is bisected in rational numbers, and belongs to the part of the
condition that alone is false beyond it. Close behind it the phase of the largest root is looked for, twice, since what happens
at the edge itself is where that phase tends to: to zero ("for long waves"), to pi, or to a phase between, where the margin
touches zero. That search is in floating point and explains; what is claimed is the `Witness`: at this place, of rational
numbers, the roots do not qualify, which is settled exactly and owes nothing to the way the condition was found.

>>> from derive.conditions.stability import stability
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> for one in failing(stability(parse_scheme(text, positive=["r"]))):
...     print(one.part, one.where)
a**2 <= 2*r for long waves
r <= 1/2 at theta = pi
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import pi, tan
from typing import TYPE_CHECKING

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.cross_check import points_to_try
from derive.conditions.exactly import exactly
from derive.conditions.largest_moduli import Moduli
from derive.conditions.sampling import parameters
from derive.conditions.status import WITH_A_FORMULA
from derive.conditions.witness import Witness, seen, witness
from derive.fields.phases import COSINES, THETAS

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

Point = tuple[Fraction, ...]
Phases = tuple[float, ...]
HALVINGS, PAIRS, PULLS = 12, 160, 6
FAR, CLOSE = Fraction(1, 8), Fraction(1, 256)
"""How far beyond the edge, relative to the size of the parameters there."""
SHRINKS, SMALL = 0.75, 0.5


@dataclass(frozen=True)
class Failing:
    """Where a part of a condition is needed.

    Attributes:
        part: of the condition; all parts are to hold.
        where: in words, such as "at theta = pi"; empty where there are no waves.
        witness: a place just beyond, at which the roots do not qualify, exactly.
    """

    part: Boolean
    where: str
    witness: Witness

    def __str__(self) -> str:
        return f"{self.part}: fails{self.where and f' {self.where}'}; for instance, {self.witness}"


def failing(stability: Stability) -> tuple[Failing, ...]:
    """Of each part of a condition with a formula; a part next to which no such place was found is left out."""
    found, names = stability.amplification, parameters(stability.amplification)
    if stability.status not in WITH_A_FORMULA or stability.condition == sp.true:
        return ()
    if not stability.condition.free_symbols:
        place = witness(found, stability.grade)
        return (Failing(sp.false, "at all parameters", place),) if place else ()
    if not stability.condition.free_symbols <= set(names) or _other_frequencies(stability):
        return ()
    search = _Search(stability, names)
    return tuple(one for part in search.parts if (one := search.beyond(part)))


def _other_frequencies(stability: Stability) -> bool:
    return any(q not in (*COSINES, *THETAS) for q in stability.box)


class _Search:
    def __init__(self, stability: Stability, names: Sequence[sp.Symbol]) -> None:
        self.found, self.grade, self.names = stability.amplification, stability.grade, tuple(names)
        self.parts = sorted(sp.And.make_args(stability.condition), key=sp.default_sort_key)
        self.holds = {part: exactly(part, self.names) for part in self.parts}
        self.assumed = exactly(sp.And(*stability.assumed), self.names)
        self.moduli = Moduli(self.found)
        self.edges = self._edges()

    def beyond(self, part: Boolean) -> Failing | None:
        """Behind its edge."""
        if part not in self.edges:
            return None
        edge, outward = self.edges[part]
        places = [self._outside(part, edge, outward, size) for size in (FAR, CLOSE)]
        phases = [self.moduli.worst(tuple(map(float, place))) for place in places if place]
        if len(phases) < len(places):
            return None
        for place, at in zip(places, phases, strict=True):
            exact = self._exactly(place or (), at)
            if exact:
                flat = self.moduli.is_flat(tuple(map(float, places[-1] or ())))
                return Failing(part, "at every phase" if flat else _words(self.found.phases, *phases), exact)
        return None

    def _exactly(self, place: Point, phases: Phases) -> Witness | None:
        turns = {i: _turn(theta) for i, theta in zip(self.found.phases, phases, strict=True)}
        return seen(self.found, dict(zip(self.names, map(_rational, place), strict=True)), turns, self.grade)

    def _false(self, point: Point) -> list[Boolean]:
        return [part for part, holds in self.holds.items() if not holds(point)]

    def _edges(self) -> dict[Boolean, tuple[Point, Point]]:
        """Part -> a point on its edge, and a direction that leads out."""
        points = [tuple(_fraction(place[n.name]) for n in self.names) for place in points_to_try(self.found)]
        points += [tuple(v / k for v in point) for k in (10, 100) for point in points[:16]]
        points = [point for point in points if self.assumed(point)]
        stable = [point for point in points if not self._false(point)]
        unstable = [point for point in points if self._false(point)]
        edges: dict[Boolean, tuple[Point, Point]] = {}
        for inside, outside in _pairs(stable, unstable):
            if len(edges) == len(self.parts):
                break
            part, edge = self._bisected(inside, outside)
            if part is not None and part not in edges:
                edges[part] = edge, tuple(b - a for a, b in zip(inside, outside, strict=True))
        return edges

    def _bisected(self, low: Point, high: Point) -> tuple[Boolean | None, Point]:
        for _ in range(HALVINGS):
            middle = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
            low, high = (low, middle) if self._false(middle) else (middle, high)
        false = self._false(high)
        return (false[0] if len(false) == 1 else None), high

    def _outside(self, part: Boolean, edge: Point, outward: Point, size: Fraction) -> Point | None:
        """A place beyond the edge at which this part alone is false."""
        long = max(map(abs, outward)) or Fraction(1)
        scale = max(map(abs, edge)) / long
        for pull in range(PULLS):
            step = size * scale / 2**pull
            place = tuple(_short(a + step * b, scale * long * size / 2**pull) for a, b in zip(edge, outward, strict=True))
            if self.assumed(place) and self._false(place) == [part]:
                return place
        return None


def _pairs(stable: list[Point], unstable: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Different partners first."""
    if stable:
        few = [(stable[(k + turn) % len(stable)], outside) for turn in range(4) for k, outside in enumerate(unstable)]
        yield from few[:PAIRS]


def _short(value: Fraction, size: Fraction) -> Fraction:
    """A number of few digits nearby."""
    return value.limit_denominator(max(1, int(3 / size)) if size else 1)


def _fraction(value: sp.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _turn(theta: float) -> sp.Expr:
    """Tangent of half the phase, rational."""
    if abs(abs(theta) - pi) < 1e-9:
        return sp.oo
    near = Fraction(tan(theta / 2)).limit_denominator(1000 if abs(theta) > 0.1 else 100_000)
    return sp.Rational(near.numerator, near.denominator)


def _words(axes: Sequence[int], far: Phases, close: Phases) -> str:
    if not axes:
        return ""
    ends = [_tends(a, b) for a, b in zip(far, close, strict=True)]
    if not any(ends):
        return "for long waves"
    names = ["theta"] if len(axes) == 1 else [f"theta_{i + 1}" for i in axes]
    told = ", ".join(f"{n} = {_angle(end)}" for n, end in zip(names, ends, strict=True))
    on_the_way = any(end in (0.0, pi) and abs(abs(b) - end) > 1e-9 for b, end in zip(close, ends, strict=True))
    return f"{'near' if on_the_way or not all(e in (0.0, pi) for e in ends) else 'at'} {told}"


def _tends(far: float, close: float) -> float:
    """The phase at the edge: 0 or pi where it comes closer to them."""
    for end in (0.0, pi):
        before, now = abs(abs(far) - end), abs(abs(close) - end)
        if now < 1e-9 or (now < SMALL and now < SHRINKS * before):
            return end
    return close


def _angle(value: float) -> str:
    return {0.0: "0", pi: "pi"}.get(value, f"{value:.3g}")
