"""Do factors on the circle meet at a point that borders on stable ones? Then errors grow there, if only like the step count.

Where they meet a margin is zero. Beside the point no margin has a root inside (-1, 1), so at the point it has one only at an
end, and there factors meet on the curves of `coincidences` alone, or inside, and that one is double: on the curve of a
discriminant. Off these curves nothing meets, which the signs of the curves tell. On them the phases are enclosed, and the
factors at those: they are surely apart, or nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Set

import sympy as sp
from mpmath import iv

from derive.conditions.ways.algebra import factors
from derive.conditions.ways.apart import factors_between, simple_between
from derive.conditions.ways.intervals import interval, precisely
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients
from derive.conditions.ways.nearly import Nearly, near_double_roots
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.coincidences import coincidences
from derive.conditions.ways.plane.enclosure import Enclosed
from derive.conditions.ways.plane.projection import Projection, double_root_curves
from derive.conditions.ways.plane.squares import Squares
from derive.conditions.ways.plane.values import in_c_between
from derive.conditions.ways.sturm import has_double_root_inside


class Meeting:
    """Of one scheme.

    Args:
        polynomial: the scheme's, in xi.
        phase: the axis of the phase.
        squares: the parameters (p, q), and which stand for their squares in cells and margins.
        found: the margins.
        enclosed: the scheme in interval arithmetic.
    """

    def __init__(self, polynomial: sp.Poly, phase: int, squares: Squares, found: Projection, enclosed: Enclosed) -> None:
        self.squares, self.enclosed, self.degree = squares, enclosed, polynomial.degree()
        self.several = _several(complex_coefficients(polynomial), enclosed.of_modulus_one)
        factors_of_margins = dict.fromkeys(f for margin in found.margins for f in (*margin.odd, *margin.even))
        self.linear = [f for f in factors_of_margins if f.degree() == 1]
        self.still = frozenset(f for margin in found.margins for f in margin.still)
        self.double = {f: double_root_curves(f) for f in factors_of_margins if f.degree() > 1}
        at_ends = coincidences(polynomial, squares.names, phase)
        self.ends = {end: frozenset(h for g in curves for h in factors(_halved(g, squares))) for end, curves in at_ends.items()}

    def nowhere(self, on: Set[sp.Poly], cell: Cell) -> bool:
        """Whether they surely do at no phase; on a cell that is no corner at none of its points.

        Args:
            on: the curves that pass through the point.
            cell: it.
        """
        if self.still & on or (cell.kind == "corner" and self._may_vanish(cell)):
            return False
        with precisely():
            place = [interval(self.squares.root(axis, root)) for axis, root in enumerate((cell.p, cell.q))]
            at_ends = ((end, curves & on) for end, curves in self.ends.items())
            return all(self._apart_at_end(end, place, bool(met)) for end, met in at_ends) and all(
                simple_between(
                    self.enclosed.evaluate, interval(cosine), place, self.degree if cell.kind == "corner" else self.several
                )
                for f, curves in self.double.items()
                if curves & on
                for cosine in near_double_roots(Nearly.of(in_c_between(f, cell.p, cell.q)))
            )

    def surely(self, on: Set[sp.Poly], cell: Cell) -> bool:
        """Whether two factors that are always on the circle do at a phase between 0 and pi; all along the cell."""
        touching = (f for f, curves in self.double.items() if curves & on) if self.enclosed.of_modulus_one else ()
        with precisely():
            return any(has_double_root_inside(in_c_between(f, cell.p, cell.q)) for f in touching)

    def _may_vanish(self, cell: Cell) -> bool:
        """Whether a linear factor of a margin might be zero at all phases: of others that is seen by double roots."""
        with precisely():
            return any(all(0 in k for k in in_c_between(f, cell.p, cell.q)) for f in self.linear)

    def _apart_at_end(self, end: int, place: list, may_meet: bool) -> bool:
        """Also where they cannot meet, there has to be a new value."""
        if may_meet:
            return simple_between(self.enclosed.evaluate, iv.mpf(end), place, self.degree)
        return 0 not in abs(factors_between(self.enclosed.evaluate, iv.mpf(end), place)[0])


def _several(phi: list[Complex], always: bool) -> int:
    """Factors that may be on the circle together inside (-1, 1), and it is seen where they meet.

    Conjugate ones meet at -1 or 1. Two that are always on it, |lead| = |const|, meet iff |phi_1|'s gap is zero: at the
    cosines that are looked at, all along a cell or nowhere on it.
    """
    return 2 if always or all(k.imaginary.is_zero for k in phi) else 1


def _halved(curve: sp.Poly, squares: Squares) -> sp.Poly:
    """In the squares; those were chosen so that it is even."""
    halved = squares.halved(curve)
    if halved is None:
        raise NoClosedForm
    return halved
