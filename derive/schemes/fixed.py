"""A scheme some of whose parameters are numbers, such as an optimiser whose flags are set."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from derive.errors import InputError, choose
from derive.schemes.grid import GridScheme
from derive.shown import quoted


def fixed(scheme: GridScheme, values: Mapping[str, sp.Expr | Fraction | float]) -> GridScheme:
    """The same scheme with numbers for some of its parameters, taken as they print.

    Args:
        scheme: whose parameters they are.
        values: a real number each, by name.

    Raises:
        InputError: an unknown parameter, no real number, or one that the scheme's assumptions exclude.
    """
    known = {str(p): p for p in scheme.parameters}
    numbers = {choose("parameter", name, known): _number(name, value) for name, value in values.items()}
    for parameter, number in numbers.items():
        if _excluded(parameter, number) or scheme.assumptions.subs(parameter, number) == sp.false:
            raise InputError(f"expected a value of {parameter} that the scheme can have, got {number}")
    assumptions = scheme.assumptions.subs(numbers)
    if assumptions == sp.false:
        told = ", ".join(f"{parameter} = {number}" for parameter, number in numbers.items())
        raise InputError(f"expected values that the scheme can have together, got {told}; it assumes {scheme.assumptions}")
    return (
        GridScheme(*(residual.subs(numbers) for residual in scheme.residuals), assumptions=assumptions) if numbers else scheme
    )


def _number(name: str, value: object) -> sp.Expr:
    try:
        number = sp.Rational(str(value)) if isinstance(value, int | float | Fraction) else sp.sympify(value, strict=True)
    except (TypeError, ValueError, sp.SympifyError):
        number = sp.nan
    if isinstance(value, str) or not (number.is_number and number.is_real):
        raise InputError(f"expected a real number for {name}, got {quoted(value)}")
    return number


def _excluded(parameter: sp.Symbol, number: sp.Expr) -> bool:
    signs = (parameter.is_positive and number <= 0, parameter.is_nonnegative and number < 0)
    return any(signs) or bool(parameter.is_integer and not number.is_integer)
