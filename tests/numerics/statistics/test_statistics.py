"""Statistics: formulas by hand, coverage on simulated runs, powers, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.statistics import (
    detectable_ratio,
    finite_test_set_floor,
    floor_bound,
    floored,
    spread,
    two_way,
    variance_ratio,
)
from tests.examples import thoroughly

LEVEL = 0.95
NUMBERS = st.lists(st.floats(0, 100), min_size=2, max_size=9)


def near(covered: list[bool], expected: float = LEVEL) -> bool:
    """Within four standard errors."""
    return abs(float(np.mean(covered)) - expected) < 4 * math.sqrt(expected * (1 - expected) / len(covered))


@thoroughly()
@given(NUMBERS, st.floats(0.1, 10))
def test_spread_is_the_sample_std_and_scales(values, unit):
    found, scaled = spread(values), spread(np.array(values) * unit)
    assert found.std == pytest.approx(math.sqrt(sum((v - np.mean(values)) ** 2 for v in values) / (len(values) - 1)), abs=1e-12)
    assert (scaled.std, scaled.low, scaled.high) == pytest.approx((found.std * unit, found.low * unit, found.high * unit))
    assert found.low <= found.std <= found.high or found.std == 0
    assert spread(values, 0.5).high <= found.high


def test_spread_of_six_by_hand():
    """With chi-square's table: 12.833 and 0.8312 at 5 degrees of freedom."""
    found = spread([1.0, 2, 3, 4, 5, 6])
    assert found.std**2 == pytest.approx(3.5)
    assert (found.low, found.high) == pytest.approx((math.sqrt(17.5 / 12.833), math.sqrt(17.5 / 0.8312)), rel=1e-4)
    assert found.sentence == "STD 1.87 (95 % interval 1.17 to 4.59)."


@pytest.mark.parametrize("count", [2, 6, 40])
def test_spread_covers(count):
    values = np.random.default_rng(0).normal(0, 3, (1000, count))
    assert near([found.low <= 3 <= found.high for found in map(spread, values)])


def test_spread_covers_less_with_heavier_tails():
    """What the package says of kurtosis 4: Student's t with 10 degrees of freedom. Many runs, where it shows most."""
    values = np.random.default_rng(0).standard_t(10, (1000, 100))
    covered = np.mean([found.low <= math.sqrt(10 / 8) <= found.high for found in map(spread, values)])
    assert 0.86 < covered < 0.92


def members(rng, runs: int, chances: np.ndarray, common: float = 0.0) -> np.ndarray:
    """Runs that miss images by chance; `common` is the standard deviation of what one misses more, or less, of every image."""
    shift = common * rng.standard_normal((runs, 1))
    return rng.random((runs, len(chances))) >= np.clip(chances + shift, 0, 1)


def test_floor_by_hand():
    """Two runs, five images, one on which they differ: s^2 = 1/2 there."""
    assert finite_test_set_floor([[1, 1, 0, 1, 0], [1, 1, 1, 1, 0]]) == pytest.approx(100 * math.sqrt(0.5) / 5)
    assert finite_test_set_floor([[1, 0], [1, 0]]) == 0


def test_floor_is_the_formula_without_bias():
    """sqrt(sum eps (1 - eps)) / n from few runs, on average over many groups of them; the plug-in would be a third short."""
    rng = np.random.default_rng(0)
    chances = rng.beta(0.3, 2, 400)
    truth = (chances * (1 - chances)).sum() / 400**2
    groups = [members(rng, 3, chances) for _ in range(400)]
    found = np.mean([(finite_test_set_floor(group) / 100) ** 2 for group in groups])
    plug_in = np.mean([(group.mean(0) * (1 - group.mean(0))).sum() / 400**2 for group in groups])
    assert found == pytest.approx(truth, rel=0.02)
    assert plug_in == pytest.approx(truth * 2 / 3, rel=0.02)


@thoroughly()
@given(st.integers(0, 2**31), st.integers(2, 6))
def test_floor_is_half_the_disagreement_about_right_and_wrong(seed, runs):
    correct = members(np.random.default_rng(seed), runs, np.full(50, 0.3))
    pairs = [float((correct[a] != correct[b]).mean()) for a in range(runs) for b in range(a)]
    assert finite_test_set_floor(correct) == pytest.approx(floor_bound(pairs, 50))


