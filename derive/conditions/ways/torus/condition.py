"""The exact condition of a scheme with several phases, whose margins are quadratic forms about the corners of the torus.

What is needed: at every corner the margin is not negative, and where it is zero there for all parameters, it is not negative
for waves that are long, or nearly two grid points long (`forms.long_waves`: all principal minors). What is enough: forms that
are not negative about one corner (`forms.about`). Where the second follows from the first (`facts`), the condition is exact;
where it does not, nothing is claimed (`NoClosedForm`). So it is for forward Euler, implicit-explicit Euler and theta schemes
of advection and diffusion on a star of 5 or 7 points, with any number of parameters.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0, 0] == u[0, 0, 0] + r*(u[0, 1, 0] + u[0, -1, 0] - 2*u[0, 0, 0]) - a*(u[0, 0, 1] - u[0, 0, -1])/2"
>>> found = amplification(parse_scheme(text + " + s*(u[0, 0, 1] + u[0, 0, -1] - 2*u[0, 0, 0])", positive=["r", "s"]))
>>> condition(found, "power-bounded", Domain.of(found.polynomial.free_symbols - {xi}))
(-2*r - 2*s + 1 >= 0) & (-a**2 + 2*s >= 0)

Source: Hindmarsh, Gresho and Griffiths, Int. J. Numer. Meth. Fluids 4 (1984), for forward Euler.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.eliminate import relation, vanishing
from derive.conditions.ways.margins import Margin, NeverStable, NoClosedForm, complex_coefficients, margins
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.enough import follow
from derive.conditions.ways.torus.facts import Facts
from derive.conditions.ways.torus.forms import Axes, about, corners, minors
from derive.conditions.ways.torus.needed import at_corners, pruned, taken_apart
from derive.conditions.ways.torus.without_squares import without_squares
from derive.fields.phases import COSINES, SHIFTS, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

MOST_ON_A_LINE = 60
"""Terms of a margin that is left to the plane if it has more: these forms take seconds, and in vain."""


def condition(found: Amplification, grade: str, domain: Domain) -> Boolean:
    """The exact condition: grade von-neumann, or power-bounded of a single step.

    Raises:
        NoClosedForm: the margins are no such forms, or what is needed is not shown to be enough.
    """
    if grade == "schur" or not found.phases or (grade == "power-bounded" and found.polynomial.degree() > 1):
        raise NoClosedForm
    try:
        needed = _margins(found, grade, domain)
    except NeverStable:
        return sp.false
    values, delicate = [sp.expand(m.value) for m in needed], [m.value for m in needed if m.delicate]
    if _left_to_the_plane(found) and any(len(sp.Add.make_args(v)) > MOST_ON_A_LINE for v in values):
        raise NoClosedForm
    for said in _said(found, values, domain):  # to factor a long margin takes longer than all the rest
        with suppress(NoClosedForm):
            return _of_values(said, delicate, found.phases, domain)
    return _of_rest(found, domain)


def _left_to_the_plane(found: Amplification) -> bool:
    """Of one phase and two parameters, for which there is a way (`plane`) that needs no luck."""
    return len(found.phases) == 1 and len(found.polynomial.free_symbols - {xi, *COSINES, *SHIFTS}) == 2


def _said(found: Amplification, values: list[sp.Expr], domain: Domain) -> Iterator[list[sp.Expr]]:
    """What is not to be negative: the margins, what they are made of, and of a single step the gap |lead|^2 - |const|^2."""
    yield values
    factors = [part for value in values for part in _parts(value, domain)]
    if factors != values:
        yield factors
    if found.polynomial.degree() == 1:
        lead, constant = complex_coefficients(found.polynomial)
        gap = (lead.square() - constant.square()).as_expr()
        if [gap] != values:
            yield [gap]


def _of_rest(found: Amplification, domain: Domain) -> Boolean:
    """Of one step, its margin freed of squares that it has in shifts alone, if what is needed holds where these vanish too."""
    if found.polynomial.degree() > 1 or (rest := without_squares(found)) is None:
        raise NoClosedForm
    margin, dropped = rest
    needed = _of_values([margin], [], found.phases, domain)
    for zero in (vanishing(f, SHIFTS, domain) for f in dropped):
        at_zero = {part.lhs: 0 for part in sp.And.make_args(zero) if isinstance(part, sp.Eq)}
        if zero != sp.false and not (all(p.is_Symbol for p in at_zero) and needed.subs(at_zero) == sp.true):
            raise NoClosedForm
    return needed


def _margins(found: Amplification, grade: str, domain: Domain) -> list[Margin]:
    if found.polynomial.degree() == 1:
        return margins(complex_coefficients(found.polynomial), grade, domain)
    numerator = sp.expand(sp.fraction(sp.together(found.polynomial.as_expr()))[0])
    factors = (f for f, _ in sp.factor_list(numerator, gaussian=numerator.has(sp.I))[1] if f.has(xi))
    return [m for f in factors for m in margins(complex_coefficients(sp.Poly(f, xi)), grade, domain)]


def _parts(margin: sp.Expr, domain: Domain) -> list[sp.Expr]:
    """Factors to be non-negative each: freed of those of known sign, and apart where the sum of two is a positive number.

    A factor that keeps its sign and depends on the phases vanishes at single ones only, next to which the rest decides;
    unless parameters can make it zero throughout.
    """
    coefficient, powers = sp.factor_list(margin)[:2]
    sign, open_ones = sp.sign(coefficient), []
    for f, n in powers:
        known = domain.sign(f)
        if known not in ("+", "-") and vanishing(f, [*COSINES, *SINES], domain) != sp.false:
            known = None
        if known is None:
            open_ones.append(f**n)
        elif known.endswith("-") and n % 2:
            sign = -sign
    if len(open_ones) == 2:
        one, other = (sp.expand(f) for f in (sign * open_ones[0], open_ones[1]))
        if sp.expand(one + other).is_positive:
            return [one, other]
    return [sp.expand(sign * sp.Mul(*open_ones))]


def _solved(f: sp.Expr) -> Boolean:
    """`f >= 0`, affine in its only parameter, as a bound on it."""
    slope, constant = sp.Poly(f).all_coeffs()
    return (sp.Ge if slope > 0 else sp.Le)(sp.Poly(f).gen, -constant / slope)


def _of_values(values: Sequence[sp.Expr], delicate: Sequence[sp.Expr], axes: Axes, domain: Domain) -> Boolean:
    """All values non-negative at all phases."""
    values = [v for v in map(sp.expand, values) if v != 0]
    needed = [n for v in values for n in at_corners(v, axes)]
    for n in needed:
        if domain.sign(n) == "-":
            return sp.false
        if domain.sign(n) == "0-":
            return _on_zeros(n, values, delicate, axes, domain)
    alone = Domain({p: known for p, known in domain.ranges.items() if p not in COSINES})
    facts = taken_apart(needed, alone)
    if any(_may_vanish(d, domain) for d in delicate):
        raise NoClosedForm
    left = [v for v in values if not (_is_certain(v, facts, domain) or _is_enough(v, axes, facts))]
    if left and not follow(left, facts.given, axes, alone):
        raise NoClosedForm
    return sp.And(*(relation(f, domain, False) for f in pruned(facts.given, alone)))


def _on_zeros(n: sp.Expr, values: Sequence[sp.Expr], delicate: Sequence[sp.Expr], axes: Axes, domain: Domain) -> Boolean:
    """Where `n >= 0` is needed and n <= 0 is known: n = 0, so that a parameter in each of its terms is zero."""
    terms = sp.Add.make_args(sp.expand(n))
    if any(domain.sign(term) not in ("-", "0-") for term in terms):
        raise NoClosedForm
    symbols = [p for p in sorted(terms[0].free_symbols, key=str) if domain.sign(p) not in ("+", "-")]
    cases = []
    for p in symbols:
        at_zero = [[v.subs(p, 0) for v in family] for family in (values, delicate)]
        if any(v == 0 for v in at_zero[1]):
            raise NoClosedForm
        cases.append(sp.And(sp.Eq(p, 0), _of_values(*at_zero, axes, domain)))
    return sp.Or(*cases)


def _is_certain(margin: sp.Expr, facts: Facts, domain: Domain) -> bool:
    """Whether the margin has one sign, at all phases, in the ranges that facts of one parameter leave (`signs`)."""
    single = [f for f in facts.given if len(f.free_symbols) == 1 and sp.Poly(f).degree() == 1]
    narrow = Domain(dict(domain.ranges))
    for f in single:
        narrow.learn(_solved(f))
    return bool(single) and narrow.sign(margin) in ("+", "0+", "0")


def _is_enough(margin: sp.Expr, axes: Axes, facts: Facts) -> bool:
    """Whether the margin's forms about some corner are not negative, as far as the facts tell."""
    for corner in corners(axes):
        form = about(corner, axes, margin)
        if form is None:
            return False
        if facts.imply(form.constant) and _is_copositive(form.lumps, facts) and all(map(facts.imply, minors(form.waves))):
            return True
    return False


