"""Is a polynomial with rational coefficients positive, or never negative, on the whole real line? Exact, without a root.

Signs of the coefficients change as often as there are positive roots, or an even number more (Descartes); below a bound on the
roots the line is halved, and each half turned onto the positive numbers, until they change once or not at all (Vincent).

>>> x = sp.Symbol("x")
>>> f = sp.Poly(x**4 - 2 * x**2 + 1, x, domain="QQ")
>>> non_negative(f), positive(f), positive(f + 1), non_negative(f - sp.Rational(1, 10**30))
(True, False, True, False)

Source: Collins and Akritas, Polynomial real root isolation using Descartes' rule of signs (1976).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import sympy as sp

from derive.conditions.ways.algebra import dense


def positive(f: sp.Poly) -> bool:
    """Everywhere on the line; False for zero."""
    return bool(f.eval(0) > 0) and not any(has_positive_root(g.sqf_part()) for g in _sides(f) if not g.is_ground)


def has_root(f: sp.Poly) -> bool:
    """Anywhere on the line, of a polynomial without multiple roots."""
    return bool(f.eval(0) == 0) or any(has_positive_root(g) for g in _sides(f))


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
    return any(n % 2 and has_positive_root(g) for g, n in f.sqf_list()[1])


def has_positive_root(f: sp.Poly) -> bool:
    """Of a polynomial without multiple roots."""
    changes = _changes(f.all_coeffs())
    if changes < 2:
        return changes == 1
    whole = dense(f)
    bound = 2 + max(abs(a).bit_length() for a in whole) - abs(whole[-1]).bit_length()  # Cauchy's, as a power of 2
    return has_root_in_unit([a << bound * k for k, a in enumerate(whole)])


def has_root_in_unit(f: list[int]) -> bool:
    """Between 0 and 1, of a polynomial without multiple roots, not zero at 1; whole coefficients from the constant up."""
    changes = _changes(shifted(f[::-1], 1))
    if changes < 2:
        return changes == 1
    n = len(f) - 1
    left = [a * 2 ** (n - k) for k, a in enumerate(f)]
    if sum(left) == 0:
        return True
    return has_root_in_unit(left) or has_root_in_unit(shifted(left, 1))


def shifted(f: list[int], by: int) -> list[int]:
    """f(x + by)."""
    out = list(f)
    for i in range(len(out) - 1):
        for k in range(len(out) - 2, i - 1, -1):
            out[k] += by * out[k + 1]
    return out


def _changes(coefficients: Iterable[Any]) -> int:
    signs = [c > 0 for c in coefficients if c]
    return sum(a != b for a, b in pairwise(signs))
