"""Is the scheme stable at a point of the plane, over all phases?

At a point off the curves: no factor of odd power of a margin has a root inside (-1, 1), and the margin is positive somewhere;
roots are counted exactly (Descartes, Vincent). At a point of a curve or a corner: yes if it borders on a stable open cell,
since roots are continuous and the closed disc is closed; no if instability is certain in a whole box around it; by exact
calculation if it is rational; else the question is given up. Roots that meet on the circle are looked for to `DIGITS` digits.

>>> _has_root_inside([-1, 0, 2]), _has_root_inside([1, 0, 2]), _has_root_inside([-2, 0, 1])  # 2 x^2 - 1, 2 x^2 + 1, x^2 - 2
(True, False, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise

import sympy as sp
from mpmath import mpc, mpf, polyroots, sqrt, workdps
from mpmath.libmp import NoConvergence

from derive.conditions.ways.algebra import Root, isolated, nearly_real_roots
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.conditions.ways.on_the_real_line import has_root_in_unit, shifted
from derive.conditions.ways.plane.apart import at_most_one_on_the_circle
from derive.conditions.ways.plane.cells import Cell, around
from derive.conditions.ways.plane.enclosure import Enclosed
from derive.conditions.ways.plane.projection import Margin, Projection
from derive.conditions.ways.plane.squares import Squares, root_below
from derive.conditions.ways.tests_on_a_line import DIGITS, NEAR, qualify
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification
from derive.modes.roots import function_of

_NEAR, _ROUGH = mpf("1e-18"), mpf("1e-9")
"""A double root is known to half the digits."""
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
            self._open[p, q] = all(_non_negative(margin, p, q) for margin in self.found.margins)
            if self._open[p, q] and self.grade == "power-bounded" and any(_touches(m, p, q) for m in self.found.margins):
                raise NoClosedForm
        return self._open[p, q]

    def off_all_curves(self, cell: Cell) -> bool:
        """On a cell through which no curve passes, beside which it is the same."""
        verdicts = {self.in_open_cell(*point) for point in cell.beside}
        if len(verdicts) != 1:
            raise NoClosedForm
        return verdicts.pop()

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
        if p.exact is not None and q.exact is not None and not (stable and self.grade == "von-neumann"):
            return self.exactly.stable(self._named(p.exact, q.exact), self.grade)
        if not stable and cell.kind == "corner":
            stable = any(self.in_open_cell(*point) for point in around(curves, cell))
        if not stable:
            raise NoClosedForm
        return self.grade == "von-neumann" or not self._meet(cell)

    @cached_property
    def exactly(self) -> AtNumbers:
        """The scheme at rational numbers."""
        return AtNumbers(self.scheme)

    def _below_zero(self, cell: Cell) -> Iterator[Fraction]:
        """Phases at which a margin is negative at the middle of a cell, tangents of half of each: one between any two roots."""
        middle = [(root.low + root.high) / 2 for root in (cell.p, cell.q)]
        for margin in self.found.margins:
            value = _in_c(margin.value, *middle)
            ends = [Fraction(-1), *(r.low for r in isolated(tuple(value)) if r.low > -1 and r.high < 1), Fraction(1)]
            for c in [(low + high) / 2 for low, high in pairwise(ends)]:
                if _at(value, c) < 0:
                    yield root_below((1 - c) / (1 + c))

    def _place(self, cell: Cell) -> tuple[Root, Root]:
        """The parameters themselves."""
        return self.squares.root(0, cell.p), self.squares.root(1, cell.q)

    def _named(self, p: Fraction, q: Fraction) -> dict[str, sp.Rational]:
        return {s.name: sp.Rational(x.numerator, x.denominator) for s, x in zip(self.names, (p, q), strict=True)}

    def _meet(self, cell: Cell) -> bool:
        """Whether unit roots meet at a phase where a margin is zero."""
        place = dict(zip(self.names, map(_number, self._place(cell)), strict=True))
        of_curves = dict(zip(self.names, (_number(cell.p), _number(cell.q)), strict=True))
        cosines = {sp.Float(end, DIGITS) for end in (1, -1)}
        at = [(root.low + root.high) / 2 for root in (cell.p, cell.q)]
        for margin in self.found.margins:
            if any(abs(f.as_expr().subs(of_curves)) < NEAR for f in margin.still):
                raise NoClosedForm
            cosines |= {c for f in margin.odd for c in _double_roots(_in_c(f, *at))}
        return any(not self._clearly_apart(place, c) and self._meet_at(place, c) for c in cosines)

    def _clearly_apart(self, place: dict, cosine: sp.Expr) -> bool:
        """Whether no two roots can be on the circle, and that is seen in floating point."""
        c = float(cosine)
        parts = [complex(x) for x in self._coefficients(c, sqrt(abs(1 - c**2)), *(float(place[name]) for name in self.names))]
        return at_most_one_on_the_circle([re + 1j * im for re, im in zip(parts[::2], parts[1::2], strict=True)])

    @cached_property
    def _several(self) -> int:
        """Roots that may be on the circle together, and it is seen where they meet.

        Conjugate ones meet at -1 or 1. Two that are always on it, |lead| = |const|, meet iff |phi_1|'s gap is zero: at the
        cosines that are looked at, all along a cell or nowhere on it.
        """
        return 2 if self.enclosed.of_modulus_one or all(k.imaginary.is_zero for k in self.phi) else 1

    @cached_property
    def _coefficients(self) -> Callable[..., list]:
        """Real and imaginary parts in turn, functions of (c, s, p, q), of mpmath's numbers."""
        parts = [part.as_expr() for k in self.phi for part in (k.real, k.imaginary)]
        return function_of([COSINES[self.phase], SINES[self.phase], *self.names], parts, "mpmath")

    def _meet_at(self, place: dict, cosine: sp.Expr) -> bool:
        with workdps(DIGITS):
            c = mpf(cosine._mpf_)
            parts = self._coefficients(c, sqrt(abs(1 - c**2)), *(mpf(place[name]._mpf_) for name in self.names))
            numbers = [mpc(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
            if abs(numbers[0]) < _NEAR:
                return True
            try:
                roots = polyroots(numbers, maxsteps=500, extraprec=2 * DIGITS) if len(numbers) > 1 else []
            except NoConvergence:
                raise NoClosedForm from None
            on_circle = [root for root in roots if abs(abs(root) - 1) < _ROUGH]
            if abs(c) < 1 and len(on_circle) > self._several:
                raise NoClosedForm  # along the cell they might meet elsewhere
            return not qualify(roots, "power-bounded")


def _number(root: Root) -> sp.Expr:
    middle = (root.low + root.high) / 2
    return sp.Float(sp.Rational(middle.numerator, middle.denominator), 2 * DIGITS)


def _double_roots(f: list[int]) -> list[sp.Expr]:
    """Real roots in [-1, 1] that are not simple, nearly."""
    slope = tuple(k * a for k, a in enumerate(f))[1:]
    turns = [(root.low + root.high) / 2 for root in nearly_real_roots(slope, Fraction(1, 2**40))]
    number = lambda x: sp.Float(sp.Rational(x.numerator, x.denominator), DIGITS)  # noqa: E731
    return [number(x) for x in turns if abs(x) <= 1 and _nearly_vanishes(f, x)]


def _nearly_vanishes(f: list[int], x: Fraction) -> bool:
    return abs(_at(f, x)) < Fraction(str(NEAR)) * sum(map(abs, f)) * x.denominator ** (len(f) - 1)


def _non_negative(margin: Margin, p: Fraction, q: Fraction) -> bool:
    value = _in_c(margin.value, p, q)
    if _at(value, _SOMEWHERE) == 0:
        raise NoClosedForm
    return _at(value, _SOMEWHERE) > 0 and not any(_has_root_inside(_in_c(f, p, q)) for f in margin.odd)


def _touches(margin: Margin, p: Fraction, q: Fraction) -> bool:
    """Whether a factor of even power has a root inside: there unit roots may meet."""
    return any(_has_root_inside(_in_c(f, p, q)) for f in margin.even)


def _in_c(f: sp.Poly, p: Fraction, q: Fraction) -> list[int]:
    """Whole coefficients in c, from the constant up, at rational p and q, times a positive number."""
    terms, degrees = _terms(f)
    at_p, at_q = (_powers(x, degree) for x, degree in zip((p, q), degrees[1:], strict=True))
    out = [0] * (degrees[0] + 1)
    for (i, j, k), value in terms:
        out[i] += value * at_p[j] * at_q[k]
    return out


@lru_cache(maxsize=256)
def _terms(f: sp.Poly) -> tuple[list[tuple[tuple[int, ...], int]], tuple[int, ...]]:
    return [(m, int(value)) for m, value in f.terms()], tuple(f.degree(gen) for gen in f.gens)


def _powers(x: Fraction, degree: int) -> list[int]:
    """x^j, times the denominator to the degree."""
    return [x.numerator**j * x.denominator ** (degree - j) for j in range(degree + 1)]


def _at(f: list[int], x: Fraction) -> int:
    n = len(f) - 1
    return sum(a * x.numerator**k * x.denominator ** (n - k) for k, a in enumerate(f))


def _has_root_inside(f: list[int]) -> bool:
    """Whether a polynomial without multiple roots, not zero at -1 and 1, has a root between: signs change once for each."""
    while f and f[-1] == 0:
        f = f[:-1]
    return has_root_in_unit([a * 2**k for k, a in enumerate(shifted(f, -1))])
