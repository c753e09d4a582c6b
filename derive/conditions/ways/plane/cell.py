"""A cell of the plane, and one point of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.conditions.ways.algebra import Root


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        p: a point of it; exact, or enclosed.
        q: the same.
        signs: of the curves there: -1, 0 or 1.
        kind: "open", "curve" (a piece over an open piece of the base), "line" (a piece over a cut), "corner".
        beside: points of open cells that border on it.
        passed: of a corner, whether one curve alone passes through it, neither turning nor going to infinity over this cut.
        arc: the number of the arc that it is on, if it is on one.
    """

    p: Root
    q: Root
    signs: tuple[int, ...]
    kind: str
    beside: tuple[tuple[Fraction, Fraction], ...] = ()
    passed: bool = False
    arc: int | None = None
