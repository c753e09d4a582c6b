"""Do factors on the circle meet at a point that borders on stable ones? Then errors grow there, if only like the step count.

Where they meet a margin is zero. Beside the point no margin has a root inside (-1, 1), so at the point it has one only at an
end, and there factors meet on the curves of `coincidences` alone, or inside, and that one is double: on the curve of a
discriminant. Off these curves nothing meets, which the signs of the curves tell. On them the factors are calculated at those
phases: with ample room in floating point, else to `DIGITS` digits.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[-1, 0] - a*(u[0, 1] - u[0, -1]) + 2*r*(u[-1, 1] - 2*u[-1, 0] + u[-1, -1])"
>>> found = coincidences(amplification(parse_scheme(text)).polynomial, sp.symbols("a r", real=True), 0)
>>> {end: [str(g.as_expr()) for g in curves] for end, curves in found.items()}
{1: [], -1: ['8*r - 1']}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy as sp
from mpmath import mpc, mpf, polyroots, sqrt, workdps
from mpmath.libmp import NoConvergence

from derive.conditions.ways.algebra import Dense, Root, factor_powers, factors, nearly_real_roots
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients
from derive.conditions.ways.plane.apart import ROOM, at_most_one_on_the_circle
from derive.conditions.ways.plane.cells import Cell
from derive.conditions.ways.plane.projection import Projection, double_root_curves
from derive.conditions.ways.plane.squares import Names, Squares
from derive.conditions.ways.plane.values import in_c
from derive.conditions.ways.tests_on_a_line import DIGITS, NEAR, qualify
from derive.fields.phases import COSINES, SINES
from derive.fields.symbols import xi
from derive.modes.roots import function_of

_NEAR, _ROUGH = mpf("1e-18"), mpf("1e-9")
"""A double root is known to half the digits."""
_PRECISELY = Fraction(1, 2**40)
Place = list[sp.Float]
"""The parameters, to twice the digits."""


class Meeting:
    """Of one scheme.

    Args:
        polynomial: the scheme's, in xi.
        phase: the axis of the phase.
        squares: the parameters (p, q), and which stand for their squares in cells and margins.
        found: the margins.
        always: whether the factors are on the circle at all phases, |lead| = |const|.
    """

    def __init__(self, polynomial: sp.Poly, phase: int, squares: Squares, found: Projection, always: bool) -> None:
        self.phi, self.phase, self.squares, self.always = complex_coefficients(polynomial), phase, squares, always
        moving = dict.fromkeys(f for margin in found.margins for f in (*margin.odd, *margin.even) if f.degree() > 1)
        self.still = frozenset(f for margin in found.margins for f in margin.still)
        self.double = {f: double_root_curves(f) for f in moving}
        at_ends = coincidences(polynomial, squares.names, phase)
        self.ends = {end: frozenset(h for g in curves for h in factors(_halved(g, squares))) for end, curves in at_ends.items()}

    def anywhere(self, on: Set[sp.Poly], cell: Cell) -> bool:
        """Whether they do at some phase.

        Args:
            on: the curves that pass through the point.
            cell: it.

        Raises:
            NoClosedForm: a margin is zero at all phases, or it is not told.
        """
        if self.still & on:
            raise NoClosedForm
        place = [_number(self.squares.root(axis, root)) for axis, root in enumerate((cell.p, cell.q))]
        return any(not self._clearly_apart(place, c) and self._meet_at(place, c) for c in self._cosines(on, cell, place))

    def _cosines(self, on: Set[sp.Poly], cell: Cell, place: Place) -> Iterator[sp.Float]:
        """Of the phases at which they may."""
        for end, curves in self.ends.items():
            lead, size = self._lead(end, *map(float, place))
            if curves & on or abs(lead) <= ROOM * size:
                yield sp.Float(end, DIGITS)
        at = [(root.low + root.high) / 2 for root in (cell.p, cell.q)]
        for f, curves in self.double.items():
            if curves & on:
                yield from _double_roots(in_c(f, *at))

    @cached_property
    def _lead(self) -> Callable[..., list]:
        """At an end, and the size of its terms: where nothing is left of them there is no new value."""
        lead = self.phi[0].real.as_expr().subs(SINES[self.phase], 0)
        size = sp.Add(*map(sp.Abs, sp.Add.make_args(lead)))
        return function_of([COSINES[self.phase], *self.squares.names], [lead, size], "mpmath")

    def _clearly_apart(self, place: Place, cosine: sp.Expr) -> bool:
        """Whether no two roots can be on the circle, and that is seen in floating point."""
        c = float(cosine)
        parts = [complex(x) for x in self._coefficients(c, sqrt(abs(1 - c**2)), *map(float, place))]
        return at_most_one_on_the_circle([re + 1j * im for re, im in zip(parts[::2], parts[1::2], strict=True)])

    @cached_property
    def _several(self) -> int:
        """Roots that may be on the circle together, and it is seen where they meet.

        Conjugate ones meet at -1 or 1. Two that are always on it, |lead| = |const|, meet iff |phi_1|'s gap is zero: at the
        cosines that are looked at, all along a cell or nowhere on it.
        """
        return 2 if self.always or all(k.imaginary.is_zero for k in self.phi) else 1

    @cached_property
    def _coefficients(self) -> Callable[..., list]:
        """Real and imaginary parts in turn, functions of (c, s, p, q), of mpmath's numbers."""
        parts = [part.as_expr() for k in self.phi for part in (k.real, k.imaginary)]
        return function_of([COSINES[self.phase], SINES[self.phase], *self.squares.names], parts, "mpmath")

    def _meet_at(self, place: Place, cosine: sp.Expr) -> bool:
        with workdps(DIGITS):
            c = mpf(cosine._mpf_)
            parts = self._coefficients(c, sqrt(abs(1 - c**2)), *(mpf(value._mpf_) for value in place))
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


