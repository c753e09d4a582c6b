"""Values that a user gives to parameters: one for each, of real numbers."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

import sympy as sp

from derive.errors import InputError
from derive.shown import quoted


def checked_values(values: Mapping[str, Any], parameters: tuple[sp.Symbol, ...]) -> Mapping[str, Any]:
    """The values, one for every parameter.

    Raises:
        InputError: one is missing, unknown or not real.
    """
    names = [str(p) for p in parameters]
    if set(values) != set(names):
        raise InputError(f"expected values for {', '.join(names) or 'no parameter'}; got {', '.join(values) or 'none'}")
    for name, value in values.items():
        if not _is_real(value):
            raise InputError(f"expected real numbers or arrays that broadcast, got {name} = {quoted(value)}")
    return values


def _is_real(value: Any) -> bool:
    """Whether it is made of real numbers: Python's, SymPy's, or those of an array."""
    import numpy as np

    if hasattr(value, "detach"):  # a tensor says itself what it cannot do
        return True
    try:
        numbers = np.asarray(value)
    except ValueError:
        return False
    if numbers.dtype.kind != "O":
        return numbers.dtype.kind in "biuf"
    return all(isinstance(x, Number | sp.Expr) and sp.sympify(x).is_extended_real is True for x in numbers.flat)


def numbers_of(values: Mapping[str, Any], parameters: tuple[sp.Symbol, ...]) -> dict[sp.Symbol, sp.Rational]:
    """One finite number for every parameter, decimals as the fractions they print as.

    Raises:
        InputError: one is missing, unknown, not real, not finite, or an array.
    """
    checked = checked_values(values, parameters)
    numbers = {}
    for p in parameters:
        value = sp.sympify(checked[p.name]) if isinstance(checked[p.name], Number | sp.Expr) else None
        if value is None or not value.is_number or not value.is_finite:
            raise InputError(f"expected a finite number, got {p.name} = {quoted(checked[p.name])}")
        numbers[p] = value if value.is_Rational else sp.Rational(str(float(value)))
    return numbers
