"""The smoke preset against closed forms: which boundary reaches the limit, which turns back, where the order fails."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from experiments.pdes import window_bounds
from numerics.pdes.power import continuous_extremes, grid_extremes
from tests.experiments.agreeing import smoke

CONFIG = window_bounds.PRESETS["smoke"]
PICTURES = list(window_bounds.IMAGES)


def results() -> xr.Dataset:
    """Computed in the first test, not while tests are collected."""
    return smoke("window-bounds")


def eigenvalues(picture: str, boundary: str) -> np.ndarray:
    return results().eigenvalue.sel(picture=picture, boundary=boundary).values


@pytest.mark.parametrize("picture", PICTURES)
def test_circular_ends_at_the_limit_of_the_grid(picture: str) -> None:
    power = results().power.sel(picture=picture, limit="grid").values
    np.testing.assert_allclose(eigenvalues(picture, "circular")[-1], power, atol=1e-8 * power[1])
    assert window_bounds.violations(results(), picture, "circular") == []
    assert window_bounds.violations(results(), picture, "full") == []


@pytest.mark.parametrize("picture", PICTURES)
def test_valid_turns_back(picture: str) -> None:
    found = dict(zip(CONFIG.windows, eigenvalues(picture, "valid"), strict=True))
    assert found[12][1] == pytest.approx(found[1][1], rel=1e-7)
    assert found[6][1] == pytest.approx(found[7][1], rel=1e-7)
    assert found[7][0] <= 1e-8 * found[7][1]


@pytest.mark.parametrize("picture", ["noise", "natural"])
def test_order_fails_for_valid_as_soon_as_outputs_are_fewer_than_cells(picture: str) -> None:
    assert {w for w in CONFIG.windows if 2 * w > 13} <= set(window_bounds.violations(results(), picture, "valid"))


def test_checkerboard_has_no_least_power_to_fall_below() -> None:
    assert window_bounds.violations(results(), "checkerboard", "valid") == []


def test_grid_frequencies_lie_within_all_frequencies() -> None:
    for make in window_bounds.IMAGES.values():
        image = make(CONFIG)
        inner, outer = grid_extremes(image), continuous_extremes(image)
        assert outer.minimum <= inner.minimum + 1e-9
        assert outer.maximum >= inner.maximum * (1 - 1e-12)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.array([[1.0, 0.5]]), (0.25, 2.25)),
        (np.array([[1.0, 1.0, 1.0]]), (0.0, 9.0)),
        (np.array([[3.0]]), (9.0, 9.0)),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), (0.0, 4.0)),
        (np.array([[1.0, 1.0, -1.0]]), (1.0, 5.0)),  # 3 - 2 cos(2 omega)
        (np.array([[1.0, 2.0, -3.0]]), (0.0, 64 / 3)),  # 20 - 8 c - 12 c^2, c = cos(omega): its vertex at c = -1/3
    ],
)
def test_continuous_extremes_in_closed_form(image: np.ndarray, expected: tuple[float, float]) -> None:
    np.testing.assert_allclose(continuous_extremes(image), expected, atol=1e-12)
