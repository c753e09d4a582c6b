"""Polynomials with rational coefficients: discriminant, resultant, factors, real roots; by FLINT where it is installed.

FLINT (python-flint, extra `exact`) is a hundred times as fast on discriminants of degree 20. SymPy alone gives the same
answers. Neither can be interrupted in the middle, so the caller keeps degrees in bounds.

>>> c, p, q = sp.symbols("c p q")
>>> discriminant(sp.Poly(p * c**2 + q * c + 1, c, p, q))
Poly(4*p - q**2, p, q, domain='ZZ')
>>> factors(sp.Poly((p - q) ** 2 * (2 * p + 1), p, q))
[Poly(2*p + 1, p, q, domain='ZZ'), Poly(p - q, p, q, domain='ZZ')]
>>> [root.exact for root in real_roots((0, 1, 2))]  # of x + 2 x^2
[Fraction(-1, 2), Fraction(0, 1)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import prod

import sympy as sp

try:
    import flint
except ImportError:
    flint = None

if sp.external.gmpy.GROUND_TYPES != "flint":  # whoever asks SymPy to do without it is asking us
    flint = None

Dense = tuple[int, ...]
"""Whole coefficients of a polynomial in one variable, from the constant up."""
_X = sp.Symbol("x")
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
    found = f.factor_list()[1] if flint is None else _flint_factors(f)
    return sorted(((_whole(g), int(n)) for g, n in found if not g.is_ground), key=lambda pair: (weight(pair[0]), str(pair[0])))


def signed_factors(f: sp.Poly) -> tuple[int, list[tuple[sp.Poly, int]]]:
    """The sign of the number that is left of it, and its factors with their powers."""
    powers, rest = factor_powers(f), f
    for g, n in powers:
        rest = rest.quo(g.set_domain(rest.domain) ** n)
    return int(sp.sign(rest.LC())), powers


def _flint_factors(f: sp.Poly) -> list[tuple[sp.Poly, int]]:
    try:
        pairs = _to_flint(f).factor()[1]
    except OverflowError:  # python-flint 0.9 sorts the factors, and reads their coefficients as machine integers
        return f.factor_list()[1]
    return [(_poly(g.to_dict(), f.gens), int(n)) for g, n in pairs]


def weight(f: sp.Poly) -> int:
    """How long it is in print."""
    return len(f.terms()) + 2 * f.total_degree()


def real_roots(f: Dense) -> list[Root]:
    """The distinct real roots of a polynomial that is not zero, ascending, apart from each other."""
    return sorted((root for g in _dense_factors(f) for root in _irreducible_roots(g)), key=lambda root: root.low)


def roots_of_product(polys: Sequence[sp.Poly]) -> list[Root]:
    """The distinct real roots of several polynomials in one variable, not zero: FLINT by their factors, SymPy without any.

    To SymPy the factors of a discriminant cost three times as much as the discriminant.
    """
    if flint is not None:
        found = {g for f in polys for g in factors(f)}
        return sorted((root for g in found for root in real_roots(dense(g))), key=lambda root: root.low)
    product = prod(polys[1:], start=polys[0])
    least = min(power for (power,) in product.monoms())
    rest = dense(product)[least:]
    return sorted([*([Root(Fraction(0), Fraction(0))] if least else []), *isolated(rest)], key=lambda root: root.low)


def _trimmed(f: Dense) -> Dense:
    while f and f[-1] == 0:
        f = f[:-1]
    return f


def _dense_factors(f: Dense) -> list[Dense]:
    if len(_trimmed(f)) < 2:
        return []
    if flint is None:
        return [dense(g) for g, _ in _poly({(k,): c for k, c in enumerate(f)}, (_X,)).factor_list()[1]]
    return [tuple(int(c) for c in g.coeffs()) for g, _ in flint.fmpz_poly(list(f)).factor()[1]]


@cache
def _irreducible_roots(f: Dense) -> list[Root]:
    if len(f) == 2:
        value = Fraction(-f[0], f[1])
        return [Root(value, value)]
    return isolated(f)


def isolated(f: Dense, bits: int = 2 * BITS) -> list[Root]:
    """The distinct real roots, without factoring; to so many bits, or half of them."""
    if flint is not None:
        return [_of_arb(root.real) for root in _acb_roots(f, bits) if root.imag.is_zero()]
    found = _poly({(k,): c for k, c in enumerate(f)}, (_X,)).sqf_part().intervals(eps=sp.Rational(2, 2 ** (bits // 2)))
    return [Root(*(Fraction(int(end.p), int(end.q)) for end in ends)) for ends, *_ in found]


def _acb_roots(f: Dense, bits: int) -> list:
    before, flint.ctx.prec = flint.ctx.prec, bits + 30
    try:
        return [root for root, _ in flint.fmpz_poly(list(f)).complex_roots()]
    finally:
        flint.ctx.prec = before


def _of_arb(ball) -> Root:
    middle, radius = (_fraction(x) for x in (ball.mid(), ball.rad()))
    return Root(middle - radius, middle + radius)


def _fraction(ball) -> Fraction:
    mantissa, exponent = (int(x) for x in ball.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


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


def dense(f: sp.Poly) -> Dense:
    """The coefficients of a polynomial in one generator, times a positive number."""
    return tuple(int(c) for c in reversed(f.clear_denoms(convert=True)[1].all_coeffs()))


def at(f: sp.Poly, value: Fraction) -> Dense:
    """With a number in place of the first of two generators, times a positive number."""
    rows, degree = _rows(f)
    n, d = value.numerator, value.denominator
    powers = [n**j * d ** (degree - j) for j in range(degree + 1)]
    return tuple(sum(c * powers[j] for j, c in row) for row in rows)


@cache
def _rows(f: sp.Poly) -> tuple[list[list[tuple[int, int]]], int]:
    """By power of the second generator: (power of the first, coefficient)."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(max(0, f.degree(f.gens[1])) + 1)]
    for (j, k), c in f.terms():
        rows[k].append((j, int(c)))
    return rows, max(0, f.degree(f.gens[0]))


@lru_cache(maxsize=2**14)  # the plane is cut again and again, by much the same curves
def roots_over(f: sp.Poly, value: Fraction) -> tuple[Root, ...]:
    """Of a polynomial in (p, q), the distinct real roots in q at a value of p."""
    return tuple(real_roots(at(f, value)))


def sign_at(f: Dense, value: Fraction) -> int:
    """The sign at a rational number."""
    n, d, result, scale = value.numerator, value.denominator, 0, 1
    for c in reversed(f):
        result, scale = result * n + c * scale, scale * d
    return (result > 0) - (result < 0)
