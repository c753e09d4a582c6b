"""Schemes that can be stable only where polynomials in their parameters vanish: there they have fewer, and are asked again.

So it is where lead and constant have one modulus at every phase, as those of a leapfrog without damping: the product of all
roots lies on the circle, hence none is inside unless another one is outside, and phi_1 has to vanish throughout. Its
coefficients in c and s are finitely many polynomials in the parameters. If one never vanishes, the scheme is stable nowhere; if
they do where x = R(others), x is replaced, and what is left has the condition of the scheme along that curve.

>>> p, q, s = sp.symbols("p q s", real=True)
>>> common([p * q - p, p - q], Domain.of([p, q, s]))
[p - q, q**2 - q]
>>> common([p, 1 + s**2], Domain.of([p, s])) is None  # no parameters make both vanish
True

Source: Miller (1971), for polynomials with all roots on the circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.factors import factors_of
from derive.conditions.ways.margins import Complex, NoClosedForm, in_phases
from derive.conditions.ways.schur import reduced
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

Less = Callable[[Amplification, str], Boolean]
"""The condition of a scheme with fewer parameters."""


def common(zeros: Iterable[sp.Expr], domain: Domain) -> list[sp.Expr] | None:
    """Polynomials that vanish where all of the given ones do, each without multiple factors; None where that is nowhere."""
    wanted = [zero for zero in zeros if zero != 0]
    if any(domain.sign(zero) in ("+", "-") for zero in wanted):
        return None
    if len(wanted) < 2:
        return wanted
    names = sorted({s for zero in wanted for s in zero.free_symbols}, key=str)
    basis = [sp.sqf_part(sp.sympify(zero), *names) for zero in sp.groebner(wanted, *names, order="grevlex").exprs]
    if any(domain.sign(zero) in ("+", "-") for zero in basis):
        return None
    return sorted(set(basis), key=lambda zero: (sp.count_ops(zero), str(zero)))


def zero_throughout(factor: sp.Expr, box: Iterable[sp.Symbol], domain: Domain) -> list[sp.Expr] | None:
    """Polynomials in the parameters that vanish where a factor is zero at every frequency; None where that is nowhere."""
    waves = [q for q in box if factor.has(q)]
    return common(sp.Poly(factor, *waves).coeffs() if waves else [factor], domain)


def where_zero(found: Amplification, zeros: Iterable[sp.Expr], grade: str, domain: Domain, less: Less) -> Boolean:
    """The condition of a scheme that is stable nowhere but where polynomials in its parameters vanish.

    Raises:
        NoClosedForm: they are not solved for a parameter, or there is no condition there.
    """
    wanted = common(zeros, domain)
    if wanted is None:
        return sp.false
    if not wanted:
        raise NoClosedForm
    open_ones = [f for f, _ in factors_of(wanted[0])[1] if domain.sign(f) not in ("+", "-")]
    curves = [solved(f, domain) for f in open_ones]
    return sp.Or(*(sp.And(sp.Eq(x, expr), along(found, x, expr, grade, less)) for x, expr in curves))


def of_one_modulus(found: Amplification, phi: list[Complex], grade: str, domain: Domain, less: Less) -> Boolean | None:
    """The condition where |lead| = |const| at every phase, and phi_1 is not zero; else None."""
    if len(phi) < 3 or not (phi[0].square() - phi[-1].square()).is_zero:
        return None
    zeros = [k for k in in_phases(reduced(phi, Complex.conjugate)) if k != 0]
    return where_zero(found, zeros, grade, domain, less) if zeros else None


def solved(f: sp.Expr, domain: Domain) -> tuple[sp.Symbol, sp.Expr]:
    """A parameter and what it is where a polynomial vanishes that is of first degree in it, with a slope that never does.

    Raises:
        NoClosedForm: there is no such parameter.
    """
    for x in sorted(f.free_symbols, key=str):
        slope = sp.Poly(f, x)
        if slope.degree() == 1 and domain.sign(slope.LC()) in ("+", "-"):
            return x, sp.factor(-slope.eval(0) / slope.LC())
    raise NoClosedForm


def along(found: Amplification, x: sp.Symbol, expr: sp.Expr, grade: str, less: Less) -> Boolean:
    """The condition of the scheme where x is another expression, in the other parameters.

    Raises:
        NoClosedForm: it loses its newest level there, or has no condition.
    """
    value = sp.together(found.polynomial.as_expr().subs(x, expr))
    if value.has(sp.zoo, sp.nan) or sp.degree(sp.fraction(value)[0], xi) < found.polynomial.degree():
        raise NoClosedForm
    poly = sp.Poly(value, xi)
    box = {q: ends for q, ends in found.box.items() if q not in COSINES or poly.has(q)}
    return less(replace(found, polynomial=poly, box=box, assumptions=sp.true, composed=None), grade)
