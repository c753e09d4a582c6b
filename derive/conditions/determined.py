"""Where a scheme determines a new value: its denominators, and the symbol of its newest level at every phase, are not zero.

Roots in the disc bound every coefficient in xi by a multiple of the leading one. So a root condition implies that the lead
vanishes at no phase, if it does not vanish at all of them and if no phase makes all coefficients vanish. Both are questions
to finitely many polynomials: one of certified sign will do, or a Groebner basis of 1 (no zero in common, Hilbert). Where that
is not certain, the lead itself is asked to differ from zero at every phase: a real one keeps its sign, of a complex one the
modulus is positive, the phase eliminated as in `eliminate`; where it cannot be, all coefficients may vanish together at
finitely many rational parameters only (`common_places`), which are left out. Else `NoClosedForm`.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> scheme = parse_scheme("(1 - a)*u[1] == u[0]/b - a*u[0]")
>>> determined(amplification(scheme), scheme)
Ne(b, 0) & Ne(a - 1, 0)
>>> implicit = parse_scheme("u[1, 0] == u[0, 0] + r*(u[1, 1] - 2*u[1, 0] + u[1, -1])")  # r of either sign
>>> determined(amplification(implicit), implicit)  # at xi^0 there is -1, and no r makes 1 + 2 r (1 - c) vanish at all c
True
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.closed_form import domain_of, frequency_box
from derive.conditions.sampling import parameters
from derive.conditions.tidy import tidy
from derive.conditions.ways import one_symbol
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.common_places import Place, common_places
from derive.conditions.ways.eliminate import Box, demand
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification
from derive.schemes.composed import Composed, ComposedScheme
from derive.schemes.composed_system import ComposedSystem
from derive.schemes.grid import GridScheme


def determined(amplification: Amplification, scheme: GridScheme | None = None) -> Boolean:
    """What has to hold, beside the root conditions, for a new value to exist: true where it is known to.

    Args:
        amplification: the polynomial, and what is assumed.
        scheme: where it comes from; a denominator may cancel in the polynomial.

    Raises:
        NoClosedForm: whether the lead vanishes at some phase is open.
    """
    along_its_line = isinstance(scheme, ComposedScheme) and one_symbol.decides(amplification)  # where the lead is looked at
    if along_its_line or (isinstance(scheme, ComposedSystem) and scheme.characteristic.LC().is_number):  # an explicit step
        return sp.And(*(_nonzero(sp.fraction(sp.together(c))[1], domain_of(amplification)) for c in _coefficients(scheme)))
    coefficients = [*amplification.polynomial.all_coeffs(), *(_coefficients(scheme) if scheme else [])]
    fractions = [c for c in coefficients if not c.is_polynomial()]
    domain = domain_of(amplification)
    wanted = [_nonzero(sp.fraction(sp.together(c))[1].subs(_units(amplification)), domain) for c in fractions]
    phi = complex_coefficients(amplification.polynomial)
    try:
        lead = _lead(phi, frequency_box(amplification), domain)
    except (BasePolynomialError, NotImplementedError):
        raise NoClosedForm from None
    except NoClosedForm:
        if not _certain_in_phase(phi[0], domain):
            raise
        lead = _off_places(common_places(phi), amplification)
    return sp.And(*wanted, lead)


def open_of(assumptions: Boolean, condition: Boolean) -> Boolean:
    """The assumptions without a `p != value`, or one of several, that the condition excludes anyway."""
    return sp.And(*(part for part in sp.And.make_args(assumptions) if not _excluded(part, condition)))


def without_excluded(condition: Boolean, assumptions: Boolean) -> Boolean:
    """The condition without single values that the assumptions exclude."""
    excluded = [part.lhs - part.rhs for part in sp.And.make_args(assumptions) if isinstance(part, sp.Ne)]
    is_excluded = lambda e: any(sp.expand(e.lhs - e.rhs - sign * x) == 0 for x in excluded for sign in (1, -1))  # noqa: E731
    return condition.replace(lambda e: isinstance(e, sp.Eq) and is_excluded(e), lambda e: sp.false)


def _excluded(part: Boolean, condition: Boolean) -> bool:
    if isinstance(part, sp.Or) and all(isinstance(one, sp.Ne) and one.lhs.is_Symbol for one in part.args):
        return condition.subs({one.lhs: one.rhs for one in part.args}) == sp.false
    if not isinstance(part, sp.Ne) or len(part.free_symbols) != 1:
        return False
    (symbol,) = part.free_symbols
    poly = sp.Poly(part.lhs - part.rhs, symbol) if (part.lhs - part.rhs).is_polynomial(symbol) else None
    return poly is not None and poly.degree() == 1 and condition.subs(symbol, -poly.eval(0) / poly.LC()) == sp.false


def _units(amplification: Amplification) -> dict[sp.Symbol, sp.Integer]:
    """A shift is never zero."""
    return {s: sp.Integer(1) for s in amplification.polynomial.free_symbols if s.is_nonzero and s.name.startswith("w_")}


def _coefficients(scheme: GridScheme) -> Iterable[sp.Expr]:
    if isinstance(scheme, Composed):  # a step is made of sums and products of these
        yield from (c for one in scheme.right for c in _of_values(one))
        yield from scheme.characteristic.all_coeffs()
        return
    for residual in scheme.residuals:
        yield from _of_values(residual)


def _of_values(part: sp.Expr) -> Iterable[sp.Expr]:
    """What is multiplied by the values in a sum that is linear in them: term by term, one of which has one value."""
    found: dict[sp.Indexed, list[sp.Expr]] = {}
    for term in sp.Add.make_args(sp.expand(part)):
        for value in term.atoms(sp.Indexed):
            found.setdefault(value, []).append(term.xreplace({value: sp.S.One}))
    return (sp.Add(*terms) for terms in found.values())


def _nonzero(expr: sp.Expr, domain: Domain) -> Boolean:
    """`p q != 0` as `p != 0` and `q != 0`, without the factors that are known not to vanish."""
    if expr.is_number:
        return sp.true
    try:
        factors = [f for f, _ in sp.factor_list(expr)[1] if domain.sign(f) not in ("+", "-")]
    except BasePolynomialError:
        factors = [expr]
    return sp.And(*(sp.Ne(f, 0) for f in factors))


def _lead(phi: list[Complex], box: Box, domain: Domain) -> Boolean:
    lead = phi[0]
    if _is_away_from_zero(lead, domain) or (_certain(phi, domain) and _certain_in_phase(lead, domain)):
        return sp.true
    parts = [part.as_expr() for part in (lead.real, lead.imaginary) if not part.is_zero]
    size = parts[0] if len(parts) == 1 else lead.square().as_expr()
    if size.has(*SINES):
        raise NoClosedForm
    if not size.has(*COSINES, *box):
        return _nonzero(size, domain)
    signs = (1, -1) if len(parts) == 1 else (1,)
    return tidy(sp.Or(*(demand(sign * size, box, domain, True) for sign in signs)), domain)


def _is_away_from_zero(lead: Complex, domain: Domain) -> bool:
    if lead.imaginary.is_zero:
        return domain.sign(lead.real.as_expr()) in ("+", "-")
    return domain.sign(lead.square().as_expr()) == "+"


def _certain(phi: list[Complex], domain: Domain) -> bool:
    """Whether the coefficients have no zero in common, at any parameters and phase."""
    if any(domain.sign(c.square().as_expr()) == "+" for c in phi):
        return True
    return _no_common_zero([part.as_expr() for c in phi for part in (c.real, c.imaginary)])


def _certain_in_phase(lead: Complex, domain: Domain) -> bool:
    """Whether the lead vanishes at all phases at no parameters: its coefficients as a polynomial in them do not."""
    waves = [*COSINES, *SINES]
    parts = [c for part in (lead.real, lead.imaginary) for c in sp.Poly(part.as_expr(), *waves).coeffs()]
    return any(domain.sign(c) in ("+", "-") for c in parts) or _no_common_zero(parts)


def _off_places(places: list[Place], amplification: Amplification) -> Boolean:
    """None of those at which the lead vanishes at some phase."""
    at_numbers = AtNumbers(amplification)
    names = {s.name: s for s in parameters(amplification)}
    bad = [place for place in places if not at_numbers.determines({s.name: place[s] for s in names.values()})]
    return sp.And(*(sp.Or(*(sp.Ne(s, value) for s, value in place.items())) for place in bad))


def _no_common_zero(exprs: list[sp.Expr]) -> bool:
    """Whether they generate 1 (Hilbert): no zero in common, of complex numbers even."""
    polys = [e for e in exprs if e != 0]
    symbols = sorted({s for e in polys for s in e.free_symbols}, key=str)
    circles = [c**2 + s**2 - 1 for c, s in zip(COSINES, SINES, strict=True) if s in symbols]
    return bool(polys) and (not symbols or sp.groebner([*polys, *circles], *symbols, order="grevlex").exprs == [1])
