"""Polynomials with rational coefficients: discriminant, resultant, factors, real roots; by FLINT where it is installed.

FLINT (python-flint, extra `exact`) is a hundred times as fast on discriminants of degree 20. SymPy alone gives the same
answers. Neither can be interrupted in the middle, so the caller keeps degrees in bounds.

>>> c, p, q = sp.symbols("c p q")
>>> discriminant(sp.Poly(p * c**2 + q * c + 1, c, p, q))
Poly(4*p - q**2, p, q, domain='ZZ')
>>> factors(sp.Poly((p - q) ** 2 * (2 * p + 1), p, q))
[Poly(2*p + 1, p, q, domain='ZZ'), Poly(p - q, p, q, domain='ZZ')]
>>> [root.exact for root in real_roots(sp.Poly(2 * p**2 + p, p))]
[Fraction(-1, 2), Fraction(0, 1)]
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy as sp

try:
    import flint
except ImportError:
    flint = None

if sp.external.gmpy.GROUND_TYPES != "flint":  # whoever asks SymPy to do without it is asking us
    flint = None

BITS = 200
"""Roots are enclosed to 2^-BITS, absolutely."""


@dataclass(frozen=True)
class Root:
    """A real number between two rational ones, equal if it is rational itself."""

    low: Fraction
    high: Fraction

    @property
    def exact(self) -> Fraction | None:
        """Its value, if known to be rational."""
        return self.low if self.low == self.high else None


def discriminant(f: sp.Poly) -> sp.Poly:
    """In its first generator, a polynomial in the others; up to a number that is not zero."""
    if flint is None:
        return _whole(sp.Poly(f.discriminant(), *f.gens[1:]))
    return _from_flint(_to_flint(f).discriminant(0), f)


def resultant(f: sp.Poly, g: sp.Poly) -> sp.Poly:
    """In their first generator, a polynomial in the others; up to a number that is not zero."""
    if flint is None:
        return _whole(sp.Poly(f.resultant(g), *f.gens[1:]))
    return _from_flint(_to_flint(f).resultant(_to_flint(g), 0), f)


def factors(f: sp.Poly) -> list[sp.Poly]:
    """Its distinct irreducible factors that are no numbers, primitive, with a positive leading coefficient."""
    return [g for g, _ in factor_powers(f)]


def factor_powers(f: sp.Poly) -> list[tuple[sp.Poly, int]]:
    """The same with their powers."""
    if f.is_zero:
        return []
    if flint is None:
        found = f.factor_list()[1]
    else:
        found = [(_poly(g.to_dict(), f.gens), int(n)) for g, n in _to_flint(f).factor()[1]]
    return sorted(((_whole(g), n) for g, n in found if not g.is_ground), key=lambda pair: (weight(pair[0]), str(pair[0])))


def weight(f: sp.Poly) -> int:
    """How long it is in print."""
    return len(f.terms()) + 2 * f.total_degree()


def real_roots(f: sp.Poly) -> list[Root]:
    """The distinct real roots of a polynomial in one generator, ascending, apart from each other."""
    roots = [root for g in factors(f) for root in _irreducible_roots(g)]
    return sorted(roots, key=lambda root: root.low)


def nearly_real_roots(f: sp.Poly, within: Fraction) -> list[Root]:
    """Enclosures of the real numbers that complex roots of a polynomial in one generator come close to."""
    if f.degree() < 1:
        return []
    near = [(x, y) for x, y in _complex_roots(_whole(f)) if abs(y) < within]
    return [Root(x - within, x + within) for x, _ in near]


@cache
def _irreducible_roots(f: sp.Poly) -> list[Root]:
    if f.degree() == 1:
        value = -Fraction(int(f.coeff_monomial(1)), int(f.LC()))
        return [Root(value, value)]
    if flint is None:
        found = f.intervals(eps=sp.Rational(1, 2**BITS))
        return [Root(*(Fraction(int(end.p), int(end.q)) for end in ends)) for ends, _ in found]
    return [_of_arb(root.real) for root in _acb_roots(f, BITS + 2 * f.degree()) if root.imag.is_zero()]


def _acb_roots(f: sp.Poly, bits: int) -> list:
    before, flint.ctx.prec = flint.ctx.prec, bits + 30
    try:
        return [root for root, _ in flint.fmpz_poly([int(c) for c in reversed(f.all_coeffs())]).complex_roots()]
    finally:
        flint.ctx.prec = before


def _of_arb(ball) -> Root:
    middle, radius = (_fraction(x) for x in (ball.mid(), ball.rad()))
    return Root(middle - radius, middle + radius)


def _fraction(ball) -> Fraction:
    mantissa, exponent = (int(x) for x in ball.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _complex_roots(f: sp.Poly) -> list[tuple[Fraction, Fraction]]:
    if flint is None:
        roots = [z for g, _ in f.sqf_list()[1] for z in g.nroots(n=120, maxsteps=400)]
        return [(_rational(sp.re(z)), _rational(sp.im(z))) for z in roots]
    return [(_fraction(z.real.mid()), _fraction(z.imag.mid())) for z in _acb_roots(f, 2 * BITS)]


def _rational(x: sp.Expr) -> Fraction:
    exact = sp.Rational(str(x))
    return Fraction(int(exact.p), int(exact.q))


def _whole(f: sp.Poly) -> sp.Poly:
    """Primitive, with whole coefficients, the leading one positive."""
    g = f.clear_denoms(convert=True)[1].set_domain(sp.ZZ).primitive()[1]
    return -g if g.LC() < 0 else g


def _to_flint(f: sp.Poly):
    terms = {m: int(c) for m, c in _whole(f).rep.to_dict().items()}
    return _context(len(f.gens)).from_dict(terms)


@cache
def _context(size: int):
    return flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(size)], "lex")


def _from_flint(value, f: sp.Poly) -> sp.Poly:
    return _whole(_poly({m[1:]: c for m, c in value.to_dict().items()}, f.gens[1:]))


def _poly(terms: dict, gens: tuple) -> sp.Poly:
    whole = {tuple(int(k) for k in m): sp.ZZ(int(c)) for m, c in terms.items()}
    return sp.Poly.from_dict(whole or {(0,) * len(gens): sp.ZZ(0)}, *gens, domain=sp.ZZ)


def at(f: sp.Poly, value: Fraction) -> sp.Poly:
    """With a number in place of its first generator."""
    rest = f.eval(f.gens[0], sp.Rational(value.numerator, value.denominator))
    return rest if isinstance(rest, sp.Poly) else sp.Poly(rest, f.gens[-1])


def sign_at(f: sp.Poly, value: Fraction) -> int:
    """The sign of a polynomial in one generator at a rational number."""
    result, n, d = 0, value.numerator, value.denominator
    scale = 1
    for k, c in enumerate(_coefficients(f)):
        scale = 1 if k == 0 else scale * d
        result = result * n + int(c) * scale
    return (result > 0) - (result < 0)


def _coefficients(f: sp.Poly) -> list:
    return f.clear_denoms(convert=True)[1].all_coeffs()