def test_nothing_is_left_of_runs_that_are_equally_good():
    rng, chances = np.random.default_rng(1), np.random.default_rng(0).beta(0.3, 2, 2000)
    found = []
    for _ in range(60):
        correct = members(rng, 6, chances)
        found.append(floored(100 * correct.mean(1), finite_test_set_floor(correct)))
    assert near([one.low == 0 for one in found], 0.975)
    squares = [one.spread.std**2 - one.floor**2 for one in found]
    assert abs(np.mean(squares)) < 4 * np.std(squares) / math.sqrt(60)


def test_what_is_left_is_the_spread_of_the_true_accuracies():
    """Runs that differ by 1 % as a whole, whatever the images."""
    rng, squares = np.random.default_rng(2), []
    for _ in range(200):
        correct = members(rng, 6, np.full(500, 0.3), common=0.01)
        one = floored(100 * correct.mean(1), finite_test_set_floor(correct))
        squares.append(one.spread.std**2 - one.floor**2)
    assert np.mean(squares) == pytest.approx(1.0, abs=4 * np.std(squares) / math.sqrt(200))


def test_sentences_of_the_floor():
    below, unclear, above = floored([90, 90.1], 30), floored([90, 91, 92], 0.9), floored([90, 91, 92], 0.1)
    assert (below.excess, below.high) == (0, 0)
    assert "less than" in below.sentence
    assert "may be the finite test set" in unclear.sentence
    assert "differs from run to run on any test set" in above.sentence
    assert above.excess == pytest.approx(math.sqrt(1 - 0.01))


def test_variance_ratio_covers_and_is_detected_as_often_as_stated():
    rng = np.random.default_rng(3)
    ratio = detectable_ratio(5, 5)
    found = [variance_ratio(math.sqrt(ratio) * rng.standard_normal(6), rng.standard_normal(6)) for _ in range(1500)]
    assert near([one.low <= ratio <= one.high for one in found])
    assert near([one.low > 1 for one in found], 0.8)
    assert found[0].detectable == ratio
    assert "6 and 6 runs cannot tell a ratio below 15.9 from 1" in found[0].sentence


@thoroughly()
@given(st.integers(2, 60), st.integers(2, 60), st.integers(1, 9))
def test_more_runs_detect_smaller_ratios(above, below, count):
    assert detectable_ratio(above, below) > detectable_ratio(above, below + 1) > 1
    assert detectable_ratio(above, below, count=count + 1) < detectable_ratio(above, below, count=count)
    assert detectable_ratio(above, below, power=0.9) > detectable_ratio(above, below)


def tables(rng, count: int, parts: tuple[float, float], shape: tuple[int, int] = (6, 6)) -> np.ndarray:
    """Tables with residuals of variance 1 and the given variances of rows and of columns."""
    rows, columns = (math.sqrt(part) for part in parts)
    effects = rows * rng.standard_normal((count, shape[0], 1)) + columns * rng.standard_normal((count, 1, shape[1]))
    return 93 + effects + rng.standard_normal((count, *shape))


def check_layout(parts: tuple[float, float], count: int, shape: tuple[int, int] = (6, 6)) -> None:
    """Coverage of all three intervals: no less than 92 %, within four standard errors."""
    found = [two_way(table) for table in tables(np.random.default_rng(4), count, parts, shape)]
    over_k, over_seeds = (math.sqrt(1 + part) for part in parts)
    least = 0.92 - 4 * math.sqrt(0.92 * 0.08 / count)
    assert np.mean([one.over_k.low <= over_k <= one.over_k.high for one in found]) > least
    assert np.mean([one.over_seeds.low <= over_seeds <= one.over_seeds.high for one in found]) > least
    assert np.mean([one.low <= (over_k / over_seeds) ** 2 <= one.high for one in found]) > least


@pytest.mark.parametrize("parts", [(0, 0), (0, 2), (1, 0), (0.5, 5)])
def test_layout_covers(parts):
    check_layout(parts, 200)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2, 2), (3, 6), (6, 6)])