def _is_copositive(lumps: sp.ImmutableMatrix, facts: Facts) -> bool:
    """Whether y' V y >= 0 for y >= 0.

    With r_i the sum of row i over the diagonal and what is negative it is
    sum r_i y_i^2 - sum v_ij (y_i - y_j)^2 over negative v_ij + 2 sum v_ij y_i y_j over the others.
    """
    d = lumps.rows
    negative = {(i, j): _is_negative(lumps[i, j], facts) for i in range(d) for j in range(i)}
    if None in negative.values():
        return all(map(facts.imply, minors(lumps)))
    below = lambda i, j: negative[max(i, j), min(i, j)]  # noqa: E731
    rows = [sp.Add(lumps[i, i], *(lumps[i, j] for j in range(d) if j != i and below(i, j))) for i in range(d)]
    return all(map(facts.imply, rows))


def _is_negative(entry: sp.Expr, facts: Facts) -> bool | None:
    """True if it is not positive, False if it is not negative, None if that is open."""
    if facts.imply(entry):
        return False
    return True if facts.imply(-entry) else None


def _may_vanish(margin: sp.Expr, domain: Domain) -> bool:
    """Whether parameters may make a delicate margin zero at all phases: one of its coefficients in them has a sign."""
    waves = [*COSINES, *SINES]
    return not any(domain.sign(k) in ("+", "-") for k in sp.Poly(sp.expand(margin), *waves).coeffs())
