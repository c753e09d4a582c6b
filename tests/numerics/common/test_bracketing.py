"""An edge is bracketed to the tolerance asked for, and what holds none is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.common.bracketing import bisect, close_in
from tests.examples import thoroughly


@thoroughly()
@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e4), st.floats(0.01, 0.99), st.integers(1, 9), st.booleans())
def test_bisection_brackets_the_edge(low, ratio, position, width, rising):
    high = low * ratio
    edge = low + position * (high - low)
    found = bisect(lambda v: (v > edge) == rising, low, high, 1e-4, width)
    assert found.low <= edge <= found.high
    assert found.high - found.low <= 1e-4 * found.high
    assert low <= found.low
    assert found.high <= high


def test_bisection_needs_an_edge_inside():
    with pytest.raises(InputError, match="both stable"):
        bisect(lambda v: v > 5, 1, 2)
    with pytest.raises(InputError, match="both unstable"):
        bisect(lambda v: v > 0, 1, 2)


def test_closing_in_takes_few_runs_where_factors_are_linear() -> None:
    asked = []

    def growth(values: torch.Tensor) -> torch.Tensor:
        asked.extend(values.tolist())
        return torch.log1p(values - 3.7)

    found = close_in(growth, 3.0, 9.0, 1e-4)
    assert found.low <= 3.7 <= found.high
    assert found.high - found.low <= 1e-4 * found.high
    assert len(asked) == 5


@pytest.mark.parametrize(
    "growth",
    [lambda v: (v - 2) ** 3, lambda v: torch.where(v > 2, 1e-9, -5.0), lambda v: 32 - v**5],
    ids=["flat", "a jump", "steep"],
)
def test_closing_in_needs_no_linear_rate(growth: Callable) -> None:
    found = close_in(growth, 0.5, 40.0, 1e-4)
    assert found.low <= 2 <= found.high
    assert found.high - found.low <= 1e-4 * found.high


def test_closing_in_needs_an_edge_inside() -> None:
    with pytest.raises(InputError, match="both stable at 1 and 2"):
        close_in(lambda v: v - 5, 1.0, 2.0)
    with pytest.raises(InputError, match="both unstable at 2 and 1"):
        close_in(lambda v: v, 2.0, 1.0)
