"""Is the scheme stable at a point of the plane, over all phases?

At a point off the curves: no factor of odd power of a margin has a root inside (-1, 1), and the margin is positive somewhere;
roots are counted exactly (Descartes, Vincent). At a point of a curve or a corner: yes if it borders on a stable open cell,
since roots are continuous and the closed disc is closed; no if instability is certain in a whole box around it; by exact
calculation if it is rational; else the question is given up. Whether roots meet on the circle is told by `meeting`: a rational
point of a curve does not tell it of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import sympy as sp

from derive.conditions.ways.algebra import Root, isolated, sign_at
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.cells import around
from derive.conditions.ways.plane.enclosure import Enclosed
from derive.conditions.ways.plane.meeting import Meeting
from derive.conditions.ways.plane.projection import Margin, Projection
from derive.conditions.ways.plane.squares import Squares, root_below
from derive.conditions.ways.plane.values import has_root_inside, in_c
from derive.modes.amplification import Amplification

_SOMEWHERE = Fraction(7, 101)


class Verdict:
    """Verdicts on one scheme.

    Attributes:
        scheme: its amplification polynomial.
        phi: coefficients in xi.
        phase: the axis of the phase.
        squares: the parameters (p, q), and which stand for their squares in cells and margins.
        grade: power-bounded or von-neumann.
    """

    def __init__(self, scheme: Amplification, phi: list[Complex], squares: Squares, found: Projection, grade: str) -> None:
        self.scheme, self.phi, self.squares, self.found, self.grade = scheme, phi, squares, found, grade
        self.phase, self.names = scheme.phases[0], squares.names
        self._open: dict[tuple[Fraction, Fraction], bool] = {}

    def among(self, found: Projection) -> Verdict:
        """The same with other curves: the margins are the same, and what is known of open cells."""
        other = copy(self)
        other.found = found
        return other

    @cached_property
    def enclosed(self) -> Enclosed:
        """The scheme in interval arithmetic."""
        return Enclosed(self.phi, self.phase, self.names)

    def in_open_cell(self, p: Fraction, q: Fraction) -> bool:
        """At a rational point off all curves."""
        if (p, q) not in self._open:
            stable = all(_non_negative(margin, p, q) for margin in self.found.margins)
            if stable and self.grade == "power-bounded" and any(_touches(m, p, q) for m in self.found.margins):
                raise NoClosedForm
            self._open[p, q] = stable
        return self._open[p, q]

    def on(self, cell: Cell, curves: tuple[sp.Poly, ...], one_speaks_for_all: bool) -> bool:
        """On a cell that is not open.

        Args:
            cell: the cell.
            curves: all curves.
            one_speaks_for_all: whether a point of it tells the verdict of the whole cell.

        Raises:
            NoClosedForm: it is not decided.
        """
        stable = any(self.in_open_cell(*point) for point in cell.beside)
        if not stable and not one_speaks_for_all:
            raise NoClosedForm
        p, q = self._place(cell)
        if not stable and (self.enclosed.surely_unstable(p, q) or self.enclosed.surely_outside(self._below_zero(cell), p, q)):
            return False
        closed = stable and self.grade == "von-neumann"
        if p.exact is not None and q.exact is not None and one_speaks_for_all and not closed:
            numbers = self._named(p.exact, q.exact)
            if cell.kind == "corner" or self.grade == "von-neumann":
                return self.exactly.stable(numbers, self.grade)
            at_ends = self.exactly.qualifies_at_ends(numbers, self.grade)  # on a piece of a curve everywhere or nowhere
            if not (at_ends and self.exactly.stable(numbers, "von-neumann")):
                return False
        if not stable and cell.kind == "corner":
            stable = any(self.in_open_cell(*point) for point in around(curves, cell))
        if not stable:
            raise NoClosedForm
        on = frozenset(g for g, sign in zip(self.found.curves, cell.signs, strict=True) if sign == 0)
        if self.grade == "von-neumann" or self.meeting.nowhere(on, cell):
            return True
        if self.meeting.surely(on, cell):
            return False
        raise NoClosedForm

    @cached_property
    def meeting(self) -> Meeting:
        """Of roots on the circle."""
        return Meeting(self.scheme.polynomial, self.phase, self.squares, self.found, self.enclosed)

    @cached_property
    def exactly(self) -> AtNumbers:
        """The scheme at rational numbers."""
        return AtNumbers(self.scheme)

    def _below_zero(self, cell: Cell) -> Iterator[Fraction]:
        """Phases at which a margin is negative at the middle of a cell, tangents of half of each: one between any two roots."""
        middle = [(root.low + root.high) / 2 for root in (cell.p, cell.q)]
        for margin in self.found.margins:
            value = in_c(margin.value, *middle)
            ends = [Fraction(-1), *(r.low for r in isolated(value) if r.low > -1 and r.high < 1), Fraction(1)]
            for c in [(low + high) / 2 for low, high in pairwise(ends)]:
                if sign_at(value, c) < 0:
                    yield root_below((1 - c) / (1 + c))

    def _place(self, cell: Cell) -> tuple[Root, Root]:
        """The parameters themselves."""
        return self.squares.root(0, cell.p), self.squares.root(1, cell.q)

    def _named(self, p: Fraction, q: Fraction) -> dict[str, sp.Rational]:
        return {s.name: sp.Rational(x.numerator, x.denominator) for s, x in zip(self.names, (p, q), strict=True)}


def _non_negative(margin: Margin, p: Fraction, q: Fraction) -> bool:
    value = in_c(margin.value, p, q)
    sign = sign_at(value, _SOMEWHERE)
    if sign == 0:
        raise NoClosedForm
    return sign > 0 and not any(has_root_inside(in_c(f, p, q)) for f in margin.odd)


def _touches(margin: Margin, p: Fraction, q: Fraction) -> bool:
    """Whether a factor of even power has a root inside: there unit roots may meet."""
    return any(has_root_inside(in_c(f, p, q)) for f in margin.even)
