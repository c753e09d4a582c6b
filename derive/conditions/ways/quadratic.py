"""Quadratic polynomials that are never negative, wherever their variables are: sums of squares, and no others.

With 1 for one more variable a polynomial of degree 2 is a quadratic form, and completing squares, one variable after the other,
says whether the form is positive semidefinite: no pivot is negative, and a row with a pivot of zero is zero.

>>> a, b = sp.symbols("a b", real=True)
>>> is_never_negative(a**2 - 2 * a + 1 + 4 * b**2), is_never_negative(a**2 + 3 * a * b + b**2), is_never_negative(a + 1)
(True, False, False)
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp


def is_never_negative(expr: sp.Expr) -> bool:
    """Whether a polynomial of degree 2 with rational coefficients is a sum of squares; False of any other."""
    if not expr.free_symbols or not expr.is_polynomial():
        return False
    poly = sp.Poly(expr, *sorted(expr.free_symbols, key=str))
    if poly.total_degree() != 2 or not all(c.is_Rational for c in poly.coeffs()):
        return False
    return _is_semidefinite(_form(poly))


def _form(poly: sp.Poly) -> list[list[Fraction]]:
    """Its symmetric matrix, the row of 1 last."""
    size = len(poly.gens) + 1
    form = [[Fraction(0)] * size for _ in range(size)]
    for powers, c in poly.terms():
        used = [k for k, n in enumerate(powers) for _ in range(n)]
        i, j = (*used, size - 1, size - 1)[:2]
        form[i][j] += Fraction(int(c.p), int(c.q)) / 2
        form[j][i] += Fraction(int(c.p), int(c.q)) / 2
    return form


def _is_semidefinite(form: list[list[Fraction]]) -> bool:
    if not form:
        return True
    (pivot, *row), rest = form[0], form[1:]
    if pivot < 0 or (pivot == 0 and any(row)):
        return False
    if pivot == 0:
        return _is_semidefinite([line[1:] for line in rest])
    return _is_semidefinite([[a - line[0] * b / pivot for a, b in zip(line[1:], row, strict=True)] for line in rest])
