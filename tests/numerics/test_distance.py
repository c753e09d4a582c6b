from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics import relative_l1
from tests.numerics.cases import normal, thoroughly

seeds = st.integers(0, 2**31)


@thoroughly()
@given(seeds, st.floats(-300, 300))
def test_symmetric_scale_free_and_between_0_and_2(seed, exponent):
    x, y = normal(seed, (40,)), normal(seed + 1, (40,))
    distance = float(relative_l1(x, y))
    assert 0 <= distance <= 2 + 1e-15
    assert distance == float(relative_l1(y, x))
    assert float(relative_l1(x * 10**exponent, y * 10**exponent)) == pytest.approx(distance, rel=1e-13)


def test_extremes():
    x = normal(0, (3, 4))
    assert float(relative_l1(x, x)) == 0
    assert float(relative_l1(x, -x)) == pytest.approx(2, rel=1e-15)
    assert float(relative_l1(torch.zeros(3), torch.zeros(3))) == 0
    assert float(relative_l1(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0]))) == 1


def test_huge_weights_do_not_overflow():
    big = torch.full((3,), 1.7e308, dtype=torch.float64)
    assert float(relative_l1(big, -big)) == 2


def test_is_the_mean_of_symmetric_relative_errors():
    x, y = torch.tensor([1.0, 4.0]), torch.tensor([3.0, 4.0])
    assert float(relative_l1(x, y)) == 2 * (2 / 4 + 0) / 2


def test_keeps_leading_axes():
    x, y = normal(0, (5, 3, 4)), normal(1, (5, 3, 4))
    rows = relative_l1(x, y, dims=2)
    assert rows.shape == (5,)
    assert float(rows[2]) == pytest.approx(float(relative_l1(x[2], y[2])), rel=1e-14)


def test_a_run_that_blew_up_is_not_called_close():
    assert relative_l1(torch.tensor([torch.nan]), torch.tensor([1.0])).isnan()


@pytest.mark.parametrize("other", [torch.ones(3), torch.ones(2, 1)])
def test_shapes_must_agree(other):
    with pytest.raises(InputError, match="one shape"):
        relative_l1(torch.ones(2), other)
