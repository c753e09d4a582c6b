"""Pieces of curves that go on through a cut of the base line: what happens at the cut happens elsewhere on it.

Of one curve the roots in q keep their order, so that the k-th over an open piece is the k-th over the next, if over the cut
between it neither turns nor goes to infinity. If no other curve passes there, all of them are one arc.

>>> import sympy as sp
>>> p, q = sp.symbols("p q")
>>> from derive.conditions.ways.plane.cells import decompose
>>> cells = list(decompose([sp.Poly(p - q, p, q), sp.Poly(p * q - 1, p, q)]))  # they meet at 1 and -1
>>> [len({cell.arc for cell in cells if cell.arc is not None and cell.signs[k] == 0}) for k in (0, 1)]
[3, 4]
>>> [(cell.p.exact, cell.q.exact) for cell in cells if cell.kind == "corner" and cell.arc is not None]
[(Fraction(0, 1), Fraction(0, 1))]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from derive.conditions.ways.plane.cell import Cell

Place = tuple[int, int]
"""A curve, and which of its roots, from below."""


class Arcs:
    """Numbers for them, from left to right."""

    def __init__(self) -> None:
        self._fresh, self._here = count(), dict[Place, int]()

    def over_a_piece(self, stack: Iterable[Cell]) -> Iterator[Cell]:
        """The cells of a stack."""
        seen = Counter[int]()
        for cell in stack:
            if cell.kind == "curve":
                place = _next(cell.signs.index(0), seen)
                cell = replace(cell, arc=self._number(place))
            yield cell

    def over_a_cut(self, line: Iterable[Cell]) -> Iterator[Cell]:
        """The cells over a cut; only the arcs through it go on."""
        seen, going_on = Counter[int](), dict[Place, int]()
        for cell in line:
            if cell.kind == "corner":
                places = [_next(k, seen) for k, sign in enumerate(cell.signs) if sign == 0]
                if cell.passed:
                    going_on[places[0]] = self._number(places[0])
                    cell = replace(cell, arc=going_on[places[0]])
            yield cell
        self._here = going_on

    def break_off(self) -> None:
        """At a cut that is not looked at."""
        self._here = {}

    def _number(self, place: Place) -> int:
        if place not in self._here:
            self._here[place] = next(self._fresh)
        return self._here[place]


def _next(curve: int, seen: Counter[int]) -> Place:
    seen[curve] += 1
    return curve, seen[curve] - 1


def one_of_each(cells: Iterable[Cell]) -> Iterator[Cell]:
    """All that are not open and that a curve passes through, but of every arc one."""
    seen = set[int]()
    for cell in cells:
        if cell.kind != "open" and 0 in cell.signs and cell.arc not in seen:
            if cell.arc is not None:
                seen.add(cell.arc)
            yield cell
