from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.optim import nudge
from tests.examples import thoroughly
from tests.numerics.optim.cases import DTYPES, SHAPES, bits, parameters

seeds = st.integers(0, 2**31)


@thoroughly()
@given(SHAPES, st.sampled_from(DTYPES), seeds, st.data())
def test_one_weight_by_one_unit_in_the_last_place(shapes, dtype, seed, data):
    params = parameters(shapes, dtype, seed)
    before = [number for row in bits(params) for number in row]
    if not before:
        with pytest.raises(InputError, match="from 1 to 0"):
            nudge(params, 1)
        return
    number = data.draw(st.integers(1, len(before)))
    nudge(iter(params), number)
    after = [number for row in bits(params) for number in row]
    changed = [n for n, (a, b) in enumerate(zip(after, before, strict=True), start=1) if a != b]
    assert changed == [number]
    # As integers, neighbours of one sign differ by one; up is away from zero for positive numbers.
    assert after[number - 1] - before[number - 1] == (1 if before[number - 1] >= 0 else -1)


@pytest.mark.parametrize("start", [0.0, -0.0, 1.0, -1.0, 3.4e38, -1e-45])
def test_as_numpy_has_it(start):
    weight = torch.tensor([start])
    expected = np.nextafter(np.float32(start), np.float32(np.inf))
    nudge([weight], 1)
    assert weight.numpy()[0] == expected


def test_places_count_row_by_row_whatever_the_layout():
    weight = torch.arange(1.0, 7.0).reshape(3, 2).T
    nudge([weight], 2)
    assert weight[0, 1] > 3
    assert weight[0, 1] - 3 < 1e-6


@pytest.mark.parametrize("number", [0, -1, 6, 1.0, True, None])
def test_numbers_out_of_range(number):
    with pytest.raises(InputError, match="from 1 to 5, got"):
        nudge([torch.ones(2), torch.ones(3)], number)


@pytest.mark.parametrize("weight", [float("inf"), float("nan"), torch.finfo(torch.float32).max])
def test_nothing_finite_above(weight):
    with pytest.raises(InputError, match="finite number above"):
        nudge([torch.tensor([weight])], 1)
