"""The factors of an expression of real parameters, whatever numbers stand in it.

SymPy takes pi, or a root, for one more variable, and refuses 1/sqrt(pi), which is no power of it that a polynomial has. Here
what is neither a sum, a product nor a whole power is called by a name, factored, and called by its own name again.

>>> lr, a = sp.symbols("lr a", real=True)
>>> factors_of(sp.sqrt(2 / sp.pi) * lr * a - 2 * lr)
(1, [(lr, 1), (sqrt(2)*a/sqrt(pi) - 2, 1)])
>>> root = max(sp.real_roots(4 * lr**3 - 3 * lr - 2))  # by Cardano's formula: a cube root of 1 + sqrt(3)/2 and its reciprocal
>>> [power for factor, power in factors_of(lr * (lr - sp.expand(root)))[1]]
[1, 1]
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.ways.algebra import factor_powers

Factors = tuple[sp.Expr, list[tuple[sp.Expr, int]]]
"""A number, and each factor with its power."""


def factors_of(expr: sp.Expr) -> Factors:
    """As `sympy.factor_list`; one that is no polynomial has the powers of its denominator too, negative."""
    number, powers = _factors_of(expr)
    return number, list(powers)


@lru_cache(maxsize=4096)  # the sign of an inequality, and what is left of it, are asked one after the other
def _factors_of(expr: sp.Expr) -> Factors:
    poly = rational(expr)
    if poly is not None:
        powers = factor_powers(poly)
        number = poly.LC() / sp.prod([g.LC() ** n for g, n in powers])
        return number, [(g.as_expr(), n) for g, n in powers]
    try:
        return sp.factor_list(expr)[:2]
    except BasePolynomialError:
        names: dict[sp.Expr, sp.Dummy] = {}
        above, below = (_of_part(part) for part in sp.fraction(sp.together(_named(expr, names))))
    own = {name: part for part, name in names.items()}
    powers = [*above[1], *((factor, -power) for factor, power in below[1])]
    return above[0] / below[0], [(factor.xreplace(own), power) for factor, power in powers]


@lru_cache(maxsize=4096)
def rational(expr: sp.Expr) -> sp.Poly | None:
    """A sum as a polynomial in its symbols with rational coefficients, if it is one: that goes a quicker way."""
    if not expr.is_Add or not expr.is_polynomial(*expr.free_symbols):
        return None
    poly = sp.Poly(expr)
    return poly if (poly.domain.is_ZZ or poly.domain.is_QQ) and all(gen.is_Symbol for gen in poly.gens) else None


def _of_part(part: sp.Expr) -> Factors:
    """Of a numerator or a denominator; a number, with whatever roots in it, is one factor."""
    return sp.factor_list(part)[:2] if part.free_symbols else (part, [])


def _named(expr: sp.Expr, names: dict[sp.Expr, sp.Dummy]) -> sp.Expr:
    if expr.is_Symbol or (expr.is_number and expr.is_algebraic):
        return expr
    if expr.is_Add or expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer):
        return expr.func(*(_named(arg, names) for arg in expr.args))
    return names.setdefault(expr, sp.Dummy(real=expr.is_real, positive=expr.is_positive))
