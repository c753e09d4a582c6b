"""Laurent polynomials in the parameters and the shifts w_i, multiplied out in a ring and not term by term.

Divided by its lowest monomial one is a polynomial, whose powers a ring finds quickly: four stages of advection and diffusion in
the plane have thousands of terms. So it is with the determinant of a system.

>>> w, r = sp.symbols("w r")
>>> monomials(r * (w - 2 + 1 / w), (r, w)) == {(1, 1): 1, (1, 0): -2, (1, -1): 1}
True
>>> monomials(sp.sqrt(r), (r,)) is None
True
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sympy as sp
from sympy.polys.matrices import DomainMatrix

Laurent = dict[tuple[int, ...], sp.Rational]
"""Exponents -> coefficient."""


def monomials(expr: sp.Expr, symbols: Sequence[sp.Symbol]) -> Laurent | None:
    """The terms of a Laurent polynomial with rational coefficients; None if it is none."""
    coefficients: Laurent = {}
    for term in sp.Add.make_args(sp.expand(expr)):
        number, rest = term.as_coeff_Mul()
        powers = rest.as_powers_dict() if rest != 1 else {}
        if not (number.is_Rational and all(s in symbols and n.is_Integer for s, n in powers.items())):
            return None
        key = tuple(int(powers.get(s, 0)) for s in symbols)
        coefficients[key] = coefficients.get(key, sp.S.Zero) + number
    return coefficients


def composed(polynomial: sp.Poly, marks: Sequence[sp.Symbol], stencils: Sequence[sp.Expr]) -> dict[int, Laurent] | None:
    """A polynomial in xi and the marks, a stencil's symbol in place of each mark: by power of xi, None if it is no Laurent one.

    Args:
        polynomial: in xi; its coefficients are polynomials in the marks.
        marks: what is replaced.
        stencils: by what, one for each mark.
    """
    symbols = symbols_in(polynomial, marks, stencils)
    series = [monomials(z, symbols) for z in stencils]
    terms = [(*powers, monomials(c, symbols)) for powers, c in sp.Poly(polynomial.as_expr(), *polynomial.gens, *marks).terms()]
    if not symbols or any(s is None for s in series) or any(factor is None for *_, factor in terms):
        return None
    by_power: dict[int, Laurent] = {}
    for power, *exponents, factor in terms:
        product = factor
        for z, n in zip(series, exponents, strict=True):
            product = _times(product, z, n)
        _add(by_power.setdefault(power, {}), product)
    return {power: {k: c for k, c in terms.items() if c} for power, terms in by_power.items()}


def symbols_in(polynomial: sp.Poly, marks: Sequence[sp.Symbol], stencils: Sequence[sp.Expr]) -> tuple[sp.Symbol, ...]:
    """Parameters and shifts, by name."""
    symbols = {s for e in (polynomial, *stencils) for s in e.free_symbols} - {*polynomial.gens, *marks}
    return tuple(sorted(symbols, key=str))


def in_symbols(terms: Laurent, symbols: Sequence[sp.Symbol]) -> sp.Expr:
    """As an expression."""
    return sp.Add(*(c * sp.Mul(*(s**n for s, n in zip(symbols, key, strict=True))) for key, c in terms.items()))


def determinant(matrix: sp.Matrix, symbols: Sequence[sp.Symbol]) -> Laurent | None:
    """Of a matrix of Laurent polynomials in all of its symbols; None if one of the entries is none."""
    ring, lows, rows = sp.QQ[tuple(sp.Dummy() for _ in symbols)], [], []
    for row in matrix.tolist():
        entries = [terms for entry in row if (terms := monomials(entry, symbols)) is not None]
        if len(entries) < len(row):
            return None
        low = [min(powers) for powers in zip(*(k for terms in entries for k in terms), strict=True)]
        lows.append(low)
        rows.append([ring.ring.from_dict(_raised(terms, low)) for terms in entries])
    product = DomainMatrix(rows, matrix.shape, ring).charpoly()[-1] * (-1) ** matrix.rows
    shift = [sum(powers) for powers in zip(*lows, strict=True)]
    return {tuple(a + b for a, b in zip(key, shift, strict=True)): sp.QQ.to_sympy(c) for key, c in product.terms() if c}


def in_cosines(terms: Laurent, axes: Sequence[int]) -> Laurent:
    """With the cosine of every phase for its shift, by w^k + w^-k = 2 T_k(c).

    Args:
        terms: even in the exponents at `axes`.
        axes: which exponents those of shifts are.
    """
    for i in axes:
        found: Laurent = {}
        for key, c in terms.items():
            for (n,), a in _chebyshev(key[i]) if key[i] >= 0 else ():
                place = (*key[:i], n, *key[i + 1 :])
                found[place] = found.get(place, sp.S.Zero) + c * a
        terms = {key: c for key, c in found.items() if c}
    return terms


@cache
def _chebyshev(k: int) -> list[tuple[tuple[int], sp.Integer]]:
    """2 T_k, or 1 where k is 0."""
    x = sp.Dummy()
    return sp.Poly(sp.chebyshevt(k, x) * (2 if k else 1), x).terms()


def even(terms: Laurent, axes: Sequence[int]) -> bool:
    """Whether a sign changed at one of the exponents changes nothing, for each."""
    return all(terms.get((*k[:i], -k[i], *k[i + 1 :])) == c for k, c in terms.items() for i in axes)


def _times(factor: Laurent, z: Laurent, power: int) -> Laurent:
    """factor z^power."""
    (left, lowest), (right, low) = _lowered(factor), _lowered(z)
    shift = [a + power * b for a, b in zip(lowest, low, strict=True)]
    ring = sp.ring([f"x_{i}" for i in range(len(shift))], sp.QQ)[0]
    product = ring.from_dict(left) * ring.from_dict(right) ** power
    return {tuple(a + b for a, b in zip(key, shift, strict=True)): sp.QQ.to_sympy(c) for key, c in product.terms()}


def _lowered(terms: Laurent) -> tuple[dict, tuple[int, ...]]:
    """Exponents from zero on, coefficients of the ring; and what they were lowered by."""
    low = tuple(map(min, zip(*terms, strict=True)))
    return _raised(terms, low), low


def _raised(terms: Laurent, low: Sequence[int]) -> dict:
    return {tuple(a - b for a, b in zip(k, low, strict=True)): sp.QQ.from_sympy(c) for k, c in terms.items()}


def _add(total: Laurent, terms: Laurent) -> None:
    for key, c in terms.items():
        total[key] = total.get(key, sp.S.Zero) + c
