"""Expressions that a user gives in Python: taken as they are, and never from a text, which SymPy would execute."""

from __future__ import annotations

from numbers import Number

import sympy as sp

from derive.errors import InputError
from derive.shown import quoted


def expression(value: object, what: str = "an expression or a number") -> sp.Expr:
    """A SymPy expression.

    Raises:
        InputError: something else, a text among them; the message says that `what` was expected.
    """
    if not isinstance(value, sp.Expr | Number):
        raise InputError(f"expected {what}, got {quoted(value)}")
    return sp.sympify(value)
