"""A corner at which a formula holds, and nowhere around: a box of rational sides that holds no other point of the kind.

Over a cut of the base line, and over the open pieces beside it, curves are graphs that do not cross. So if none of them passes
the lower or the upper side of a box about one corner, between its left and its right side, the cells that reach into the box
are, beside the corner and the pieces of the cut next to it, those of the stacks over the left and the right side.

>>> from derive.conditions.ways.plane.cells import decompose
>>> p, q = sp.symbols("p q")
>>> curves = [sp.Poly(p**2 - 2, p, q), sp.Poly(2 * q**2 - p**2, p, q)]
>>> cells = list(decompose(curves))
>>> corner = [cell for cell in cells if cell.kind == "corner"][-1]  # p = sqrt(2), q = 1
>>> outside(box_about(curves, corner, cells, holds=lambda cell: cell == corner), (p, q))
(p > 2) | (q > 3) | (p < 5/4) | (q < 0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import Root, at, real_roots
from derive.conditions.ways.between import simplest
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.cells import stack

Box = tuple[Fraction, Fraction, Fraction, Fraction]
"""Least and greatest p, least and greatest q."""
TRIED = 6
"""Boxes, each one smaller."""


def outside(box: Box, names: Sequence[sp.Symbol]) -> Boolean:
    """As a condition on the parameters."""
    left, right, low, high = (sp.Rational(end.numerator, end.denominator) for end in box)
    p, q = names
    return sp.Or(p < left, p > right, q < low, q > high)


def box_about(curves: Sequence[sp.Poly], corner: Cell, cells: Sequence[Cell], holds: Callable[[Cell], bool]) -> Box | None:
    """A box in which the corner is the only place where something holds; None where none was found.

    Args:
        curves: that cut the plane.
        corner: the corner.
        cells: all of them, open ones too.
        holds: whether it does on a cell.
    """
    left = max((c.p.high for c in cells if c.p.high < corner.p.low), default=None)
    right = min((c.p.low for c in cells if c.p.low > corner.p.high), default=None)
    if left is None or right is None:  # at an end of what is looked at
        return None
    room = left, right
    line = [cell for cell in cells if cell.kind == "line" and cell.p == corner.p]
    low, high = min(q for _, q in corner.beside), max(q for _, q in corner.beside)
    tries = 0 if any(holds(cell) for cell in line if cell.q.low in (low, high)) else TRIED
    for _ in range(tries):
        left, right = _beside(curves, corner.p, room, (low, high))
        if left >= corner.p.low or right <= corner.p.high:
            return None
        room = simplest(left, corner.p.low), simplest(corner.p.high, right)
        reach = (cell for side in room for cell in _reaching(list(stack(curves, side)), low, high))
        if not any(map(holds, reach)):
            return *room, low, high
        low, high = simplest(low, corner.q.low), simplest(corner.q.high, high)
    return None


def _beside(
    curves: Sequence[sp.Poly], cut: Root, room: tuple[Fraction, Fraction], levels: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    """The nearest numbers left and right of a cut at which a curve may pass one of two levels."""
    graphs = [g.reorder(*reversed(g.gens)) for g in curves if g.degree(g.gens[1]) > 0]
    passes = [root for g in graphs for level in levels for root in real_roots(at(g, level))]
    left = max([room[0], *(root.high for root in passes if root.low <= cut.high)])
    return left, min([room[1], *(root.low for root in passes if root.high >= cut.low)])


def _reaching(cells: list[Cell], low: Fraction, high: Fraction) -> Iterator[Cell]:
    """Of a stack, open cells and curves in turn, those between two levels at least in part."""
    ends = [low - 1, *(end for cell in cells[1::2] for end in (cell.q.low, cell.q.high)), high + 1]
    bands = [*pairwise(ends)]
    yield from (cell for cell, (start, end) in zip(cells, bands, strict=True) if start < high and end > low)
