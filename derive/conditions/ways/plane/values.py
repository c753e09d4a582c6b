"""Polynomials in (c, p, q) at rational p and q: whole coefficients in c, and whether they have a root between -1 and 1.

Where p and q are known between two numbers, so are the coefficients.

>>> has_root_inside([-1, 0, 2]), has_root_inside([1, 0, 2]), has_root_inside([-2, 0, 1])  # 2 x^2 - 1, 2 x^2 + 1, x^2 - 2
(True, False, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import sympy as sp
from mpmath import iv

from derive.conditions.ways.algebra import Dense, Root
from derive.conditions.ways.intervals import interval
from derive.conditions.ways.on_the_real_line import has_root_in_unit, shifted


def in_c(f: sp.Poly, p: Fraction, q: Fraction) -> Dense:
    """Whole coefficients in c, from the constant up, at rational p and q, times a positive number."""
    terms, degrees = _terms(f)
    at_p, at_q = (_powers(x, degree) for x, degree in zip((p, q), degrees[1:], strict=True))
    out = [0] * (degrees[0] + 1)
    for (i, j, k), value in terms:
        out[i] += value * at_p[j] * at_q[k]
    return tuple(out)


def in_c_between(f: sp.Poly, p: Root, q: Root) -> list:
    """Intervals for the coefficients in c, from the leading one down."""
    terms, degrees = _terms(f)
    at_p, at_q = (_interval_powers(interval(x), degree) for x, degree in zip((p, q), degrees[1:], strict=True))
    out = [iv.mpf(0)] * (degrees[0] + 1)
    for (i, j, k), value in terms:
        out[-1 - i] += value * at_p[j] * at_q[k]
    return out


def _interval_powers(x, degree: int) -> list:
    found = [iv.mpf(1)]
    for _ in range(degree):
        found.append(found[-1] * x)
    return found


@lru_cache(maxsize=256)
def _terms(f: sp.Poly) -> tuple[list[tuple[tuple[int, ...], int]], tuple[int, ...]]:
    return [(m, int(value)) for m, value in f.terms()], tuple(f.degree(gen) for gen in f.gens)


def _powers(x: Fraction, degree: int) -> list[int]:
    """x^j, times the denominator to the degree."""
    return [x.numerator**j * x.denominator ** (degree - j) for j in range(degree + 1)]


def has_root_inside(f: Sequence[int]) -> bool:
    """Whether a polynomial without multiple roots, not zero at -1 and 1, has a root between: signs change once for each."""
    while f and f[-1] == 0:
        f = f[:-1]
    return has_root_in_unit([a * 2**k for k, a in enumerate(shifted(list(f), -1))])
