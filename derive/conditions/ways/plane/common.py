"""The roots of polynomials in q where p is an algebraic number, without multiplicities: exactly, in its field, for short ones.

>>> p, q = sp.symbols("p q")
>>> one, other = sp.Poly(q**2 - 2 * p * q + 2, p, q), sp.Poly(q**3 - 2 * q + p - p**3 / 2, p, q)
>>> common_part(one, other, sp.Poly(p**2 - 2, p)), simple_part(one, sp.Poly(p**2 - 2, p))  # (q - sqrt(2))^2
(Poly(-p + q, p, q, domain='ZZ'), Poly(-p + q, p, q, domain='ZZ'))
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.conditions.ways.margins import NoClosedForm

MOST = 256
"""Product of the degrees, and that of the number."""


def common_part(f: sp.Poly, g: sp.Poly, minimal: sp.Poly) -> sp.Poly:
    """A polynomial in (p, q) whose roots, at a root of the minimal polynomial, are those that two have in common, and simple.

    Raises:
        NoClosedForm: they are too long.
    """
    one, other = _lifted([f, g], minimal)
    return _lowered(one.gcd(other).sqf_part(), f.gens)


def simple_part(f: sp.Poly, minimal: sp.Poly) -> sp.Poly:
    """The same of all roots of one."""
    (lifted,) = _lifted([f], minimal)
    return _lowered(lifted.sqf_part(), f.gens)


def _lifted(polys: Sequence[sp.Poly], minimal: sp.Poly) -> list[sp.Poly]:
    p, q = polys[0].gens
    if sp.prod(g.degree(q) for g in polys) * minimal.degree() > MOST:
        raise NoClosedForm
    field, modulus = sp.QQ.alg_field_from_poly(minimal), minimal.set_domain(sp.QQ)
    rows = (
        [sp.Poly(c, p, domain=sp.QQ).rem(modulus).rep.to_list() for c in sp.Poly(g.as_expr(), q).all_coeffs()] for g in polys
    )
    return [sp.Poly.from_list([field(row) for row in some], q, domain=field) for some in rows]


def _lowered(f: sp.Poly, names: tuple[sp.Symbol, ...]) -> sp.Poly:
    rows = enumerate(reversed(f.rep.to_list()))
    terms = {(j, k): c for k, row in rows for j, c in enumerate(reversed(row.to_list()))}
    return sp.Poly.from_dict(terms, *names, domain=sp.QQ).clear_denoms(convert=True)[1].set_domain(sp.ZZ)
