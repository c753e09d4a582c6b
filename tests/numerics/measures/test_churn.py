from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.measures.churn import churn, churn_rates
from tests.examples import thoroughly


@thoroughly()
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_counts_disagreements_and_brackets_the_rate(pairs):
    first, second = torch.tensor(pairs).T
    found = churn(first, second)
    assert found.disagreements == sum(a != b for a, b in pairs)
    assert found.images == len(pairs)
    assert -1e-12 <= found.low <= found.rate + 1e-12
    assert found.rate - 1e-12 <= found.high <= 1 + 1e-12
    assert found == churn(second, first)
    assert churn_rates(torch.stack([first, second]), second).tolist() == [pytest.approx(found.rate), 0]


def test_wilson_interval_by_hand():
    n, p, z = 200, 0.05, 1.959963984540054
    middle, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = churn(torch.tensor([1] * 10 + [0] * 190), torch.zeros(200, dtype=torch.int64))
    assert (found.low, found.high) == pytest.approx(((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)))
    assert found.sentence.startswith("They disagree on 10 of 200 images, 5.00 % (95 % interval 2.74 to 8.96 %).")


def test_agreement_is_not_certainty():
    """Even where no image differs, the rate on others may be above 0."""
    found = churn(torch.zeros(1000, dtype=torch.int64), torch.zeros(1000, dtype=torch.int64))
    assert found.low == 0 < found.high < 0.01


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (torch.ones(2, dtype=torch.int64), torch.ones(3, dtype=torch.int64), "got"),
        (torch.ones(0, dtype=torch.int64), torch.ones(0, dtype=torch.int64), "n > 0"),
        (torch.ones(2), torch.ones(2), "argmax"),
    ],
)
def test_bad_input(first, second, message):
    with pytest.raises(InputError, match=message):
        churn(first, second)


def test_bad_level():
    with pytest.raises(InputError, match="between 0 and 1"):
        churn(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), level=95)
