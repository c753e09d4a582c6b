"""Following a training run: warm starts cost little, and do not hide what has come up since."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from numerics.sharpness import layer_sharpness, layers_of, sharpness
from tests.numerics.sharpness.models import classifier, dense, itself, one_row, quadratic

BULK = torch.linspace(-0.2, 0.3, 200, dtype=torch.float64)


WIDE = 20 * BULK
"""Reaches up to the second eigenvalue."""


def moved(turn: float) -> nn.Module:
    """A quadratic whose eigenvectors are turned a little."""
    model = quadratic([10.0, 6.0, *WIDE])
    generator = torch.Generator().manual_seed(5)
    skew = torch.randn(202, 202, generator=generator, dtype=torch.float64)
    rotation = torch.linalg.matrix_exp(turn * (skew - skew.T) / 30)
    model.matrix.copy_(rotation @ model.matrix @ rotation.T)
    return model


def test_a_warm_start_takes_fewer_products() -> None:
    cold = sharpness(quadratic([10.0, 6.0, *WIDE]), itself, one_row())
    warm = sharpness(moved(0.05), itself, one_row(), warm=cold)
    again = sharpness(moved(0.05), itself, one_row())
    assert (cold.measured, warm.measured) == (1, 2)
    assert float(warm) == pytest.approx(10, rel=1e-3)
    assert warm.products <= 0.75 * again.products


def test_the_vectors_alone_will_do() -> None:
    model = quadratic([10.0, 6.0, *BULK])
    cold = sharpness(model, itself, one_row())
    assert sharpness(model, itself, one_row(), warm=cold.vectors.float()).products <= 4


@pytest.mark.parametrize(("before", "now"), [("largest", "both"), ("both", "smallest"), ("both", "largest")])
def test_another_end_or_number_than_before(before, now) -> None:
    model = quadratic([10.0, 6.0, *BULK, -4.0])
    last = sharpness(model, itself, one_row(), 2, before)
    for k in (1, 3):
        found = sharpness(model, itself, one_row(), k, now, 1e-6, warm=last)
        assert float(found) == pytest.approx(-4 if now == "smallest" else 10)


@pytest.mark.parametrize("seed", range(5))
def test_an_eigenvalue_that_overtakes_from_a_vector_not_tracked(seed) -> None:
    """The last eigenvector is still one, exactly, but no longer the sharpest: the second has overtaken it."""
    model = quadratic([10.0, 6.0, *BULK])
    last = sharpness(model, itself, one_row(), tolerance=1e-10)
    other = sharpness(model, itself, one_row(), 2, tolerance=1e-10).vectors[1]
    model.matrix += 9 * other[:, None] * other
    found = sharpness(model, itself, one_row(), warm=last, seed=seed)
    assert float(found) == pytest.approx(15, rel=1e-3)


def test_equal_eigenvalues_from_a_warm_start() -> None:
    model = quadratic([5.0, 5.0, 5.0, *BULK])
    last = sharpness(model, itself, one_row(), 3)
    again = sharpness(model, itself, one_row(), 3, tolerance=1e-6, warm=last)
    assert again.values.tolist() == pytest.approx([5, 5, 5])


def test_through_gradient_descent() -> None:
    """At each step the dense value, to the tolerance; on average less than a cold start."""
    model, data = classifier()
    optimizer, last, products, cold = torch.optim.SGD(model.parameters(), lr=0.5), None, 0, 0
    for _ in range(8):
        last = sharpness(model, cross_entropy, data, warm=last)
        exact = float(torch.linalg.eigvalsh(dense(model, cross_entropy, data)).max())
        assert abs(float(last) - exact) <= float(last.bounds[0]) <= 1.001e-3 * exact
        products += last.products
        cold += sharpness(model, cross_entropy, data).products
        optimizer.zero_grad()
        cross_entropy(model(data[0]), data[1]).backward()
        optimizer.step()
    assert products < 0.75 * cold


def test_layers_are_diagonal_blocks(device) -> None:
    model, data = classifier(device=device)
    whole = dense(model, cross_entropy, data)
    exact = {"0": torch.linalg.eigvalsh(whole[:30, :30]), "2": torch.linalg.eigvalsh(whole[30:, 30:])}
    for chunk in (None, 7):
        found = layer_sharpness(model, cross_entropy, data, 2, "both", 1e-9, chunk=chunk)
        assert list(found) == ["0", "2"]
        for name, spectrum in found.items():
            values = exact[name].cpu()
            torch.testing.assert_close(spectrum.values, torch.cat([values.flip(0)[:2], values[:2]]), rtol=1e-8, atol=1e-12)
    again = layer_sharpness(model, cross_entropy, data, 2, "both", 1e-2, warm=found)
    assert sum(s.products for s in again.values()) < sum(s.products for s in found.values()) / 2


def test_layers_with_a_preconditioner_or_chosen_by_hand() -> None:
    model, data = classifier()
    halves = [torch.full_like(p, 4.0) for p in model.parameters()]
    plain = layer_sharpness(model, cross_entropy, data, tolerance=1e-9)
    scaled = layer_sharpness(model, cross_entropy, data, tolerance=1e-9, preconditioner=halves)
    for name, spectrum in plain.items():
        assert float(scaled[name]) == pytest.approx(float(spectrum) / 4, rel=1e-8)
    chosen = layer_sharpness(model, cross_entropy, data, tolerance=1e-9, layers={"head": model[2].parameters()})
    assert list(chosen) == ["head"]
    assert float(chosen["head"]) == pytest.approx(float(plain["2"]), rel=1e-8)


def test_layers_of_shared_frozen_and_nested_parameters() -> None:
    inner = nn.Linear(2, 2)
    model = nn.Sequential(inner, nn.Sequential(inner, nn.Linear(2, 1)), nn.Linear(1, 1).requires_grad_(False))
    assert {name: len(parameters) for name, parameters in layers_of(model).items()} == {"0": 2, "1.1": 2}
    assert list(layers_of(nn.Linear(2, 2))) == ["Linear"]


def test_a_layer_of_one_parameter() -> None:
    line = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    data = torch.tensor([[1.0], [3.0]], dtype=torch.float64), torch.zeros(2, 1, dtype=torch.float64)
    assert float(layer_sharpness(line, mse_loss, data, 3)["Linear"]) == pytest.approx(10)
