from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.measures.growth import FEWEST, growth
from numerics.measures.ramp import ramp
from tests.examples import thoroughly
from tests.numerics.measures.series import STEPS, series

AMPLIFIED = ["exponential", "saturating", "after a floor"]
ACCUMULATED = ["square root", "linear", "from a start"]
ATTENUATED = ["level", "decay", "levelling off"]
EXPECTED = {law: "amplified" for law in AMPLIFIED}
EXPECTED |= {law: "accumulated" for law in ACCUMULATED} | {law: "attenuated" for law in ATTENUATED}


@pytest.mark.parametrize("law", EXPECTED)
@pytest.mark.parametrize("noise", ["none", "white"])
def test_laws_are_told_apart(law, noise):
    for seed in range(3):
        found = growth(series(law, noise, seed))
        assert found.verdict == EXPECTED[law], found.sentence


@pytest.mark.slow
@pytest.mark.parametrize("law", EXPECTED)
@pytest.mark.parametrize("noise", ["white", "spikes", "walk", "remembered"])
def test_wrong_verdicts_are_rare(law, noise):
    """Undecided is no mistake where noise hides the law; a wrong one in more than a tenth is, a fifth where it walks."""
    found = Counter(growth(series(law, noise, seed)).verdict for seed in range(30))
    wrong = 30 - found[EXPECTED[law]] - found["undecided"]
    assert wrong <= 6 if noise == "walk" else wrong <= 3, found


@thoroughly(max_examples=15)
@given(st.floats(0.01, 0.3), st.floats(-20, -14), st.integers(0, 2**31))
def test_recovers_a_rate_up_to_saturation(rate, start, seed):
    noise = 0.2 * np.random.default_rng(seed).standard_normal(len(STEPS))
    found = growth(np.exp(noise) / (np.exp(-start - rate * STEPS) + 3))
    assert found.verdict == "amplified"
    assert found.rate == pytest.approx(rate, rel=0.1)
    assert found.doubling == pytest.approx(math.log(2) / found.rate)
    assert found.fit > 0.9


def test_the_phase_lies_between_floor_and_saturation():
    found = growth(1e-8 + 1 / (np.exp(18.4 - 0.1 * (STEPS - 200)) + 5), roundoff=2**-24)
    assert 180 < found.start < 230
    assert 350 < found.stop < 400
    assert found.rate == pytest.approx(0.1, rel=0.1)


@thoroughly(max_examples=10)
@given(st.sampled_from(sorted(EXPECTED)), st.floats(0.01, 100))
def test_rates_are_per_iteration_whatever_is_recorded(law, unit):
    """The same series, recorded at other steps."""
    plain = growth(series(law, "white"), roundoff=1.0)
    moved = growth(series(law, "white"), STEPS * unit, roundoff=1.0)
    assert moved.rate * unit == pytest.approx(plain.rate, rel=1e-6, abs=1e-12)
    assert moved.exponent == pytest.approx(plain.exponent, rel=1e-6, abs=1e-9)


def test_a_jump_is_amplified_without_a_rate():
    """As where one ReLU switches: beyond what rounding adds up to, but no line to be fitted."""
    distance = series("level", "white") * np.where(STEPS > 300, 1e5, 1)
    found = growth(distance)
    assert found.verdict == "amplified"
    assert "beyond what the first steps" in found.reason
    assert found.low < 0 < found.high
    assert found.jump > 0.5
    assert "one jump" in found.sentence


def test_what_was_saturated_before_it_was_seen_is_undecided():
    """Negative control of "attenuated": level, but at 0.3, where no rounding of 600 steps gets."""
    found = growth(0.3 * np.exp(0.1 * np.random.default_rng(0).standard_normal(600)))
    assert found.verdict == "undecided"
    assert "was not seen" in found.reason


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_little_is_undecided(count):
    found = growth(1e-8 * np.exp(np.arange(count)))
    assert found.verdict == "undecided"
    assert math.isnan(found.rate)
    assert f"{count} usable records" in found.sentence


def test_equal_runs_are_undecided():
    assert growth(np.zeros(100)).sentence == "Undecided: 0 usable records above 0, 12 are needed."


def test_few_noisy_records_are_undecided():
    assert growth(1e-8 * np.exp(2 * np.random.default_rng(0).standard_normal(FEWEST))).verdict == "undecided"


def test_everything_after_a_run_blew_up_is_left_out():
    distance = series("exponential", "none")
    blown = np.where(STEPS > 400, np.nan, distance)
    blown[450] = 1.0
    assert growth(blown) == growth(distance[:400])


def test_zeros_before_the_first_difference_are_left_out():
    distance = series("exponential", "none")
    found = growth(np.where(STEPS < 50, 0, distance))
    assert found.rate == pytest.approx(0.02)
    assert found.start >= 50


def test_long_series_are_thinned():
    steps = np.arange(1, 20001.0)
    found = growth(1e-8 * np.exp(7e-4 * steps))
    assert found.rate == pytest.approx(7e-4)
    assert found.points <= 1001


@pytest.mark.parametrize("level", [0.5, 0.99])
def test_level(level):
    found = growth(series("exponential", "white"), level=level)
    assert found.high - found.low > 0
    assert f"{100 * level:g} %" in found.sentence


def test_ramp_finds_both_ends():
    time = np.arange(200.0)
    found = ramp(time, np.clip(time, 60, 130))
    assert (found.foot, found.top) == (60, 130)
    assert found.rise == pytest.approx(70)


@pytest.mark.parametrize(
    ("distance", "step", "message"),
    [
        ([[1.0]], None, "one shape"),
        ([1.0, 2.0], [1.0], "one shape"),
        ([1.0, -2.0], None, "at least 0"),
        ([1.0, 2.0], [2.0, 2.0], "increase"),
        ([1.0, 2.0], [0.0, 2.0], "above 0"),
    ],
)
def test_bad_input(distance, step, message):
    with pytest.raises(InputError, match=message):
        growth(distance, step)


def test_bad_level():
    with pytest.raises(InputError, match="between 0 and 1"):
        growth([1.0], level=95)
