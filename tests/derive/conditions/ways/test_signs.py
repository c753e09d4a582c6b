"""Certified signs, against dense evaluation; an unknown sign stays unknown."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.ways.signs import Domain

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
whole = st.integers(-5, 5)


@settings(max_examples=40)
@given(coefficients=st.lists(whole, min_size=1, max_size=4), low=whole, width=st.integers(1, 4))
def test_a_certified_sign_is_the_sign(coefficients: list[int], low: int, width: int) -> None:
    expr = sp.Add(*(k * x**n for n, k in enumerate(coefficients)))
    found = Domain.of({x}, sp.And(x >= low, x <= low + width)).sign(expr)
    values = np.polyval(coefficients[::-1], np.linspace(low, low + width, 401))
    checks = {"+": values > 0, "-": values < 0, "0+": values >= -1e-9, "0-": values <= 1e-9, "0": values == 0}
    assert found is None or bool(np.all(checks[found]))


@pytest.mark.parametrize(
    ("expr", "assumptions", "sign"),
    [
        (1 - x, sp.And(x >= 0, x < 1), "+"),
        (1 - x, sp.And(x >= 0, x <= 1), "0+"),
        (x - 1, sp.And(x >= 0, x <= 1), "0-"),
        (p * (1 + x**2), sp.true, "+"),
        (x * y, sp.true, None),
        (x**2 * y**2, sp.true, "0+"),
        (p - 1, sp.true, None),
        (1 + p * x, sp.And(x > 0, x < 1), "+"),
        (x - x, sp.true, "0"),
        (1 - x * y, sp.And(x >= 0, x < 1, y >= 0, y <= 1), "+"),
    ],
)
def test_signs_that_are_known(expr: sp.Expr, assumptions: sp.Basic, sign: str | None) -> None:
    assert Domain.of({x, y, p}, assumptions).sign(expr) == sign
