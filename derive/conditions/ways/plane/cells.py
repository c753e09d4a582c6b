"""All cells that curves cut the plane into, open ones, pieces of curves and corners, each with one point of it.

The base line p is cut wherever two curves meet, or one turns back: at the real roots of resultants, discriminants and leading
coefficients in q. Over the open pieces between the cuts the curves are graphs that do not cross, so that one rational p shows
the whole stack; over each cut there is a line of its own, with the points where curves pass through it and the pieces between.

>>> p, q = sp.symbols("p q")
>>> circle = sp.Poly(p**2 + q**2 - 1, p, q)
>>> found = list(decompose([circle]))
>>> [sum(cell.kind == kind for cell in found) for kind in ("open", "curve", "line", "corner")]
[5, 2, 4, 2]
>>> [cell.signs for cell in found if cell.kind == "open"]
[(1,), (1,), (-1,), (1,), (1,)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise

import sympy as sp

from derive.conditions.ways.algebra import Root, at, dense, real_roots, roots_over, sign_at
from derive.conditions.ways.between import apart, between, simplest
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.arcs import Arcs
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.over import over
from derive.conditions.ways.plane.resultants import meets, turns
from derive.conditions.ways.plane.section import Cut


def decompose(
    curves: Sequence[sp.Poly], admits: Callable[[int, Root], bool] = lambda axis, value: True, open_only: bool = False
) -> Iterator[Cell]:
    """All cells, along the base line.

    Args:
        open_only: leave out all others.
        curves: irreducible polynomials in (p, q).
        admits: whether a value of p (axis 0) or q (axis 1) is wanted; where that changes must be a curve.

    Raises:
        NoClosedForm: it is not told what meets over a cut.
    """
    cuts, arcs = _cuts(curves), Arcs()
    for k, p in enumerate(between([root for root, _ in cuts])):
        if admits(0, Root(p, p)):
            cells = arcs.over_a_piece(stack(curves, p))
            yield from (cell for cell in cells if admits(1, cell.q) and (cell.kind == "open" or not open_only))
        if k < len(cuts) and not open_only and admits(0, cuts[k][0]):
            cut = Cut(*cuts[k], left=p, room=_room([root for root, _ in cuts], k))
            yield from (cell for cell in arcs.over_a_cut(over(curves, cut)) if admits(1, cell.q))
        else:
            arcs.break_off()


def _cuts(curves: Sequence[sp.Poly]) -> list[tuple[Root, sp.Poly]]:
    """Each with the polynomial that it is a root of."""
    rising = [g for g in curves if g.degree(g.gens[1]) > 0]
    found = {f for g in curves for f in turns(g)} | {f for pair in combinations(rising, 2) for f in meets(*pair)}
    cuts = sorted(((root, f) for f in found for root in real_roots(dense(f))), key=lambda pair: pair[0].low)
    if any(left.high >= right.low for (left, _), (right, _) in pairwise(cuts)):
        raise NoClosedForm
    return cuts


def _room(cuts: Sequence[Root], k: int) -> Fraction:
    """About one of them."""
    gaps = (b.low - a.high for a, b in pairwise(cuts[max(0, k - 1) : k + 2]))
    return min([Fraction(1), *gaps])


def stack(curves: Sequence[sp.Poly], p: Fraction) -> Iterator[Cell]:
    """Over an open piece of the base: no two curves meet here, so every root belongs to one."""
    here, base = [at(g, p) for g in curves], Root(p, p)
    roots = sorted(((root, k) for k, g in enumerate(curves) for root in roots_over(g, p)), key=lambda pair: pair[0].low)
    if any(below.high >= above.low for (below, _), (above, _) in pairwise(roots)):
        raise NoClosedForm
    levels = between([root for root, _ in roots])
    signs = [tuple(sign_at(g, q) for g in here) for q in levels]
    for k, q in enumerate(levels):
        yield Cell(base, Root(q, q), signs[k], "open")
        if k < len(roots):
            root, owner = roots[k]
            on = (*signs[k][:owner], 0, *signs[k][owner + 1 :])
            yield Cell(base, root, on, "curve", ((p, q), (p, levels[k + 1])))


def beside_on_a_line(line: sp.Poly, corner: Cell) -> Cell:
    """The piece of a straight line next to a corner that no other curve passes through, at a rational point of it."""
    p, q = corner.beside[0]
    if line.degree(line.gens[1]) > 0:
        constant, slope = at(line, p)
        q = Fraction(-constant, slope)
    elif corner.p.exact is not None:
        p = corner.p.exact
    else:
        return corner
    return Cell(Root(p, p), Root(q, q), corner.signs, "curve", corner.beside)


def around(curves: Sequence[sp.Poly], corner: Cell) -> Iterator[tuple[Fraction, Fraction]]:
    """Points of open cells that border on a corner, left and right of it, between curves that pass through it.

    Beside a cut no curve passes the pieces of it below and above the corner, so those between them all end there.
    """
    sides, levels = ({place[axis] for place in corner.beside} for axis in (0, 1))
    for side in sorted(sides):
        roots = apart([root for g in curves for root in roots_over(g, side)])
        near = [r for r in roots if min(levels) < r.low and r.high < max(levels)]
        yield from ((side, simplest(a.high, b.low)) for a, b in pairwise(near))
