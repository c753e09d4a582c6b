from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive import optimizers, stability
from derive.errors import InputError
from numerics import windowed_bounds
from numerics.common.checks import BOUNDARIES
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.semidefinite import extremes
from numerics.pdes.spectrum import extreme_eigenvalues
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import correlations, normal


@thoroughly()
@given(correlations(dtypes=(torch.float64,)))
def test_equals_dense_eigenvalues(c):
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary)
    values = torch.linalg.eigvalsh(matrix.T @ matrix) * c.measure
    found = extreme_eigenvalues(c)
    allowed = found.error + 1e-13 * len(values) * float(values[-1])
    assert abs(found.minimum - float(values[0])) <= allowed
    assert abs(found.maximum - float(values[-1])) <= allowed
    assert found.error <= 1.01e-8 * found.maximum


@thoroughly(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 6))
def test_lanczos_on_known_spectra(seed, size, distinct):
    """Clusters, multiplicities, rank deficiency."""
    rng = np.random.default_rng(seed)
    values = rng.choice(np.append(10.0 ** rng.uniform(-12, 0, distinct), 0.0), size)
    basis = np.linalg.qr(rng.standard_normal((size, size)))[0]
    matrix = torch.from_numpy(basis * values @ basis.T)
    found = extremes(lambda v: matrix @ v, size)
    allowed = found.error + 1e-14 * size * values.max()
    assert abs(found.minimum - values.min()) <= allowed
    assert abs(found.maximum - values.max()) <= allowed


def test_every_product_is_reported() -> None:
    image, seen = np.random.default_rng(0).random((12, 14)), []
    found = extreme_eigenvalues(Correlation(image, 3), lambda done, total: seen.append((done, total)))
    assert seen == [(n, 9) for n in range(found.products)]


def test_lanczos_reports_the_error_it_stopped_at():
    values = torch.linspace(1, 2, 400, dtype=torch.float64)
    found = extremes(lambda v: values * v, 400, limit=12)
    assert found.products == 12
    assert 1e-8 * found.maximum < found.error
    assert abs(found.maximum - 2) <= found.error


@pytest.mark.parametrize("kernel", [3, 8, 20])
def test_checkerboard_has_one_active_mode(kernel):
    """Independent of any solver: (K * I) * I = <K, I> I times the number of outputs."""
    found = extreme_eigenvalues(Correlation(checkerboard(48), kernel))
    assert found.maximum == pytest.approx(kernel**2 * (48 - kernel + 1) ** 2, rel=1e-13)
    assert found.minimum <= 1e-13 * found.maximum


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_single_precision_images_give_double_precision_spectra(boundary):
    image = normal(0, (20, 20), torch.float32)
    single, double = (extreme_eigenvalues(Correlation(i, 9, boundary)) for i in (image, image.double()))
    assert single == double


def test_zero_image_leaves_only_weight_decay():
    assert windowed_bounds(np.zeros((8, 8)), 3, -0.5, 1.0, 0.1) == (0.0, 20.0)


@thoroughly(max_examples=25)
@given(
    correlations(dtypes=(torch.float64,), poolings=("sum",)),
    st.floats(-2, 2).filter(lambda a: abs(a) > 1e-3),
    st.floats(0.1, 3),
    st.sampled_from([None, 0.0, 0.5, 0.9]),
)
def test_bounds_are_the_edge_of_the_spectral_radius(c, a, beta, momentum):
    """Brute force: the matrix of one update is power-stable just inside the bounds and not just outside."""
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary)
    curvatures = a * beta / 2 * torch.linalg.eigvalsh(matrix.T @ matrix)
    lr = 0.05 / max(float(curvatures.abs().max()), 1e-3)
    low, high = windowed_bounds(c.image, c.kernel_shape, a, beta, lr, c.boundary, momentum)
    assert low < high
    margin = 1e-5 * (high - low)
    for alpha, stable in ((low + margin, 1), (low - margin, 0), (high - margin, 1), (high + margin, 0)):
        radius = max(_radius(float(z) + alpha, lr, momentum or 0.0) for z in curvatures)
        assert (radius < 1) == stable


def _radius(curvature: float, lr: float, momentum: float) -> float:
    """Of theta' = v - lr c v with v = theta + momentum (theta - theta_before)."""
    keep = 1 - lr * curvature
    return max(abs(np.linalg.eigvals([[keep * (1 + momentum), -keep * momentum], [1, 0]])))


def test_momentum_agrees_with_the_derived_condition():
    low, high = windowed_bounds(checkerboard(32), 8, -0.5, 1.0, 1e-5, momentum=0.9)
    nesterov = stability(optimizers["nesterov"], "schur")
    curvatures = np.array([0.0, -0.25 * 64 * 25**2])
    for alpha, stable in ((low + 1, True), (low - 1, False), (high * 0.999, True), (high * 1.001, False)):
        assert bool(nesterov.holds(lr=1e-5, momentum=0.9, curvature=alpha + curvatures).all()) is stable


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lr": 0.0}, "step size|lr"),
        ({"lr": -1.0}, "lr"),
        ({"beta": 0.0}, "beta"),
        ({"a": float("nan")}, "a "),
        ({"momentum": 1.0}, "momentum"),
        ({"momentum": "high"}, "momentum"),
        ({"kernel_size": 9}, "no larger"),
        ({"boundary": "same"}, "valid, full, circular"),
    ],
)
def test_bad_input(change, expected):
    good = {"image": np.ones((8, 8)), "kernel_size": 3, "a": -0.5, "beta": 1.0, "lr": 0.1}
    with pytest.raises(InputError, match=expected):
        windowed_bounds(**(good | change))


def test_untrusted_eigenvalues_are_refused(monkeypatch):
    """No bound from an iteration that was cut short."""
    from functools import partial

    from numerics.pdes import semidefinite, spectrum

    monkeypatch.setattr(spectrum, "extremes", partial(semidefinite.extremes, limit=3))
    image = torch.randn(24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with pytest.raises(InputError, match="are known only to"):
        spectrum.windowed_bounds(image, 9, -0.5, 1.0, 0.1)
