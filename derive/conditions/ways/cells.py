"""Exact stability in one parameter and one phase: the parameter line is cut where the verdict may change.

The gaps of the Schur-Cohn reduction are polynomials in the parameter and c = cos(theta). Whether a gap is non-negative for all
c in [-1, 1] changes only where one of its irreducible factors vanishes at c = -1 or 1 or has a double root in c, or where roots
of two of them meet. Roots that are on the circle where one gap touches zero meet only where another is zero there: it is cut at
those values too. Each cell is decided at a rational number, for all c at once, by exact root counting (Sturm), and so is each
rational cut.

An irrational cut is decided by continuity from its neighbours, and whether unit roots meet there by `at_edge`. Given up
(`NoClosedForm`): a gap that is not even in the phase, and an isolated irrational value at which no gap is clearly negative. Of
rational coefficients nothing is calculated but exactly (`at_numbers`), or proved; of others it is to `DIGITS` digits whether
unit roots meet where a gap vanishes.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> lax_wendroff = "u[1, 0] == u[0, 0] - nu*(u[0, 1] - u[0, -1])/2 + nu**2*(u[0, 1] - 2*u[0, 0] + u[0, -1])/2"
>>> found = amplification(parse_scheme(lax_wendroff))
>>> lead, constant = complex_coefficients(found.polynomial)
>>> sp.factor((lead.square() - constant.square()).as_expr())  # the only gap, cut at nu = -1, 0 and 1
-4*nu**2*(c_1 - 1)**2*(nu - 1)*(nu + 1)
>>> stable_values(found, sp.Symbol("nu", real=True), "von-neumann")
Interval(-1, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.at_edge import Edge
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.line import stable_set
from derive.conditions.ways.margins import Complex, NoClosedForm, before_last, complex_coefficients, gaps
from derive.conditions.ways.tests_on_a_line import (
    DIGITS,
    NEAR,
    computed_roots,
    critical_polynomials,
    decide,
    decide_at,
    qualify,
)
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification

Phi = list[Complex]


def stable_values(found: Amplification, parameter: sp.Symbol, grade: str) -> sp.Set:
    """The values of the only parameter at which the scheme is stable.

    Raises:
        NoClosedForm: more than one phase, a gap that is not even in it, or an irrational value that is not decided.
    """
    if len(found.phases) != 1:
        raise NoClosedForm
    c = COSINES[found.phases[0]]
    phi = complex_coefficients(found.polynomial)
    scheme = _Scheme(found, phi, parameter, c, grade)
    found_gaps = [gap.as_expr() for gap, _ in scheme.gaps]
    critical = [p for gap in [*found_gaps, phi[0].square().as_expr()] for p in _critical(gap, parameter, c)]
    if grade == "power-bounded":
        critical += _meetings(found_gaps, parameter, c)
    return stable_set(critical, scheme.holds, scheme.holds_at)


def without_phase(found: Amplification, parameter: sp.Symbol, grade: str) -> Boolean:
    """The condition of an ordinary difference equation, of any number of levels, in its only parameter.

    >>> from derive.modes.amplification import amplification
    >>> from derive.reading.parse import parse_scheme
    >>> delayed = amplification(parse_scheme("u[1] == u[0] - a*u[-4]"))  # Levin and May: 0 < a < 2 cos(4 pi/9)
    >>> a = sp.Symbol("a", real=True)
    >>> bound = without_phase(delayed, a, "schur")
    >>> [bool(bound.subs(a, value)) for value in (0, 0.347, 0.348)], round(float(2 * sp.cos(4 * sp.pi / 9)), 4)
    ([False, True, False], 0.3473)
    """
    phi = sp.Poly(sp.numer(sp.together(found.polynomial.as_expr())), *found.polynomial.gens).all_coeffs()
    at_point = lambda point, left, right: decide_at(phi, parameter, point, (left, right), grade)  # noqa: E731
    values = stable_set(critical_polynomials(phi, parameter), lambda x: decide(phi, parameter, x, grade), at_point)
    return values.as_relational(parameter)


def _critical(gap: sp.Expr, parameter: sp.Symbol, c: sp.Symbol) -> list[sp.Poly]:
    if gap.has(*SINES):
        raise NoClosedForm
    factors = [f for f, _ in sp.factor_list(gap)[1]]
    moving = [f for f in factors if f.has(c)]
    found = [f for f in factors if not f.has(c)] + [f.subs(c, end) for f in moving for end in (1, -1)]
    found += [sp.discriminant(f, c) for f in moving if sp.degree(f, c) > 1]
    found += [sp.resultant(f, g, c) for f, g in combinations(moving, 2)]
    return [sp.Poly(f, parameter) for f in found if f.has(parameter)]


def _meetings(found: Sequence[sp.Expr], parameter: sp.Symbol, c: sp.Symbol) -> list[sp.Poly]:
    """Where another gap is zero at a phase at which one touches zero: roots that stay on the circle there may meet.

    There phi is xi psi + k psi*, |k| = 1, of the reduced psi; and if its roots are inside the disc those of phi are simple.
    """
    powers = [(f, n) for gap in found for f, n in sp.factor_list(gap)[1] if f.has(c)]
    pairs = {(f, g) for f, n in powers if n % 2 == 0 for g, _ in powers if g != f}
    both = [sp.resultant(f, g, c) for f, g in sorted(pairs, key=str)]
    return [sp.Poly(f, parameter) for f in both if f.has(parameter)]


@dataclass(frozen=True)
class _Scheme:
    """Of one parameter."""

    found: Amplification
    phi: Phi
    parameter: sp.Symbol
    c: sp.Symbol
    grade: str

    @cached_property
    def of_simple_roots(self) -> AtNumbers | None:
        """Where roots on the circle have to be simple; None if they need not, or where coefficients are irrational."""
        with suppress(NoClosedForm):
            return AtNumbers(self.found) if self.grade == "power-bounded" else None

    def holds(self, value: sp.Expr) -> bool:
        """The verdict over all phases at a rational value of the parameter."""
        if self.of_simple_roots:
            return self.of_simple_roots.stable({self.parameter.name: value}, self.grade)
        return holds_at_numbers(self._at(value), self.c, self.grade)

    def holds_at(self, point: sp.Expr, left: bool, right: bool) -> bool:
        """The verdict at a cut: exact if rational; else by continuity of the roots from a stable neighbour."""
        if point.is_rational:
            return self.holds(point)
        if self.grade == "schur" and not (left and right):
            return False
        if (self.grade == "von-neumann" or len(self.phi) == 2) and (left or right):
            return True
        if not (left or right) and not self._holds_nearly(point):
            return False
        if not all(k.is_rational for k in self.phi):
            raise NoClosedForm
        edge = Edge(self.phi, (self.c, SINES[COSINES.index(self.c)]), self.parameter, point)
        if not edge.qualifies_at_ends(self.grade):
            return False
        if self.grade != "power-bounded" or not (left or right):
            raise NoClosedForm
        return edge.simple(before_last(self.phi, self.gaps))

    @cached_property
    def gaps(self) -> list[tuple[sp.Poly, str]]:
        """Of the reduction, with the grade demanded of each."""
        return gaps(self.phi, self.grade)

    def _at(self, value: sp.Expr) -> Phi:
        parts = ((part.as_expr().subs(self.parameter, value), part.gens) for k in self.phi for part in (k.real, k.imaginary))
        numbers = [sp.Poly(expr, *gens) for expr, gens in parts]
        return [Complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]

    def _holds_nearly(self, point: sp.Expr) -> bool:
        """Whether a gap is not clearly negative at an isolated irrational value."""
        numbers = self._at(sp.Rational(str(point.evalf(DIGITS))))
        samples = [sp.Rational(k, 16) for k in range(-16, 17)]
        found = [sp.Poly(gap.as_expr(), self.c) for gap, _ in gaps(numbers, "von-neumann")]
        values = [gap.eval(q) for gap in found for q in samples]
        return all(value > -sp.Rational(1, 10**20) for value in values)


def holds_at_numbers(numbers: Phi, c: sp.Symbol, grade: str) -> bool:
    """The verdict over all phases of a polynomial with rational numbers and the phase alone as coefficients.

    Raises:
        NoClosedForm: a gap is not even in the phase.
    """
    if not any(numbers):  # no polynomial is left, as at a root of its denominator
        return False
    found = gaps(numbers, grade)
    if any(gap.as_expr().has(*SINES) for gap, _ in found):
        raise NoClosedForm
    if not all(_non_negative(gap.as_expr(), c, demanded) for gap, demanded in found):
        return False
    return grade != "power-bounded" or not any(_meets(numbers, c, root) for root in _zeros(before_last(numbers, found), c))


def _non_negative(gap: sp.Expr, c: sp.Symbol, demanded: str) -> bool:
    """Whether a numeric polynomial is non-negative (positive, for grade schur) on [-1, 1], by Sturm's theorem."""
    if demanded == "never":
        return gap == 0
    factors = sp.factor_list(gap, c)[1]
    relevant = factors if demanded == "schur" else [(f, n) for f, n in factors if n % 2]
    inside = {-1: False, 1: False} if demanded != "schur" else {}
    for f, _ in relevant:
        poly = sp.Poly(f, c)
        ends = sum(poly.eval(end) == 0 for end in inside)
        if poly.count_roots(-1, 1) > ends:
            return False
    sample = next(q for q in (sp.Rational(k, 101) for k in range(100)) if gap.subs(c, q) != 0)
    return bool(gap.subs(c, sample) > 0)


def _zeros(found: Sequence[sp.Poly], c: sp.Symbol) -> list[sp.Expr]:
    """Cosines at which a gap vanishes."""
    factors = {f for gap in found for f, _ in sp.factor_list(gap.as_expr(), c)[1]}
    return [root for f in factors for root in sp.real_roots(f) if -1 <= root <= 1]


def _meets(phi: Phi, c: sp.Symbol, cosine: sp.Expr) -> bool:
    """Whether roots meet on the circle at this cosine, to 50 digits."""
    s = SINES[COSINES.index(c)]
    point = {c: cosine.evalf(DIGITS), s: sp.sqrt(1 - cosine**2).evalf(DIGITS)}
    numbers = [(k.real.as_expr() + sp.I * k.imaginary.as_expr()).subs(point).evalf(DIGITS) for k in phi]
    if abs(numbers[0]) < NEAR:
        return True
    return not qualify(computed_roots(numbers), "power-bounded")
