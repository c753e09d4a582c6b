"""Where a condition fails: of each of its parts the phases at which roots leave the disc just beyond it, shown at one place.

Between a stable and an unstable point there is an edge; it is bisected in rational numbers, and belongs to the part of the
condition that alone is false beyond it. Close behind it the phase of the largest root is looked for, twice, since what happens
at the edge itself is where that phase tends to (`where`). That search is in floating point and explains; what is claimed is
the `Witness`: at this place, of rational numbers, the roots do not qualify, which is settled exactly and owes nothing to the
way the condition was found. A phase that is said to be the one "at" which it fails is that of the witness.

Of a part with alternatives the edge is the relation that ceases to hold there; beside an equation there is nothing but edge.
Where the frequency has another range than phases, such as a power between its extremes, what fails is one of its ends.

>>> from derive.conditions.stability import stability
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> for one in failing(stability(parse_scheme(text, positive=["r"]))):
...     print(one.edge, one.where)
a**2 <= 2*r for long waves
r <= 1/2 at theta = pi
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import pi, prod, tan
from typing import TYPE_CHECKING

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.crossing import FAR, Crossings, Point
from derive.conditions.largest_moduli import Moduli
from derive.conditions.sampling import parameters
from derive.conditions.status import WITH_A_FORMULA
from derive.conditions.touching import Touching
from derive.conditions.where import Phases, stays, where
from derive.conditions.witness import Witness, seen, witness
from derive.fields.phases import COSINES, THETAS
from derive.modes.amplification import Amplification
from derive.printing.one_line import one_line
from derive.shown import shown

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

SIZES = (FAR, Fraction(1, 32), Fraction(1, 256))
"""How far beyond the edge, relative to the size of the parameters there."""
CLEAR = 1e-7
"""Growth above rounding."""
LONGEST = 100
"""Of what is said of the edge; `Failing.cosine` has it at any length."""
TURNS = (sp.S.Zero, sp.Rational(1, 2), sp.oo)


@dataclass(frozen=True)
class Failing:
    """Where a part of a condition is needed.

    Attributes:
        part: of the condition; all parts are to hold.
        where: in words, such as "at theta = pi"; empty where there are no waves.
        witness: a place just beyond, at which the roots do not qualify, exactly.
        edge: the relation that ceases to hold there: the part, or one of the alternatives in it.
        cosine: of the phase at which the scheme touches the limit on the edge, exactly, in the parameters (`touching`);
            None where that is not known, and where `where` says what phase it is.
    """

    part: Boolean
    where: str
    witness: Witness
    edge: Boolean
    cosine: sp.Expr | None = None

    def __str__(self) -> str:
        return f"{shown(one_line(self.edge))}: fails{self.where and f' {self.where}'}; for instance, {self.witness}"


def failing(stability: Stability) -> tuple[Failing, ...]:
    """Of each part of a condition with a formula; a part next to which no such place was found is left out."""
    found, ends = stability.amplification, {}
    if not found.phases and _other_frequencies(stability) and _has_ends(found):
        found, ends = _at_ends(found)
    names = parameters(found)
    if stability.status not in WITH_A_FORMULA or stability.condition == sp.true or stability.ranged:
        return ()
    if not stability.condition.free_symbols:
        place = witness(found, stability.grade)
        return (Failing(sp.false, "at all parameters", place, sp.false),) if place else ()
    if not stability.condition.free_symbols <= set(names):
        return ()
    search = _Search(stability, found, ends)
    return tuple(one for part, edge in search.edges if (one := search.beyond(part, edge)))


def _other_frequencies(stability: Stability) -> bool:
    return any(q not in (*COSINES, *THETAS) for q in stability.box)


def _has_ends(found: Amplification) -> bool:
    return not any(sp.sympify(end).has(sp.oo, -sp.oo) for ends in found.box.values() for end in ends)


def _at_ends(found: Amplification) -> tuple[Amplification, dict[str, Amplification]]:
    """The polynomials at the ends of a range that is none of phases: their product, and each of them by the end in words."""
    ends = {}
    for values in product(*found.box.values()):
        place = dict(zip(found.box, map(sp.sympify, values), strict=True))
        words = ", ".join(f"{q} = {value}" for q, value in place.items())
        polynomial = sp.Poly(found.polynomial.as_expr().subs(place), *found.polynomial.gens)
        ends[f"at {words}"] = Amplification(polynomial, {}, found.assumptions)
    return Amplification(prod(end.polynomial for end in ends.values()), {}, found.assumptions), ends


class _Search:
    def __init__(self, stability: Stability, found: Amplification, ends: Mapping[str, Amplification]) -> None:
        self.found, self.ends, self.grade, self.names = found, ends, stability.grade, parameters(found)
        self.moduli = Moduli(self.found)
        self.crossings = Crossings(stability, found)
        self.edges = self.crossings.edges()

    @cached_property
    def touching(self) -> Touching:
        """Of one phase."""
        return Touching(self.found, self.grade)

    def beyond(self, part: Boolean, edge: Boolean) -> Failing | None:
        """Behind its edge; the witness is the place farthest from it if the phases there are those close to it."""
        tries = (list(self._behind(part, *start)) for start in self.edges[part, edge])
        behind = next(filter(None, tries), None)
        if behind is None:
            return None
        (_, there, _), (_, here, _) = behind[0], behind[-1]
        place, _, found = behind[0] if stays(there, here) else behind[-1]
        words, cosine = self._words(place, there, here), None
        if words.startswith("near") and len(self.found.phases) == 1:
            told, cosine = self._on_the_edge(edge, behind[-1][0])
            words += told if len(told) <= LONGEST else ""
        return Failing(part, words, found, edge, cosine)

    def _on_the_edge(self, edge: Boolean, place: Point) -> tuple[str, sp.Expr | None]:
        """At which phase the limit is touched there, in words, and its cosine."""
        beyond = dict(zip(self.names, map(_rational, place), strict=True))
        if self.touching.everywhere(edge, beyond):
            return ", on the edge at every phase", None
        cosine = self.touching.cosine(edge, beyond)
        if cosine is not None:
            phase = {1: "theta = 0", -1: "theta = pi"}.get(cosine, f"cos(theta) = {one_line(cosine)}")
            return f", on the edge at {phase}", cosine
        return "", None

    def _behind(self, part: Boolean, edge: Point, outward: Point) -> Iterator[tuple[Point, Phases, Witness]]:
        """Places, their worst phases and what is seen there, exactly; after the first one while growth is above rounding."""
        for size in SIZES:
            place = self.crossings.outside(part, edge, outward, size)
            if place is None:
                return
            numbers = tuple(map(float, place))
            phases = self.moduli.worst(numbers)
            found = self._exactly(place, phases)
            if found and (size == SIZES[0] or self.moduli.at(numbers, phases) > 1 + CLEAR):
                yield place, phases, found

    def _words(self, place: Point, far: Phases, close: Phases) -> str:
        if self.ends:
            return next((words for words, end in self.ends.items() if self._fails(end, place, {})), "")
        return "at every phase" if self._is_flat(place) else where(self.found.phases, far, close)

    def _is_flat(self, place: Point) -> bool:
        """The same modulus at all phases in floating point, and outside at some of them exactly."""
        some = product(TURNS, repeat=len(self.found.phases))
        return self.moduli.is_flat(tuple(map(float, place))) and all(
            self._fails(self.found, place, dict(zip(self.found.phases, turns, strict=True))) for turns in some
        )

    def _exactly(self, place: Point, phases: Phases) -> Witness | None:
        return self._fails(self.found, place, {i: _turn(theta) for i, theta in zip(self.found.phases, phases, strict=True)})

    def _fails(self, found: Amplification, place: Point, turns: dict[int, sp.Expr]) -> Witness | None:
        return seen(found, dict(zip(self.names, map(_rational, place), strict=True)), turns, self.grade)


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _turn(theta: float) -> sp.Expr:
    """Tangent of half the phase, rational."""
    if abs(abs(theta) - pi) < 1e-9:
        return sp.oo
    near = Fraction(tan(theta / 2)).limit_denominator(1000 if abs(theta) > 0.1 else 100_000)
    return sp.Rational(near.numerator, near.denominator)
