"""What is proven of finite windows, on random small images with dense matrices as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from sympy import lambdify

from derive import theorem
from derive.derivations import checkerboard_windows
from derive.derivations.checkerboard_windows import loss, peak, theta
from derive.fields.symbols import width
from numerics import windowed_bounds
from numerics.pdes.active_mode import checkerboard
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import normal

SLACK = 1e-12
FINE = 64


@st.composite
def pictures(draw, least: int = 1, most: int = 6) -> torch.Tensor:
    """Dense noise, or noise with most pixels dark: the second kind is what breaks "valid"."""
    size, seed = draw(st.integers(least, most)), draw(st.integers(0, 2**31))
    kept = draw(st.sampled_from([1.0, 0.3]))
    lit = torch.rand(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) < kept
    return normal(seed, (size, size)) * lit


def operator(image: torch.Tensor, w: int, boundary: str) -> torch.Tensor:
    matrix = oracles.dense_operator(image, (w, w), boundary)
    return matrix.T @ matrix


def ends(image: torch.Tensor, w: int, boundary: str) -> tuple[float, float]:
    values = torch.linalg.eigvalsh(operator(image, w, boundary))
    return float(values[0]), float(values[-1])


def sides(image: torch.Tensor) -> range:
    return range(1, len(image) + 1)


def grid_power(image: torch.Tensor, points: int) -> torch.Tensor:
    return torch.fft.fft2(image, s=(points, points)).abs() ** 2


def sampling_error(size: int, points: int, largest: float) -> float:
    """Of an extreme of |Ihat|^2 read off a grid: half a cell away, curvature at most size^2 P_max (Bernstein), two axes."""
    curvature = size**2 * largest / (1 - size**2 * (np.pi / points) ** 2)
    return curvature * (np.pi / points) ** 2


@thoroughly()
@given(pictures())
def test_circular_is_nested_and_ends_at_the_limit(image):
    power = grid_power(image, len(image))
    found = np.array([ends(image, w, "circular") for w in sides(image)])
    slack = SLACK * float(power.max())
    assert (np.diff(found[:, 0]) <= slack).all()
    assert (np.diff(found[:, 1]) >= -slack).all()
    np.testing.assert_allclose(found[-1], (power.min(), power.max()), atol=slack)


@thoroughly()
@given(pictures(most=5))
def test_full_is_nested_and_inside_the_continuous_extremes(image):
    size = len(image)
    power = grid_power(image, FINE * size)
    slack = SLACK * float(power.max()) + sampling_error(size, FINE * size, float(power.max()))
    found = np.array([ends(image, w, "full") for w in sides(image)])
    assert (np.diff(found[:, 0]) <= slack).all()
    assert (np.diff(found[:, 1]) >= -slack).all()
    assert found[-1, 0] >= float(power.min()) - slack
    assert found[-1, 1] <= float(power.max()) + slack


@thoroughly(max_examples=15)
@given(pictures(most=3), st.integers(1, 7))
def test_full_converges_as_fast_as_derived(image, w):
    """The image is padded with zeros where the window is larger."""
    size = len(image)
    power = grid_power(image, FINE * size)
    padded = torch.nn.functional.pad(image, (0, max(w - size, 0)) * 2)
    shifts = torch.fft.fftfreq(2 * size, 1 / (2 * size), dtype=torch.float64)
    autocorrelation = torch.fft.ifft2(grid_power(image, 2 * size)).real.abs()
    moment = float((autocorrelation * (shifts[:, None] ** 2 + shifts**2)).sum())
    allowed = float(theorem("conjecture").function("numpy", "distance_bound")(width=float(w), moment=moment))
    allowed += SLACK * float(power.max())  # sampling moves the extremes inwards: the distances only shrink
    low, high = ends(padded, w, "full")
    assert float(power.max()) - high <= allowed
    assert low - float(power.min()) <= allowed


def test_full_converges_as_the_inverse_square():
    """And no faster, on a line of two pixels: P = 2 + 2 cos(omega), mu = 2 + 2 cos(pi/(w + 1))."""
    distances = []
    for w in (10, 20, 40):
        image = torch.zeros(1, w, dtype=torch.float64)
        image[0, :2] = 1
        matrix = oracles.dense_operator(image, (1, w), "full")
        distances.append(4 - float(torch.linalg.eigvalsh(matrix.T @ matrix)[-1]))
    bounds = [2 * (1 - np.cos(np.pi / (w + 1))) for w in (10, 20, 40)]  # moment: |r(1)| + |r(-1)| = 2
    np.testing.assert_allclose(distances, bounds, rtol=1e-9)  # the derived bound is attained


@thoroughly()
@given(pictures())
def test_valid_lies_below_the_others(image):
    """In the Loewner order, so its greatest eigenvalue does not exceed P_max."""
    for w in sides(image):
        valid = operator(image, w, "valid")
        scale = SLACK * float(image.square().sum()) * len(image) ** 2
        for boundary in ("circular", "full"):
            assert float(torch.linalg.eigvalsh(operator(image, w, boundary) - valid)[0]) >= -scale


@thoroughly()
@given(pictures())
def test_valid_turns_back_and_loses_its_lower_end(image):
    found = np.array([ends(image, w, "valid") for w in sides(image)])
    slack = SLACK * float(image.square().sum()) * len(image) ** 2
    np.testing.assert_allclose(found[:, 1], found[::-1, 1], atol=slack)
    assert (np.diff(found[:, 0]) <= slack).all()
    assert all(abs(found[w - 1, 0]) <= slack for w in sides(image) if 2 * w > len(image) + 1)


@thoroughly()
@given(pictures(least=2))
def test_valid_ends_where_it_began(image):
    energy = float(image.square().sum())
    np.testing.assert_allclose(ends(image, len(image), "valid"), (0, energy), atol=SLACK * max(energy, 1))
    np.testing.assert_allclose(ends(image, 1, "valid"), (energy, energy), rtol=SLACK)


@thoroughly()
@given(pictures(least=2))
def test_mean_pooling_reverses_the_order_at_the_end(image):
    outputs = len(image) ** 2
    assert ends(image, len(image), "valid")[1] >= float(grid_power(image, len(image)).max()) / outputs * (1 - SLACK)


@thoroughly(max_examples=12)
@given(pictures(least=2), st.sampled_from([-0.5, 0.5]), st.sampled_from(["circular", "full"]), st.data())
def test_bounds_lie_outside_those_of_the_limit(image, a, boundary, data):
    size, lr = len(image), 0.01
    w = data.draw(st.integers(1, size))
    points = size if boundary == "circular" else FINE * size
    power = grid_power(image, points)
    limit = theorem("5.4").function("numpy", "alpha_bounds")
    low, high = limit(a=a, beta=1.0, lr=lr, power_min=float(power.min()), power_max=float(power.max()))
    slack = 1e-7 * float(power.max()) + (boundary == "full") * sampling_error(size, points, float(power.max()))
    found = windowed_bounds(image, w, a, 1.0, lr, boundary)
    assert found.alpha_min <= low + slack
    assert found.alpha_max >= high - slack


@pytest.mark.parametrize("size", [2, 3, 6, 9])
def test_checkerboard_with_boundary_full(size):
    condition = lambdify((theta, width), checkerboard_windows.edge_condition().subs({peak: size, loss: 1}))
    eigenvalue = lambdify(theta, checkerboard_windows.line_eigenvalue().subs(loss, 1))
    for w in range(1, size + 1):
        root = brentq(condition, 1e-9, np.pi / w, args=(w,), xtol=1e-15)
        assert eigenvalue(root) ** 2 == pytest.approx(ends(checkerboard(size), w, "full")[1], rel=1e-9)


@pytest.mark.parametrize(("boundary", "size"), [("valid", 9), ("valid", 8), ("circular", 8)])
def test_checkerboard_with_one_active_mode(boundary, size):
    formula = theorem("conjecture").function("numpy", f"checkerboard_{boundary}")
    for w in range(1, size + 1):
        assert float(formula(width=float(w), points=float(size))) == pytest.approx(ends(checkerboard(size), w, boundary)[1])