@lru_cache(maxsize=64)  # the plane's curves, those of the squares, and the verdict ask for them
def coincidences(polynomial: sp.Poly, names: Names, phase: int) -> dict[int, list[sp.Poly]]:
    """Where roots meet at the phases 0 and pi, at which unit roots may be there throughout; by the cosine, 1 and -1.

    Raises:
        NoClosedForm: there they meet always, or coefficients are not real.
    """
    phi = complex_coefficients(polynomial)
    return {end: _coincidences_at([_at_end(k, phase, end) for k in phi], names) for end in (1, -1)}


def _at_end(k: Complex, phase: int, end: int) -> sp.Expr:
    there = {COSINES[phase]: end, SINES[phase]: 0}
    if k.imaginary.as_expr().subs(there) != 0:
        raise NoClosedForm
    return k.real.as_expr().subs(there)


def _coincidences_at(phi: list[sp.Expr], names: Names) -> list[sp.Poly]:
    poly = sp.Poly(phi, xi).as_expr()
    powers = [(f, n) for f, n in factor_powers(sp.Poly(poly, xi, *names)) if f.degree() > 0]
    if any(n > 1 and f.as_expr() != xi for f, n in powers):
        raise NoClosedForm
    both = sp.prod([f.as_expr() for f, _ in powers])
    return factors(sp.Poly(sp.discriminant(both, xi), *names)) if sp.degree(both, xi) > 1 else []


def _halved(curve: sp.Poly, squares: Squares) -> sp.Poly:
    """In the squares; those were chosen so that it is even."""
    halved = squares.halved(curve)
    if halved is None:
        raise NoClosedForm
    return halved


def _number(root: Root) -> sp.Float:
    middle = (root.low + root.high) / 2
    return sp.Float(sp.Rational(middle.numerator, middle.denominator), 2 * DIGITS)


def _double_roots(f: Dense) -> list[sp.Float]:
    """Real roots in [-1, 1] that are not simple, nearly."""
    slope = tuple(k * a for k, a in enumerate(f))[1:]
    turns = [(root.low + root.high) / 2 for root in nearly_real_roots(slope, _PRECISELY)]
    number = lambda x: sp.Float(sp.Rational(x.numerator, x.denominator), DIGITS)  # noqa: E731
    return [number(x) for x in turns if abs(x) <= 1 and _nearly_vanishes(f, x)]


def _nearly_vanishes(f: Dense, x: Fraction) -> bool:
    n = len(f) - 1
    value = sum(a * x.numerator**k * x.denominator ** (n - k) for k, a in enumerate(f))
    return abs(value) < Fraction(str(NEAR)) * sum(map(abs, f)) * x.denominator**n
