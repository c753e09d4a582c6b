from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.measures import trend as module
from numerics.measures.trend import trend, trends
from tests.examples import thoroughly
from tests.numerics.measures.series import NOISES


@thoroughly()
@given(st.integers(4, 40), st.floats(-5, 5), st.floats(-100, 100))
def test_recovers_an_exact_line(count, slope, offset):
    time = np.arange(1.0, count + 1)
    found = trend(np.log(time), offset + slope * np.log(time), time)
    assert found.slope == pytest.approx(slope, abs=1e-8)
    assert found.error < 1e-6


@thoroughly()
@given(st.integers(0, 2**31), st.floats(-3, 3), st.floats(0.01, 100))
def test_moves_with_the_line_and_its_units(seed, slope, unit):
    time = np.arange(1.0, 31)
    noise = np.random.default_rng(seed).standard_normal(30)
    plain, moved = trend(time, noise, time), trend(time * unit, noise + 7 + slope * time * unit, time * unit)
    assert moved.slope - slope == pytest.approx(plain.slope / unit, rel=1e-6, abs=1e-9)
    assert moved.error == pytest.approx(plain.error / unit, rel=1e-6)


def covariance(time: np.ndarray, rate: float, process: float, white: float) -> np.ndarray:
    """Of the noise, written down: an Ornstein-Uhlenbeck process and white noise."""
    lags = np.abs(time[:, None] - time) / np.diff(time).mean()
    return process / (2 * rate) * np.exp(-rate * lags) + white * np.eye(len(time))


def test_the_filter_is_generalised_least_squares():
    """Against dense matrices, for every kind of noise, with uneven steps."""
    rng = np.random.default_rng(0)
    time = np.cumsum(rng.integers(1, 9, 15)).astype(float)
    columns = rng.standard_normal((15, 3))
    white, log_volume = module._whitened(columns, time)
    for found, volume, kind in zip(white, log_volume, np.transpose(module._noises(15)), strict=True):
        dense = covariance(time, *kind)
        np.testing.assert_allclose(found.T @ found, columns.T @ np.linalg.solve(dense, columns), rtol=1e-8)
        assert volume == pytest.approx(np.linalg.slogdet(dense)[1])


def test_several_at_the_price_of_one():
    time, y = np.arange(1.0, 21), np.random.default_rng(1).standard_normal(20)
    together = trends(np.array([time, time**2]), y, time)
    np.testing.assert_allclose(together[1], trend(time**2, y, time))


def coverage(noise: str, count: int, runs: int) -> float:
    rng, time = np.random.default_rng(2), np.arange(1.0, count + 1)
    intervals = [trend(time, NOISES[noise](rng, count), time).interval(0.95) for _ in range(runs)]
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


@pytest.mark.parametrize("noise", ["white", "spikes", "walk", "remembered", "jumps", "mixed"])
def test_intervals_cover_the_truth(noise):
    """At least 80 %, as documented, within three standard errors."""
    assert coverage(noise, 100, 80) > 0.80 - 3 * 0.045


def test_least_squares_would_not():
    """Negative control: without memory in the noise, the interval is that of least squares, and random walks escape it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_noises", lambda count: (np.ones(1), np.zeros(1), np.ones(1)))
        assert coverage("white", 100, 200) > 0.9
        assert coverage("walk", 100, 200) < 0.4


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["white", "spikes", "walk", "remembered", "jumps", "mixed"])
@pytest.mark.parametrize("count", [20, 400])
def test_intervals_cover_the_truth_in_many_series(noise, count):
    assert coverage(noise, count, 300) > 0.80 - 3 * 0.023
