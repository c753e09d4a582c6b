from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.measures.distance import BITS
from numerics.measures.ulps import FARTHEST, ulp_distance, ulps
from tests.examples import thoroughly
from tests.numerics.cases import normal

TYPES = list(BITS)
FLOATS = st.floats(allow_nan=False, width=32)


@thoroughly()
@given(st.sampled_from(TYPES), FLOATS, st.integers(0, 40), st.booleans())
def test_counts_steps_of_nextafter(dtype, start, steps, up):
    """Independent oracle: walk, through zero, subnormals and into infinity."""
    first = torch.tensor([start], dtype=dtype)
    at, walked = first, 0
    for _ in range(steps):
        following = torch.nextafter(at, torch.tensor(math.inf if up else -math.inf, dtype=dtype))
        walked += int(following != at)  # stops at infinity
        at = following
    assert int(ulp_distance(first, at)) == int(ulp_distance(at, first)) == walked


@thoroughly()
@given(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3))
def test_adds_up_along_the_line(values):
    low, middle, high = (torch.tensor([v], dtype=torch.float64) for v in sorted(values))
    parts = int(ulp_distance(low, middle)) + int(ulp_distance(middle, high))
    assert int(ulp_distance(low, high)) == min(parts, FARTHEST)


@pytest.mark.parametrize("dtype", TYPES)
def test_zeros_are_one_number(dtype):
    zeros = torch.tensor([0.0, -0.0], dtype=dtype)
    assert ulp_distance(zeros, zeros.flip(0)).tolist() == [0, 0]
    least = torch.nextafter(zeros[:1], torch.ones(1, dtype=dtype))
    assert ulp_distance(least, -least).tolist() == [2]


def test_histogram_and_median_against_a_count():
    first = [normal(0, (50,), torch.float32), normal(1, (7, 3), torch.float32)]
    second = [w * (1 + 3e-7 * normal(2, tuple(w.shape), torch.float32)) for w in first]
    found = ulps(first, second)
    apart = sorted(int(d) for x, y in zip(first, second, strict=True) for d in ulp_distance(x, y).ravel())
    bins = [0 if d == 0 else 1 + int(math.log2(d)) for d in apart]
    assert found.counts == tuple(bins.count(b) for b in range(max(bins) + 1))
    assert found.median == apart[(len(apart) - 1) // 2]
    assert found.largest == apart[-1]
    assert sum(found.counts) == found.weights == 71


def test_nan_is_farthest():
    found = ulps([torch.tensor([1.0, torch.nan, torch.nan])], [torch.tensor([1.0, torch.nan, 1.0])])
    assert (found.incomparable, found.counts, found.median) == (2, (1,), FARTHEST)
    assert "2 are NaN" in found.sentence


def test_farthest_in_double_precision():
    inf = torch.tensor([torch.inf], dtype=torch.float64)
    found = ulps([inf], [-inf])
    assert found.largest == FARTHEST
    assert sum(found.counts) == 1


@pytest.mark.parametrize("other", [torch.ones(3), torch.ones(2).half(), torch.ones(2).int()])
def test_bad_input(other):
    with pytest.raises(InputError, match="one shape and"):
        ulp_distance(torch.ones(2), other)
    with pytest.raises(InputError, match="as many tensors"):
        ulps([other], [])
