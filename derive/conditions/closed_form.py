"""The exact condition of an amplification polynomial in its parameters alone, by the first way that applies.

1. One symbol: the frequency comes in through one real or imaginary symbol (`one_symbol`).
2. One parameter and one phase, or none: the line is cut into cells (`cells`).
3. Margins: the root conditions, freed of the frequency one by one (`margins`, `eliminate`).
   A product of steps, an axis at a time, is asked factor by factor (`products`).
4. One-step averages, where a sufficient and a necessary condition meet (`convex`), the second-order step of Lax and Wendroff
   in several dimensions (`astroid`), and one explicit step on a star of any weights (`star`).
5. Quadratic forms about the corners of the torus of phases, for any number of parameters (`torus`), and steps that are the
   mean of others (`twice`).
6. Two parameters and one phase: the plane is cut into cells (`plane`).
7. One parameter and two phases: the line is cut where a gap may begin to change its sign on the torus (`over_the_torus`).

True at given parameters means: at every frequency the roots qualify. Each way puts finitely many cases in place of all
frequencies, and says in its own file why they suffice. Where none applies there is no condition, not a near one
(`NoClosedForm`): above all margins with a sine or of high degree in a cosine, and unit roots that may meet.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == (1 - s)*u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"  # diffusion and decay: by the third way
>>> closed_form(amplification(parse_scheme(text, positive=["r", "s"])), "power-bounded")
4*r + s <= 2
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from math import gcd

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions import on_lines
from derive.conditions.sampling import parameters
from derive.conditions.tidy import tidy
from derive.conditions.ways import cells, convex, one_symbol, over_the_torus, products, twice
from derive.conditions.ways.eliminate import Box, demand, strip
from derive.conditions.ways.factors import factors_of
from derive.conditions.ways.margins import Margin, NeverStable, NoClosedForm, complex_coefficients, margins
from derive.conditions.ways.plane import condition as plane
from derive.conditions.ways.schur import numeric_verdict
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus import astroid, star
from derive.conditions.ways.torus import condition as torus
from derive.conditions.ways.vanishing import along, common, of_one_modulus, solved, where_zero, zero_throughout
from derive.fields.phases import COSINES, SHIFTS, SINES, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

_COSINES: Box = {c: (-sp.S.One, sp.S.One) for c in COSINES}


def closed_form(amplification: Amplification, grade: str) -> Boolean:
    """The condition, exact.

    Raises:
        NoClosedForm: none of the ways applies.
    """
    amplification = _deflated(amplification)
    domain = domain_of(amplification)
    names = parameters(amplification)
    grade = _simplest(amplification, grade)
    condition = one_symbol.condition(amplification, grade)
    parts = in_factors(amplification) if condition is None and grade == "von-neumann" else []
    if len(parts) > 1:  # no root of any leaves the disc
        condition = sp.And(*(_of_part(part) for part in parts))
    if condition is None and len(names) == 1 and len(amplification.phases) == 1 and not _other_frequencies(amplification):
        condition = cells.stable_values(amplification, names[0], grade).as_relational(names[0])
    if condition is None:
        condition = _in_several_parameters(amplification, grade, domain)
    return tidy(condition, domain)


def has_one_root(amplification: Amplification) -> bool:
    """But for zero: then the grades power-bounded and von-neumann ask the same."""
    return _deflated(amplification).polynomial.degree() == 1


def _deflated(amplification: Amplification) -> Amplification:
    """Without roots at zero, and xi^2 as the root where no odd power occurs, as of two steps in one: as bounded, and simple."""
    powers = [m for (m,) in amplification.polynomial.monoms()]
    least = min(powers)
    step = gcd(*(m - least for m in powers))
    if max(powers) == least or (least == 0 and step == 1):
        return amplification
    terms = {((m - least) // step,): c for (m,), c in amplification.polynomial.terms()}
    return replace(amplification, polynomial=sp.Poly.from_dict(terms, xi), composed=None)


def _of_part(part: Amplification) -> Boolean:
    """The von Neumann condition of a factor; one of numbers alone, such as xi - 1, meets it or does not."""
    if part.polynomial.free_symbols == {xi} and all(c.is_rational for c in part.polynomial.all_coeffs()):
        return sp.true if numeric_verdict(part.polynomial.all_coeffs(), "von-neumann") else sp.false
    return closed_form(part, "von-neumann")


def _simplest(amplification: Amplification, grade: str) -> str:
    """A single root is a simple one: in the closed disc, its powers are bounded."""
    return "von-neumann" if grade == "power-bounded" and amplification.polynomial.degree() == 1 else grade


def _in_several_parameters(amplification: Amplification, grade: str, domain: Domain) -> Boolean:
    ways = [lambda: _by_margins(amplification, grade, domain)]
    if len(parameters(amplification)) == 1 and not frequency_box(amplification):
        alone = [lambda: cells.without_phase(amplification, *parameters(amplification), grade)]
        ways = alone if amplification.polynomial.degree() > 3 else [*ways, *alone]
    if len(amplification.phases) > 1:
        ways = [lambda: products.condition(amplification, grade, closed_form), *ways]
    if grade != "schur" and amplification.phases:
        ways += [lambda: convex.condition(amplification, domain)]
        ways += [lambda: astroid.condition(amplification, domain)]
        ways += [lambda: star.condition(amplification, domain)]
        ways += [lambda: torus.condition(amplification, grade, domain)]
        ways += [lambda: twice.condition(amplification, parameters(amplification), grade, domain, closed_form)]
        ways += [lambda: plane.condition(amplification, parameters(amplification), grade, domain, closed_form)]
        ways += [lambda: over_the_torus.condition(amplification, parameters(amplification), grade, domain)]
    if len(amplification.phases) > 1 and set(frequency_box(amplification).items()) <= set(_COSINES.items()):
        ways += [lambda: on_lines.condition(amplification, grade, domain, closed_form)]
    for way in ways:
        with suppress(NoClosedForm, BasePolynomialError):  # SymPy's, where a way wants rational numbers and roots occur
            return way()
    raise NoClosedForm


def domain_of(amplification: Amplification) -> Domain:
    """What is known of the parameters and the frequency variables."""
    box = frequency_box(amplification)
    ends = {s for pair in box.values() for end in pair for s in end.free_symbols}
    return Domain.of({*parameters(amplification), *box, *ends}, amplification.assumptions, box)


def frequency_box(amplification: Amplification) -> Box:
    """The frequency variables that margins are written in, and others that are bound, with their ranges."""
    if not amplification.polynomial.has(*SHIFTS):
        return amplification.box
    other = {q: ends for q, ends in amplification.box.items() if q not in (*COSINES, *THETAS)}
    return {**{COSINES[i]: (-sp.S.One, sp.S.One) for i in amplification.phases}, **other}


def _other_frequencies(amplification: Amplification) -> bool:
    return any(q not in COSINES for q in frequency_box(amplification))


def order_in_time(amplification: Amplification) -> int:
    """Multiplicity of the root xi = 1 at zero frequency: the order of the differential equation in time."""
    if not amplification.phases:
        return 0
    at_zero = sp.Poly(amplification.polynomial.as_expr().subs(dict.fromkeys([*SHIFTS, *COSINES], sp.S.One)), xi)
    order = 0
    while at_zero.degree() > 0 and sp.cancel(at_zero.eval(1)) == 0:
        at_zero, order = at_zero.quo(sp.Poly(xi - 1, xi)), order + 1
    return order


def _by_margins(amplification: Amplification, grade: str, domain: Domain) -> Boolean:
    box = frequency_box(amplification)
    polynomials = _irreducible(amplification, grade)
    phis = [complex_coefficients(phi) for phi in polynomials]
    for phi in phis if grade != "schur" else []:
        condition = of_one_modulus(amplification, phi, grade, domain, closed_form)
        if condition is not None:
            return condition
    try:
        factors = [margins(phi, grade, domain) for phi in phis]
    except NeverStable:
        return sp.false
    ask = _Asked(box, domain)
    try:
        alone = [replace(amplification, polynomial=phi, composed=None) for phi in polynomials]
        return sp.And(*(_of_factor(needed, part, domain, grade, ask) for needed, part in zip(factors, alone, strict=True)))
    except NoClosedForm:
        for needed in factors:
            zeros = _left_by(needed, domain, ask)
            if zeros is not None:
                return where_zero(amplification, zeros, grade, domain, closed_form) if zeros else sp.false
        raise


class _Asked(dict):
    """What margins demand, each asked once; None where that is open."""

    def __init__(self, box: Box, domain: Domain) -> None:
        super().__init__()
        self.box, self.domain = box, domain

    def __missing__(self, margin: Margin) -> Boolean | None:
        self[margin] = None
        with suppress(NoClosedForm):
            self[margin] = demand(margin.value, self.box, self.domain, margin.strict)
        return self[margin]


def _left_by(needed: list[Margin], domain: Domain, ask: _Asked) -> list[sp.Expr] | None:
    """Where alone one margin or another is not negative at all frequencies: nowhere, or where polynomials vanish; None if open.

    Each says that as long as none before it is zero throughout: then those after it say nothing.
    """
    zeros: list[sp.Expr] = []
    for margin in needed:
        if not margin.value.has(*SINES) and ask[margin] == sp.false:
            return zeros
        if margin.delicate:
            coefficients = sp.Poly(sp.expand(margin.value), *COSINES, *SINES).coeffs()
            if common(coefficients, domain) is not None:
                if zeros:
                    return None
                zeros = coefficients
    return None


def _of_factor(needed: list[Margin], part: Amplification, domain: Domain, grade: str, ask: _Asked) -> Boolean:
    """All margins of one irreducible factor."""
    box = ask.box
    if any(m.value.has(*SINES) for m in needed):
        raise NoClosedForm
    open_ones = [m for m in needed if m.delicate and domain.sign(m.value) != "+"]
    weak = [m for m in needed if m not in open_ones]
    if any(ask[m] is None for m in weak):
        raise NoClosedForm
    condition = sp.And(*(ask[m] for m in weak))
    if not open_ones:
        return condition
    if grade == "von-neumann":
        return _beside_zeros(condition, [m.value for m in open_ones], part, domain, ask)
    if len(needed) > 3 or len(open_ones) > 1 or open_ones[0].value.has(*box) or len(weak) < 2:
        raise NoClosedForm
    return _of_two_roots(open_ones[0].value, weak, condition, box, domain)


def _of_two_roots(gap: sp.Expr, ends: list[Margin], condition: Boolean, box: Box, domain: Domain) -> Boolean:
    """Real coefficients, degree 2: unit roots that meet are told from those that do not.

    With |product of the roots| < 1 they do not meet on the circle; with a product of 1 they lie on it, and stay apart iff
    phi(1) and phi(-1) are positive.
    """
    inside = sp.And(demand(gap, box, domain, True), condition)
    apart = sp.And(*(demand(m.value, box, domain, True) for m in ends))
    return sp.Or(inside, sp.And(sp.Eq(gap, 0), apart)) if apart != sp.false else inside


def _beside_zeros(condition: Boolean, values: list[sp.Expr], part: Amplification, domain: Domain, ask: _Asked) -> Boolean:
    """Delicate margins of the von Neumann grade, which say nothing where parameters make one of them zero at every frequency.

    There the scheme has fewer parameters, and is asked again. Beside that a margin is positive at almost every frequency, hence
    the roots are in the disc there, and everywhere, being continuous.
    """
    zeros = {f: zero_throughout(f, ask.box, domain) for value in values for f, _ in factors_of(strip(value, domain))[1]}
    curves = dict.fromkeys(g for place in zeros.values() if place for g, _ in factors_of(place[0])[1])
    found = sp.And(condition, *(demand(value, ask.box, domain, False) for value in values))
    for x, expr in (solved(g, domain) for g in curves if domain.sign(g) not in ("+", "-")):
        there = along(part, x, expr, "von-neumann", closed_form)
        if tidy(found.subs(x, expr), domain) != there:
            found = sp.Or(sp.And(found, sp.Ne(x, expr)), sp.And(sp.Eq(x, expr), there))
    return found


def _irreducible(amplification: Amplification, grade: str) -> list[sp.Poly]:
    """Factors in xi; a common unit root of two of them would be a multiple one."""
    if amplification.polynomial.degree() < 2:
        return [amplification.polynomial]
    factors = [(f, n) for f, n in factors_of_numerator(amplification) if f.has(xi)]
    if grade == "power-bounded" and (len(factors) > 1 or factors[0][1] > 1):
        raise NoClosedForm
    return [sp.Poly(f, xi) for f, _ in factors]


def in_factors(amplification: Amplification) -> list[Amplification]:
    """The different factors of a polynomial of degree 2 or more, each with roots of its own: fewer margins, rarely multiple."""
    factors = [f for f, _ in factors_of_numerator(amplification)] if amplification.polynomial.degree() > 1 else []
    in_xi = [f for f in factors if f.has(xi)]
    if len(in_xi) < 2 or not {*factors} - {*in_xi} <= {*SHIFTS}:  # what else may vanish belongs to the leading coefficient
        return [amplification]
    return [replace(amplification, polynomial=sp.Poly(f, xi), composed=None) for f in in_xi]


@lru_cache(maxsize=64)
def factors_of_numerator(amplification: Amplification) -> tuple[tuple[sp.Expr, int], ...]:
    """The irreducible factors of the polynomial without its denominator, and the power of each."""
    numerator = sp.fraction(sp.together(amplification.polynomial.as_expr()))[0]
    return tuple(sp.factor_list(sp.expand(numerator), gaussian=numerator.has(sp.I))[1])
