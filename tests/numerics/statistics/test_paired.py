"""Paired differences and ratios of variances: identities, coverage on simulated pairs, powers, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import pearsonr, ttest_rel

from derive.errors import InputError
from numerics.statistics import paired_difference, paired_ratio, variance_ratio
from numerics.statistics.paired import noncentrality

COUNT, RUNS = 12, 600


def normal_pairs(seed: int, ratio: float, correlation: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.random.default_rng(seed).normal(size=(2, COUNT))
    return math.sqrt(ratio) * x, correlation * x + math.sqrt(1 - correlation**2) * y


def near(covered: list[bool], expected: float) -> bool:
    """Within four standard errors."""
    return abs(float(np.mean(covered)) - expected) < 4 * math.sqrt(expected * (1 - expected) / len(covered))


def test_students_interval_is_that_of_the_paired_test() -> None:
    x, y = normal_pairs(3, 2.0)
    found, reference = paired_difference(x, y, 0.9), ttest_rel(x, y).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), rel=1e-12)
    assert found.mean == pytest.approx(float(np.mean(x) - np.mean(y)))
    assert found.bootstrap[0] < found.mean < found.bootstrap[1]


def test_differences_that_are_equal_have_no_bootstrap() -> None:
    found = paired_difference([1.0, 2, 3], [0.0, 1, 2])
    assert (found.low, found.high, found.detectable) == (1, 1, 0)
    assert math.isnan(found.bootstrap[0])
    assert "bootstrap" not in found.sentence


def test_a_difference_of_the_detectable_size_is_told_four_times_in_five() -> None:
    shift = noncentrality(COUNT - 1) / math.sqrt(COUNT)  # in standard deviations of the differences
    draws = np.random.default_rng(0).normal(shift, 1, (2000, COUNT))
    assert near([paired_low(one) > 0 for one in draws], 0.8)


def paired_low(apart: np.ndarray) -> float:
    return float(ttest_rel(apart, np.zeros(COUNT)).confidence_interval().low)


@pytest.mark.parametrize(("ratio", "correlation"), [(1.0, 0.0), (1.0, 0.9), (4.0, 0.6)])
def test_the_interval_of_a_ratio_covers(ratio: float, correlation: float) -> None:
    found = (paired_ratio(*normal_pairs(seed, ratio, correlation)) for seed in range(RUNS))
    assert near([one.low <= ratio <= one.high for one in found], 0.95)


def test_at_its_ends_sum_and_difference_are_just_correlated() -> None:
    """The definition of the interval, by SciPy's p-value."""
    x, y = normal_pairs(5, 3.0)
    found = paired_ratio(x, y)
    for end in (found.low, found.high):
        scaled = x / math.sqrt(end)
        assert pearsonr(scaled + y, scaled - y).pvalue == pytest.approx(0.05, rel=1e-9)


def test_turned_over_it_is_the_inverse_and_shorter_than_without_pairs() -> None:
    x, y = normal_pairs(5, 3.0, 0.9)
    found, turned = paired_ratio(x, y), paired_ratio(y, x)
    assert (1 / turned.high, 1 / turned.low, 1 / turned.ratio) == pytest.approx((found.low, found.high, found.ratio))
    assert found.high / found.low < (apart := variance_ratio(x, y)).high / apart.low


def test_a_ratio_of_the_detectable_size_is_told_about_four_times_in_five() -> None:
    """By Fisher's transformation, good to some percent at twelve pairs."""
    ratio = 6.0
    told = [not (one := paired_ratio(*normal_pairs(seed, ratio, 0.6))).low <= 1 <= one.high for seed in range(RUNS)]
    wanted = np.median([paired_ratio(*normal_pairs(seed, ratio, 0.6)).detectable for seed in range(RUNS)])
    assert 0.6 < float(np.mean(told)) < 0.95
    assert ratio / 1.6 < wanted < ratio * 1.6


@pytest.mark.parametrize(("x", "y"), [([1, 2, 3], [1, 2]), ([1.0], [2.0]), ([1, math.nan, 2], [1, 2, 3])])
def test_what_is_no_pairs(x: list, y: list) -> None:
    with pytest.raises(InputError):
        paired_difference(x, y)


@pytest.mark.parametrize("y", [[1, 1, 1, 1], [1, 2, 3]])
def test_ratios_need_four_pairs_that_differ(y: list) -> None:
    with pytest.raises(InputError, match="at least four pairs"):
        paired_ratio(range(1, len(y) + 1), y)