@pytest.mark.parametrize("parts", [(0, 0), (0, 0.3), (0, 2), (1, 0), (5, 5), (0.5, 20)])
def test_layout_covers_in_many_tables(parts, shape):
    check_layout(parts, 2000, shape)


def test_an_f_interval_of_the_quotient_would_not():
    """Negative control: as if the thirty-six runs were two sets of thirty degrees of freedom that share nothing."""
    from scipy.stats import f as fisher

    ends = fisher.ppf([0.025, 0.975], 30, 30)
    ratios = [t.var(0, ddof=1).mean() / t.var(1, ddof=1).mean() for t in tables(np.random.default_rng(5), 500, (5, 5))]
    assert np.mean([ends[0] <= ratio <= ends[1] for ratio in ratios]) < 0.85


def test_layout_finds_large_effects_and_no_others():
    rng = np.random.default_rng(6)
    assert all("Batch orders vary" in two_way(table).sentence for table in tables(rng, 10, (0, 60)))
    assert all("Perturbations vary" in two_way(table).sentence for table in tables(rng, 10, (60, 0)))
    assert np.mean(["Neither varies" in two_way(table).sentence for table in tables(rng, 200, (0, 0))]) > 0.9


def test_layout_detects_what_it_says():
    """Four times in five: the exact F test of what batch orders add."""
    detectable = two_way(tables(np.random.default_rng(7), 1, (0, 0))[0]).detectable
    found = [two_way(table).added.low > 1 for table in tables(np.random.default_rng(8), 300, (0, detectable - 1))]
    assert near(found, 0.8)
    assert detectable == pytest.approx(2.0, abs=0.05)


@thoroughly(max_examples=10)
@given(st.integers(0, 2**31), st.integers(3, 5), st.integers(3, 5))
def test_layout_is_that_of_the_data_array_and_its_mirror(seed, rows, columns):
    table = tables(np.random.default_rng(seed), 1, (1, 1), (rows, columns))[0]
    found = two_way(xr.DataArray(table.T, dims=("seed", "k")))
    assert found == two_way(table)
    turned = two_way(table.T)
    assert (found.over_k.std, found.over_seeds.std) == (turned.over_seeds.std, turned.over_k.std)
    assert (found.over_k.low, found.over_k.high) == pytest.approx((turned.over_seeds.low, turned.over_seeds.high), rel=0.03)
    assert found.ratio == pytest.approx(1 / turned.ratio)
    assert (found.low, found.high) == pytest.approx((1 / turned.high, 1 / turned.low), rel=0.03)  # by quasi-random draws
    assert found.over_k.std == pytest.approx(math.sqrt(np.mean(np.var(table, axis=0, ddof=1))))


def test_equal_perturbations_say_nothing():
    found = two_way(np.tile([93.1, 93.3, 94.7], (3, 1)))
    assert math.isnan(found.ratio)
    assert "nothing can be said" in found.sentence


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spread([1.0]), "at least two runs"),
        (lambda: spread([[1.0, 2.0]]), "at least two runs"),
        (lambda: spread([1.0, math.nan]), "unstable runs"),
        (lambda: spread([1.0, 2.0], 95), "level"),
        (lambda: finite_test_set_floor([[True, False]]), "at least two runs"),
        (lambda: finite_test_set_floor([[0.3, 0.5], [1, 0]]), "booleans"),
        (lambda: floor_bound([1.5], 10), "fractions"),
        (lambda: floor_bound([], 10), "fractions"),
        (lambda: floor_bound([0.5], 0), "one image"),
        (lambda: floored([1.0, 2.0], -1), "floor"),
        (lambda: floored([1.0, 2.0], math.nan), "floor"),
        (lambda: variance_ratio([1.0, 2.0], [1.0, 1.0]), "equal ones"),
        (lambda: detectable_ratio(0, 5), "degrees of freedom"),
        (lambda: detectable_ratio(5, 5, power=80), "power"),
        (lambda: two_way(xr.DataArray(np.ones((2, 2, 2)), dims=("k", "seed", "epoch"))), "choose one epoch"),
        (lambda: two_way([[1.0, 2.0]]), "two rows"),
        (lambda: two_way([[1.0, 2.0], [3.0, math.nan]]), "finite"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
