from __future__ import annotations

from fractions import Fraction

import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.optim.exact import two_product, two_quotient, two_sum
from tests.examples import thoroughly

# Products and remainders of these stay clear of overflow and of subnormal numbers.
ordinary = st.one_of(st.floats(1e-60, 1e60), st.floats(-1e60, -1e-60))


def exactly(pair) -> Fraction:
    return sum((Fraction(part.item()) for part in pair), Fraction(0))


def as_tensors(a, b):
    return torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)


@thoroughly(max_examples=300)
@given(ordinary, ordinary)
def test_nothing_is_lost(a, b):
    x, y = as_tensors(a, b)
    assert exactly(two_sum(x, y)) == Fraction(a) + Fraction(b)
    assert exactly(two_product(x, y)) == Fraction(a) * Fraction(b)
    quotient = Fraction(a) / Fraction(b)
    assert abs(exactly(two_quotient(x, y)) - quotient) <= abs(quotient) * Fraction(2) ** -103


def test_the_low_parts_are_needed():
    x, y = as_tensors(0.1, 0.3)
    assert two_sum(x, y)[1] != 0
    assert two_product(x, y)[1] != 0
    assert two_quotient(x, y)[1] != 0
