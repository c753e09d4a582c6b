"""Eigenvalues: against dense ones, closed forms, and made-up spectra that mislead."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from numerics.optim.stateless import centred
from numerics.sharpness import Hessian, Spectrum, sharpness, spectrum
from tests.numerics.sharpness.models import classifier, convolutional, dense, itself, one_row, quadratic


def ends(values: torch.Tensor, k: int, which: str) -> torch.Tensor:
    rising = values.sort().values
    high = rising.flip(0)[:k] if which != "smallest" else rising[:0]
    low = rising[:k] if which != "largest" else rising[:0]
    return torch.cat([high, low])


@pytest.mark.parametrize(
    ("which", "k"), [("largest", 1), ("largest", 4), ("smallest", 1), ("smallest", 2), ("both", 1), ("both", 3)]
)
@pytest.mark.parametrize("make", [classifier, convolutional])
def test_dense_eigenvalues_to_1e_8(make, which, k, device) -> None:
    """The Hessians are indefinite; the convolutional one has kinks."""
    model, data = make(device=device)
    exact = torch.linalg.eigvalsh(dense(model, cross_entropy, data)).cpu()
    found = sharpness(model, cross_entropy, data, k, which, tolerance=1e-9)
    assert found.converged
    assert exact.min() < 0 < exact.max()
    torch.testing.assert_close(found.values, ends(exact, k, which), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("make", [classifier, convolutional])
def test_vectors_are_eigenvectors(make) -> None:
    model, data = make()
    found = sharpness(model, cross_entropy, data, 2, "both", tolerance=1e-10)
    products = found.vectors @ dense(model, cross_entropy, data)
    torch.testing.assert_close(products, found.values[:, None] * found.vectors, rtol=0, atol=1e-4)
    torch.testing.assert_close(
        (products - found.values[:, None] * found.vectors).norm(dim=1), found.residuals, rtol=1e-3, atol=1e-9
    )
    torch.testing.assert_close(found.vectors @ found.vectors.T, torch.eye(4, dtype=torch.float64))


def test_least_squares() -> None:
    """mean (x.w - y)^2 has the Hessian 2 X^T X / n, whatever w and y."""
    inputs, targets = torch.randn(40, 7, dtype=torch.float64), torch.randn(40, 1, dtype=torch.float64)
    line = nn.Linear(7, 1, bias=False, dtype=torch.float64)
    exact = torch.linalg.eigvalsh(2 * inputs.T @ inputs / 40)
    found = sharpness(line, mse_loss, (inputs, targets), 7, tolerance=1e-10, chunk=9)
    torch.testing.assert_close(found.values, exact.flip(0), rtol=1e-12, atol=0)


def test_logistic_regression() -> None:
    """X^T diag(p (1 - p)) X / n."""
    inputs, targets = torch.randn(50, 6, dtype=torch.float64), torch.randint(0, 2, (50, 1)).double()
    line = nn.Linear(6, 1, bias=False, dtype=torch.float64)
    p = torch.sigmoid(line(inputs).detach())
    exact = torch.linalg.eigvalsh(inputs.T @ (p * (1 - p) * inputs) / 50)
    found = sharpness(line, binary_cross_entropy_with_logits, (inputs, targets), 2, "both", tolerance=1e-10)
    torch.testing.assert_close(found.values, ends(exact, 2, "both"), rtol=1e-10, atol=0)


def start_reaches(matrix: torch.Tensor, k: int, which: str, seed: int) -> bool:
    """Whether the start is not by chance at a right angle to what is looked for, as no bound could tell."""
    values, vectors = torch.linalg.eigh(matrix)
    start = torch.stack([centred(len(values), seed, draw, matrix.device) for draw in range(k)])
    parts = (start / start.norm(dim=1, keepdim=True)) @ vectors
    wanted = ends(values, k, which)
    shares = [parts[:, (values - value).abs() < 1e-9].norm() for value in wanted]
    return bool(min(shares) > 1e-2)


@given(
    eigenvalues=st.lists(st.floats(-10, 10).map(lambda v: round(v, 2)), min_size=1, max_size=40),
    k=st.integers(1, 3),
    which=st.sampled_from(["largest", "smallest"]),
    tolerance=st.sampled_from([1e-2, 1e-3, 1e-6]),
    seed=st.integers(0, 5),
)
@settings(max_examples=40)
def test_bounds_hold_on_any_spectrum(eigenvalues, k, which, tolerance, seed) -> None:
    """Clusters and equal eigenvalues among them; k = 3 finds three copies. One that is cut in two, with parts within a
    hundredth, need not be resolved: the bounds say what they assume."""
    k = min(k, len(eigenvalues))
    assume(start_reaches(quadratic(eigenvalues, seed).matrix, k, which, seed))
    found = sharpness(quadratic(eigenvalues, seed), itself, one_row(), k, which, tolerance, seed=seed)
    exact = ends(torch.tensor(eigenvalues, dtype=torch.float64), k, which)
    error, last = (found.values - exact).abs(), exact[-1].abs()
    rest = ends(torch.tensor(eigenvalues, dtype=torch.float64), len(eigenvalues), which)[k:]
    resolved = not bool(((rest - exact[-1]).abs() < 0.0101 * last).logical_and(rest != exact[-1]).any())
    assert found.converged
    assert bool((error <= found.bounds + 1e-12 + (0 if resolved else 0.0101 * last)).all())
    scale = exact.abs().clamp(min=0.01 * max(map(abs, eigenvalues)))
    assert bool((found.bounds <= tolerance * 1.02 * scale + 1e-12).all())


@pytest.mark.parametrize("k", [2, 3])
def test_equal_eigenvalues_are_all_found(k) -> None:
    found = sharpness(quadratic([5.0, 5.0, 5.0, 1.0, -2.0, *np.linspace(0, 0.5, 60)]), itself, one_row(), k, tolerance=1e-8)
    torch.testing.assert_close(found.values, torch.full((k,), 5.0, dtype=torch.float64))


def test_the_stop_does_not_know_the_dimension() -> None:
    """Two outliers above a bulk: as many products for 30 numbers as for 1000."""
    products = [
        sharpness(quadratic([10.0, 6.0, *torch.linspace(-1, 1, n)]), itself, one_row()).products for n in (30, 300, 1000)
    ]
    assert max(products) <= min(products) + 4
    assert max(products) <= 14


def test_nothing_to_find() -> None:
    """The Hessian of a linear loss; one number; a multiple of the identity."""
    line = nn.Linear(3, 1, dtype=torch.float64)
    flat = sharpness(line, lambda output, _: output.mean(), (torch.randn(5, 3, dtype=torch.float64), None), 2, "both")
    assert flat.values.tolist() == [0, 0, 0, 0]
    assert sharpness(quadratic([-3.0]), itself, one_row()).values.tolist() == pytest.approx([-3])
    same = sharpness(quadratic([2.0] * 20), itself, one_row(), 2)
    assert same.values.tolist() == pytest.approx([2, 2])


def test_restarts_keep_what_was_found(monkeypatch) -> None:
    """The space held is far smaller than the one needed at the flat end of the spectrum."""
    module = import_module("numerics.sharpness.measure")
    monkeypatch.setattr(module, "ROOM", 16)
    values = torch.linspace(-1, 0.9, 300, dtype=torch.float64) ** 3
    found = sharpness(quadratic(values), itself, one_row(), which="both", tolerance=1e-6)
    assert found.products > 40
    assert found.converged
    torch.testing.assert_close(found.values, ends(values, 1, "both"), rtol=1e-6, atol=0)


def test_limit_is_told() -> None:
    found = sharpness(quadratic(torch.linspace(0, 1, 200)), itself, one_row(), tolerance=1e-10, limit=5)
    assert (found.products, found.converged) == (5, False)
    assert float(found.bounds[0]) > 1e-3
    assert abs(float(found) - 1) <= float(found.residuals[0])


def test_float32() -> None:
    model, data = classifier()
    exact = float(torch.linalg.eigvalsh(dense(model, cross_entropy, data)).max())
    model, data = classifier(dtype=torch.float32)
    found = sharpness(model, cross_entropy, data, tolerance=1e-9)  # ends at rounding
    assert found.converged
    assert found.vectors.dtype == torch.float32
    assert abs(float(found) - exact) <= float(found.bounds[0]) < 1e-4 * exact


def test_preconditioned() -> None:
    model, data = classifier()
    generator = torch.Generator().manual_seed(1)
    parts = [torch.rand(p.shape, generator=generator, dtype=torch.float64) + 0.1 for p in model.parameters()]
    flat = torch.cat([p.flatten() for p in parts])
    scaled = dense(model, cross_entropy, data) / (flat[:, None] * flat).sqrt()
    exact = torch.linalg.eigvalsh(scaled)
    for given_as in (parts, flat, flat.float().double()):
        found = sharpness(model, cross_entropy, data, 1, "both", 1e-9, preconditioner=given_as)
        torch.testing.assert_close(found.values, ends(exact, 1, "both"), rtol=1e-6, atol=0)
    unit = sharpness(model, cross_entropy, data, tolerance=1e-9, preconditioner=4 * torch.ones(51, dtype=torch.float64))
    assert float(unit) == pytest.approx(float(sharpness(model, cross_entropy, data, tolerance=1e-9)) / 4, rel=1e-8)


def test_seed_decides_the_bits() -> None:
    model, data = classifier()
    first, again, other = (sharpness(model, cross_entropy, data, seed=seed) for seed in (1, 1, 2))
    assert first.values.tolist() == again.values.tolist()
    assert first.values.tolist() != other.values.tolist()


def test_of_a_hessian_at_hand() -> None:
    model, data = classifier()
    hessian = Hessian(model, cross_entropy, data)
    found = spectrum(hessian, which="smallest", tolerance=1e-9)
    assert isinstance(found, Spectrum)
    assert float(found) == pytest.approx(float(torch.linalg.eigvalsh(dense(model, cross_entropy, data)).min()), rel=1e-8)
    assert found.products == hessian.products
