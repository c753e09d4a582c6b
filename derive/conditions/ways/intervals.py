"""Arithmetic with numbers that are known between two others: what mpmath's intervals are asked for here.

>>> from fractions import Fraction
>>> with precisely():
...     x = interval(Root(Fraction(1, 3), Fraction(1, 2)))
>>> 0.25 in x, 0.4 in x
(False, True)

Source: Moore, Interval Analysis (1966).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import sympy as sp
from mpmath import iv

from derive.conditions.ways.algebra import Root
from derive.conditions.ways.margins import Complex
from derive.modes.roots import function_of

PRECISION = 500
Function = Callable[..., list]


@contextmanager
def precisely() -> Iterator[None]:
    """With intervals of many digits."""
    before, iv.prec = iv.prec, PRECISION
    try:
        yield
    finally:
        iv.prec = before


def interval(root: Root):
    """That holds a number."""
    low, high = (iv.mpf(x.numerator) / iv.mpf(x.denominator) for x in (root.low, root.high))
    return iv.mpf([low.a, high.b])


def function_of_intervals(phi: Sequence[Complex], names: Sequence[sp.Symbol]) -> Function:
    """Real and imaginary parts of the coefficients in turn, times one number, functions of numbers of any kind.

    They are whole polynomials, so that no division is rounded.
    """
    parts = [part for k in phi for part in (k.real, k.imaginary)]
    scale = sp.ilcm(1, *(part.clear_denoms(convert=True)[0] for part in parts))
    return function_of(names, [sp.expand(scale * part.as_expr()) for part in parts], "math")
