"""Do the roots of phi(xi; x) qualify, as a statement about one real variable x? No frequency is left here.

The verdict changes with x only where a root meets the circle, the degree drops, or two roots meet; there one of finitely many
polynomials in x vanishes: a gap |lead|^2 - |const|^2 of the reduction, the lead, or the discriminant. Between their real
roots it is constant, and exact at a rational x; at an irrational root of theirs it is calculated in the field of that number
(`at_root`), exactly too. Only where coefficients are irrational themselves is it told by closure (roots are continuous, the
von Neumann grade is closed), or else by the roots to 50 digits, a modulus within `NEAR` of 1 counting as 1: not a proof.

>>> x, leapfrog = sp.Symbol("x", real=True), [sp.Integer(1), sp.I * sp.Symbol("x", real=True), sp.Integer(-1)]
>>> sorted({root for p in critical_polynomials(leapfrog, x) for root in sp.real_roots(p)})  # its roots meet at -i and i
[-2, 2]
>>> [decide(leapfrog, x, sp.Integer(value), "power-bounded") for value in (1, 2, 3)]
[True, False, False]
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import sympy as sp
from mpmath.libmp import NoConvergence

from derive.conditions.ways.at_root import place_of, qualifies
from derive.conditions.ways.margins import Complex, NoClosedForm, gaps
from derive.conditions.ways.schur import numeric_verdict

DIGITS = 50
NEAR = sp.Float("1e-18", DIGITS)


def critical_polynomials(phi: list[sp.Expr], x: sp.Symbol) -> list[sp.Poly]:
    """Where the verdict may change: the gaps |lead|^2 - |const|^2 of every reduction, and where roots coincide."""
    coefficients = [_complex(c, x) for c in phi]
    return [*(gap for gap, _ in gaps(coefficients, "von-neumann")), coefficients[0].square(), *_coincidences(phi, x)]


def _complex(expr: sp.Expr, x: sp.Symbol) -> Complex:
    poly = sp.Poly(expr, x)
    return Complex(*(sp.Poly({m: sp.expand(part(c)) for m, c in poly.terms()}, x) for part in (sp.re, sp.im)))


def _coincidences(phi: list[sp.Expr], x: sp.Symbol) -> list[sp.Poly]:
    """Real x at which two roots coincide: both parts of the discriminant vanish."""
    if len(phi) < 3:
        return []
    t = sp.Symbol("t")
    resultant = sp.resultant(sp.Poly(phi, t), sp.Poly(phi, t).diff(t)) if any(c.has(x) for c in phi) else sp.S.One
    both = _complex(sp.expand(resultant), x)
    return [sp.gcd(both.real, both.imaginary)]


def decide(phi: list[sp.Expr], x: sp.Symbol, value: sp.Expr, grade: str) -> bool:
    """The verdict at a rational number, exact."""
    numbers = [sp.expand(c.subs(x, value)) for c in phi]
    return bool(numbers[0] != 0) and numeric_verdict(numbers, grade)


def decide_at(phi: list[sp.Expr], x: sp.Symbol, point: sp.Expr, cells: Sequence[bool], grade: str) -> bool:
    """The verdict at a critical point: exact if the coefficients are rational, else by closure, and by roots to 50 digits."""
    if point.is_rational:
        return decide(phi, x, point, grade)
    exactly = [_complex(c, x) for c in phi]
    if all(c.is_rational for c in exactly):
        return qualifies(
            [Complex(c.real.set_domain(sp.QQ), c.imaginary.set_domain(sp.QQ)) for c in exactly], place_of(point, x), grade
        )
    numbers = [sp.expand(c).subs(x, point.evalf(DIGITS)).evalf(DIGITS) for c in phi]
    if abs(numbers[0]) < NEAR:
        return False
    return True if grade == "von-neumann" and any(cells) else qualify(computed_roots(numbers), grade)


def computed_roots(numbers: list[sp.Expr]) -> list[sp.Expr]:
    """To 40 digits; where two meet they may be known to half of them only.

    Raises:
        NoClosedForm: they do not converge.
    """
    for digits in (DIGITS - 10, DIGITS // 2 - 5):
        with suppress(NoConvergence):
            return sp.Poly(numbers, sp.Symbol("t")).nroots(n=digits, maxsteps=500)
    raise NoClosedForm


def qualify(roots: list[sp.Expr], grade: str) -> bool:
    """The verdict on computed roots; a double root is known to half the digits only."""
    sizes = [abs(root) for root in roots]
    if grade == "schur":
        return all(size < 1 - NEAR for size in sizes)
    if any(size > 1 + NEAR for size in sizes):
        return False
    return grade == "von-neumann" or not _unit_roots_meet(roots)


def _unit_roots_meet(roots: list[sp.Expr]) -> bool:
    on_circle = [root for root in roots if abs(abs(root) - 1) <= NEAR]
    pairs = ((a, b) for i, a in enumerate(on_circle) for b in on_circle[i + 1 :])
    return any(abs(a - b) <= sp.sqrt(NEAR) for a, b in pairs)
