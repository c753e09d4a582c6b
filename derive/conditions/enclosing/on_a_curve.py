"""Is an explicit integrator stable at every z inside a closed curve? Decided on the curve, exactly, where it is rational.

A curve is z = x +- i sqrt(Y), with polynomials x(c) and Y(c), for c in [-1, 1]. The root conditions of the integrator's
polynomial are real margins in x and Y (its coefficients are real, so that z and its conjugate have the same), on the curve
polynomials in c alone; Sturm's theorem tells whether they are nowhere negative. That is enough:

- where a margin is zero at finitely many points only, roots are in the closed disc there too, by continuity;
- the leading coefficient in xi does not depend on z, so the largest modulus of a root is subharmonic in z (Vesentini), and
  greatest on the edge: what is enclosed is stable when the curve is.

Given up on: margins that are zero all along, but for one root, whose modulus is then 1.

>>> from derive.lines.integrators import integrators
>>> euler, c = Explicit.of(integrators["forward-euler"]), sp.Poly(C, C, domain="QQ")
>>> [euler.stable_on(size * (c - 1), size**2 * (1 - c**2)) for size in (1, sp.Rational(101, 100))]  # circles through 0
[True, False]

Source: Vesentini, On the subharmonicity of the spectral radius (1968).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce

import sympy as sp

from derive.conditions.ways.margins import NeverStable, NoClosedForm, complex_coefficients, margins
from derive.fields.symbols import xi
from derive.schemes.composed import Polynomial

C = sp.Symbol("c", real=True)
_X, _Y = sp.symbols("x y", real=True)
_Z = sp.Dummy("z")


@dataclass(frozen=True)
class Explicit:
    """The root conditions of an explicit integrator at z = x + i y.

    Attributes:
        margins: of each the terms, (power of x, power of y^2, rational coefficient).
        steps: degree in xi; 1 of a one-step method.
    """

    margins: tuple[tuple[tuple[int, int, sp.Rational], ...], ...]
    steps: int

    @staticmethod
    def of(integrator: Polynomial) -> Explicit | None:
        """None of an implicit one, of one with parameters of its own, and where the root conditions have no such form."""
        return _explicit(integrator)

    def stable_on(self, x: sp.Poly, y_squared: sp.Poly) -> bool:
        """Whether no root leaves the disc on a curve, nor within it; False: not shown.

        Args:
            x: real part, a polynomial in `C` with rational coefficients.
            y_squared: square of the imaginary part, likewise, not negative on [-1, 1].
        """
        values = [_inserted(margin, x, y_squared) for margin in self.margins]
        if any(v.is_zero for v in values) and self.steps > 1:
            return False
        return all(map(nowhere_negative, values))


@lru_cache(maxsize=64)
def _explicit(integrator: Polynomial) -> Explicit | None:
    polynomial = integrator.characteristic(_Z)
    if polynomial.free_symbols - {xi, _Z} or polynomial.LC().has(_Z):
        return None
    at = sp.Poly(sp.expand(polynomial.as_expr().subs(_Z, _X + sp.I * _Y)), xi)
    try:
        needed = margins(complex_coefficients(at), "von-neumann")
    except (NoClosedForm, NeverStable):
        return None
    terms = [sp.Poly(margin.value, _X, _Y).terms() for margin in needed]
    if any(powers[1] % 2 for margin in terms for powers, _ in margin):
        return None
    return Explicit(tuple(tuple((i, j // 2, c) for (i, j), c in margin) for margin in terms), polynomial.degree())


def _inserted(margin: tuple[tuple[int, int, sp.Rational], ...], x: sp.Poly, y_squared: sp.Poly) -> sp.Poly:
    xs, ys = (_powers(base, max(term[k] for term in margin)) for k, base in enumerate((x, y_squared)))
    return reduce(lambda total, term: total + xs[term[0]] * ys[term[1]] * term[2], margin, x * 0)


def _powers(base: sp.Poly, most: int) -> list[sp.Poly]:
    powers = [base**0]
    for _ in range(most):
        powers.append(powers[-1] * base)
    return powers


def nowhere_negative(poly: sp.Poly) -> bool:
    """Whether a polynomial in one variable with rational coefficients is nowhere negative on [-1, 1].

    Its sign changes at roots of odd multiplicity alone: there must be none inside, and one point speaks for all others.

    >>> [nowhere_negative(sp.Poly(p, C)) for p in ((1 - C) * (2 * C - 1) ** 2, 1 - 2 * C, -(C**2))]
    [True, False, False]
    """
    if poly.is_zero:
        return True
    for end in (1, -1):
        while poly.eval(end) == 0:
            poly = poly.quo(sp.Poly(1 - end * poly.gen, poly.gen))  # positive inside
    odd = [f for f, n in poly.sqf_list()[1] if n % 2]
    if any(f.count_roots(-1, 1) for f in odd):
        return False
    return next(value for k in range(poly.degree() + 2) if (value := poly.eval(sp.Rational(1, k + 2))) != 0) > 0
