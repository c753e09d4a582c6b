"""Is a polynomial with rational coefficients positive, or never negative, on the whole real line? Exact, without a root.

Signs of the coefficients change as often as there are positive roots, or an even number more (Descartes); the line is cut at 1,
and turned by x -> 1/x, until they change once or not at all (Vincent).

>>> x = sp.Symbol("x")
>>> f = sp.Poly(x**4 - 2 * x**2 + 1, x, domain="QQ")
>>> non_negative(f), positive(f), positive(f + 1), non_negative(f - sp.Rational(1, 10**30))
(True, False, True, False)

Source: Collins and Akritas, Polynomial real root isolation using Descartes' rule of signs (1976).
"""

from __future__ import annotations

from itertools import pairwise

import sympy as sp


def positive(f: sp.Poly) -> bool:
    """Everywhere on the line; False for zero."""
    return bool(f.eval(0) > 0) and not any(_has_positive_root(g.sqf_part()) for g in _sides(f) if not g.is_ground)


def non_negative(f: sp.Poly) -> bool:
    """Everywhere on the line."""
    if f.is_zero:
        return True
    least = min(power for (power,), _ in f.terms())
    if least % 2:
        return False
    rest = sp.Poly({(power - least,): c for (power,), c in f.terms()}, *f.gens, domain=f.domain)
    return bool(rest.eval(0) > 0) and not any(_changes_sign(g) for g in _sides(rest))


def _sides(f: sp.Poly) -> list[sp.Poly]:
    """Polynomials whose values at positive numbers are all those of f but f(0): of an even one half the degree is enough."""
    if all(power % 2 == 0 for (power,), _ in f.terms()):
        return [sp.Poly({(power // 2,): c for (power,), c in f.terms()}, *f.gens, domain=f.domain)]
    return [f, f.compose(sp.Poly(-f.gen, f.gen, domain=f.domain))]


def _changes_sign(f: sp.Poly) -> bool:
    """On the positive numbers: a root of odd multiplicity."""
    return any(n % 2 and _has_positive_root(g) for g, n in f.sqf_list()[1])


def _has_positive_root(f: sp.Poly) -> bool:
    """Of a polynomial without multiple roots."""
    signs = [c > 0 for c in f.all_coeffs() if c]
    changes = sum(a != b for a, b in pairwise(signs))
    if changes < 2:
        return changes == 1
    if f.eval(1) == 0:
        return True
    turned = sp.Poly(f.all_coeffs()[::-1], f.gen, domain=f.domain)
    return _has_positive_root(f.shift(1)) or _has_positive_root(turned.shift(1))
