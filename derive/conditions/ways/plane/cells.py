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
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, pairwise

import sympy as sp

from derive.conditions.ways.algebra import (
    Dense,
    Root,
    at,
    dense,
    discriminant,
    factors,
    nearly_real_roots,
    real_roots,
    resultant,
    sign_at,
)
from derive.conditions.ways.between import apart, between, simplest
from derive.conditions.ways.margins import NoClosedForm

CLOSE = Fraction(1, 2**90)
"""From a cut to a place beside it."""
NEAR = Fraction(1, 2**40)
"""Roots over an irrational cut that are nearer than this are taken for one corner."""


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        p: a point of it; exact, or enclosed.
        q: the same.
        signs: of the curves there: -1, 0 or 1.
        kind: "open", "curve" (a piece over an open piece of the base), "line" (a piece over a cut), "corner".
        beside: points of open cells that border on it.
    """

    p: Root
    q: Root
    signs: tuple[int, ...]
    kind: str
    beside: tuple[tuple[Fraction, Fraction], ...] = ()


def decompose(
    curves: Sequence[sp.Poly], admits: Callable[[int, Root], bool] = lambda axis, value: True, open_only: bool = False
) -> Iterator[Cell]:
    """All cells, along the base line.

    Args:
        open_only: leave out all others.
        curves: irreducible polynomials in (p, q).
        admits: whether a value of p (axis 0) or q (axis 1) is wanted; where that changes must be a curve.
    """
    swapped = [g.reorder(*reversed(g.gens)) for g in curves]
    minimal = _base_cuts(swapped)
    cuts = apart([*minimal])
    for k, p in enumerate(between(cuts)):
        if admits(0, Root(p, p)):
            yield from (cell for cell in stack(curves, p) if admits(1, cell.q) and (cell.kind == "open" or not open_only))
        if k < len(cuts) and not open_only and admits(0, cuts[k]):
            line = [cell for cell in over(curves, cuts[k]) if admits(1, cell.q)]
            if cuts[k].exact is None:
                _check_corners(swapped, minimal.get(cuts[k]), line)
            yield from line


def _base_cuts(swapped: Sequence[sp.Poly]) -> dict[Root, sp.Poly]:
    """Each with the polynomial that it is a root of."""
    rising = [g for g in swapped if g.degree() > 0]
    found = {f for g in swapped if g.degree() <= 0 for f in factors(_alone(g))}
    found |= {f for g in rising for f in _turns(g)}
    found |= {f for pair in combinations(rising, 2) for f in _meets(*pair)}
    return {root: f for f in found for root in real_roots(dense(f))}


def _check_corners(swapped: Sequence[sp.Poly], minimal: sp.Poly | None, line: Sequence[Cell]) -> None:
    """Curves taken to meet over an irrational cut, where their roots are known nearly, do meet over this number.

    Raises:
        NoClosedForm: they do not, but come close.
    """
    for corner in line:
        on = [g for g, sign in zip(swapped, corner.signs, strict=True) if sign == 0 and g.degree() > 0]
        if any(minimal not in _meets(*pair) for pair in combinations(on, 2)):
            raise NoClosedForm


@lru_cache(maxsize=1024)  # the plane is cut again and again, by much the same curves
def _turns(g: sp.Poly) -> list[sp.Poly]:
    """Where it turns back, or goes to infinity."""
    return [*factors(_lead(g)), *(factors(discriminant(g)) if g.degree() > 1 else [])]


@lru_cache(maxsize=4096)
def _meets(g: sp.Poly, h: sp.Poly) -> list[sp.Poly]:
    return factors(resultant(g, h))


def _alone(g: sp.Poly) -> sp.Poly:
    return g.eval(g.gens[0], 0)


def _lead(g: sp.Poly) -> sp.Poly:
    d = g.degree()
    return sp.Poly.from_dict({m[1:]: c for m, c in g.rep.to_dict().items() if m[0] == d}, *g.gens[1:], domain=g.domain)


def stack(curves: Sequence[sp.Poly], p: Fraction) -> Iterator[Cell]:
    """Over an open piece of the base: no two curves meet here, so every root belongs to one."""
    here, base = [at(g, p) for g in curves], Root(p, p)
    roots = sorted(((root, k) for k, g in enumerate(here) for root in real_roots(g)), key=lambda pair: pair[0].low)
    levels = between([root for root, _ in roots])
    signs = [tuple(sign_at(g, q) for g in here) for q in levels]
    for k, q in enumerate(levels):
        yield Cell(base, Root(q, q), signs[k], "open")
        if k < len(roots):
            root, owner = roots[k]
            on = (*signs[k][:owner], 0, *signs[k][owner + 1 :])
            yield Cell(base, root, on, "curve", ((p, q), (p, levels[k + 1])))


def over(curves: Sequence[sp.Poly], cut: Root) -> Iterator[Cell]:
    """Over a cut: a line with corners."""
    middle = (cut.low + cut.high) / 2
    here = [at(g, middle) for g in curves]
    upright = [g.degree(g.gens[1]) <= 0 and cut in real_roots(dense(_alone(g.reorder(*reversed(g.gens))))) for g in curves]
    find = real_roots if cut.exact is not None else lambda g: nearly_real_roots(g, NEAR / 4)
    owned = [[] if up else find(g) for g, up in zip(here, upright, strict=True)]
    corners = apart([root for roots in owned for root in roots], NEAR if cut.exact is None else Fraction(0))
    levels = between(corners)
    sides = (cut.low - CLOSE, cut.high + CLOSE)
    for k, q in enumerate(levels):
        signs = tuple(0 if up else sign_at(g, q) for g, up in zip(here, upright, strict=True))
        yield Cell(cut, Root(q, q), signs, "line", tuple((side, q) for side in sides))
        if k < len(corners):
            corner = corners[k]
            on = tuple(_sign(g, corner, up or _touch(r, corner)) for g, up, r in zip(here, upright, owned, strict=True))
            yield Cell(cut, corner, on, "corner", tuple((side, level) for side in sides for level in levels[k : k + 2]))


def _sign(g: Dense, corner: Root, zero: bool) -> int:
    return 0 if zero else sign_at(g, (corner.low + corner.high) / 2)


def _touch(roots: Sequence[Root], corner: Root) -> bool:
    return any(root.low <= corner.high and corner.low <= root.high for root in roots)


def beside_on_a_line(line: sp.Poly, corner: Cell) -> Cell:
    """The piece of a straight line next to a corner that no other curve passes through, at a rational point of it."""
    moves = line.degree(line.gens[1]) > 0
    value = corner.p.low - CLOSE if moves else corner.p.exact
    if value is None:
        return corner
    other = _solved(line, value) if moves else corner.q.low - CLOSE
    return Cell(Root(value, value), Root(other, other), corner.signs, "curve", corner.beside)


def _solved(line: sp.Poly, p: Fraction) -> Fraction:
    constant, slope = at(line, p)
    return Fraction(-constant, slope)


def around(curves: Sequence[sp.Poly], corner: Cell) -> Iterator[tuple[Fraction, Fraction]]:
    """Points of open cells that are close to a corner, left and right of it, also between curves that meet there."""
    reach = Fraction(1, 2**16)
    for side in (corner.p.low - CLOSE, corner.p.high + CLOSE):
        roots = apart([root for g in curves for root in real_roots(at(g, side))])
        near = [r for r in roots if corner.q.low - reach < r.low and r.high < corner.q.high + reach]
        for q in [simplest(a.high, b.low) for a, b in pairwise(near)]:
            yield side, q
