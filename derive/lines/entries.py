"""Coefficients of a method, as a user gives them."""

from __future__ import annotations

from math import isfinite
from numbers import Number

import sympy as sp

from derive.errors import InputError
from derive.shown import quoted

Entry = Number | sp.Expr


def listed(values: object) -> list:
    """What a user gives as a row.

    Raises:
        InputError: it is none.
    """
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise InputError(f"expected rows of numbers, got {quoted(values)}")
    return list(values)  # type: ignore[arg-type]


def entry(value: object) -> sp.Expr:
    """An exact number, or an expression in parameters: a decimal is the fraction that it prints as.

    Raises:
        InputError: something else.
    """
    if hasattr(value, "item"):  # a number of NumPy's
        value = value.item()  # type: ignore[attr-defined]
    if not isinstance(value, sp.Expr | Number) or isinstance(value, complex):
        raise InputError(f"expected numbers of the method, got {quoted(value)}")
    exact = sp.sympify(sp.Rational(str(value)) if isinstance(value, float) and isfinite(value) else value)
    exact = exact.xreplace({x: sp.Rational(str(x)) for x in exact.atoms(sp.Float)})
    if exact.has(sp.oo, -sp.oo, sp.zoo, sp.nan) or exact.is_real is False:
        raise InputError(f"expected finite real numbers of the method, got {quoted(value)}")
    return exact
