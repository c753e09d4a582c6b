"""Bounds with the error linearised too, against dense matrices, closed forms and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive import theorem
from derive.errors import InputError
from numerics import windowed_bounds
from numerics.common.checks import BOUNDARIES
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.error_term import drive_extremes, error_bounds, pooled_image
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import correlations, normal


def dense_drive(c: Correlation, a: float, beta: float) -> torch.Tensor:
    """(a beta/2) M + h h^T/16 as a matrix."""
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary)
    pooled = matrix.sum(0) * c.measure
    return a * beta / 2 * c.measure * matrix.T @ matrix + torch.outer(pooled, pooled) / 16


@thoroughly()
@given(correlations(dtypes=(torch.float64,)), st.floats(-2, 2), st.floats(0.1, 3))
def test_equals_dense_eigenvalues(c, a, beta):
    values = torch.linalg.eigvalsh(dense_drive(c, a, beta))
    found = drive_extremes(c, a, beta)
    allowed = found.error + 1e-12 * len(values) * float(values.abs().max())
    assert abs(found.minimum - float(values[0])) <= allowed
    assert abs(found.maximum - float(values[-1])) <= allowed


@thoroughly(max_examples=25)
@given(correlations(dtypes=(torch.float64,)), st.sampled_from([0.0, 1.0]))
def test_bounds_are_those_of_the_loss_s_hessian(c, y):
    """Autograd through the nonlinear network, at K = 0."""
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary)
    kernel = torch.zeros(matrix.shape[1], dtype=torch.float64, requires_grad=True)
    response = matrix @ kernel
    pooled = (response * torch.sigmoid(1.5 * response)).sum() * c.measure
    (slope,) = torch.autograd.grad(torch.nn.functional.softplus(pooled) - y * pooled, kernel, create_graph=True)
    hessian = torch.stack([torch.autograd.grad(entry, kernel, retain_graph=True)[0] for entry in slope])
    values = torch.linalg.eigvalsh(hessian)
    low, high = error_bounds(c.image, c.kernel_shape, y, 1.5, 0.01, c.boundary, c.pooling)
    assert low == pytest.approx(-float(values[0]), abs=1e-6 * float(values.abs().max()) + 1e-12)
    assert high == pytest.approx(200 - float(values[-1]), abs=1e-6 * float(values.abs().max()) + 1e-10)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_whole_grid_is_the_theorem(y):
    """Closed forms at omega = 0 and elsewhere; the picture's integral is far from 0."""
    image = torch.rand(24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    power = (torch.fft.fft2(image).abs() ** 2).ravel()[1:]
    known = {
        "image_integral": float(image.sum()),
        "area": 24**2,
        "power_min": float(power.min()),
        "power_max": float(power.max()),
    }
    expected = theorem("D.4").function("numpy")(a=0.5 - y, beta=1.0, lr=1e-6, **known)
    found = error_bounds(image, 24, y, 1.0, 1e-6, "circular")
    assert found == pytest.approx([float(edge) for edge in expected], rel=1e-5)


def test_lower_end_is_resolved_under_a_dominant_rank_one_term():
    """The term is 3e5 times the rest here; the lower end must not drown in what is asked of the upper."""
    image = torch.rand(64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    c = Correlation(image, 16, "circular")
    found, exact = drive_extremes(c, -0.5, 1.0), torch.linalg.eigvalsh(dense_drive(c, -0.5, 1.0))
    assert found.maximum > 1e5 * abs(found.minimum)
    assert found.minimum == pytest.approx(float(exact[0]), rel=1e-6)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_an_image_without_integral_changes_nothing(boundary):
    """A checkerboard of even size, where every kernel cell sees as many +1 as -1."""
    size = 5 if boundary == "valid" else 4  # 12 - 5 + 1 outputs per side
    assert float(pooled_image(Correlation(checkerboard(12), size, boundary)).abs().max()) < 1e-12
    ours = error_bounds(checkerboard(12), size, 1.0, 1.0, 1e-4, boundary)
    assert ours == pytest.approx(windowed_bounds(checkerboard(12), size, -0.5, 1.0, 1e-4, boundary), rel=1e-9, abs=1e-6)


def test_valid_windows_see_different_integrals():
    """Negative control for the periodic form: h is not constant."""
    found = pooled_image(Correlation(normal(0, (9, 9)), 3, "valid"))
    assert float(found.std()) > 0.1


@pytest.mark.parametrize("change", [{"beta": 0.0}, {"lr": -1.0}, {"y": float("nan")}, {"kernel_size": 9}, {"pooling": "max"}])
def test_bad_input(change):
    good = {"image": np.ones((8, 8)), "kernel_size": 3, "y": 1.0, "beta": 1.0, "lr": 0.1}
    with pytest.raises(InputError):
        error_bounds(**(good | change))


def test_untrusted_eigenvalues_are_refused(monkeypatch):
    from functools import partial

    from numerics.pdes import error_term, semidefinite

    monkeypatch.setattr(error_term, "extremes", partial(semidefinite.extremes, limit=3))
    with pytest.raises(InputError, match="are known only to"):
        error_bounds(normal(0, (24, 24)), 9, 1.0, 1.0, 0.1)
