"""Curvature from batch to batch: unbiased by enumeration, and against dense Hessians."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics.sharpness import curvature_noise, noise_of, sharpness
from tests.numerics.sharpness.models import classifier, dense


def batches(data, size: int = 6):
    return list(zip(data[0].split(size), data[1].split(size), strict=True))


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean() / 2


def partitions(rows: frozenset[int], sizes: list[int]):
    """All ways to deal rows into batches of these sizes, in order."""
    if not sizes:
        yield []
        return
    for own in combinations(sorted(rows), sizes[0]):
        yield from ([own, *rest] for rest in partitions(rows - set(own), sizes[1:]))


@pytest.mark.parametrize("sizes", [[2, 2, 2], [2, 2, 2, 1], [3, 1, 1, 1]])
def test_over_all_epochs_it_is_the_noise_of_independent_batches(sizes: list[int]) -> None:
    """Of one weight the curvature of a batch is the mean of x^2: h and s^2 of the largest batch come out."""
    curvatures = np.random.default_rng(0).lognormal(size=sum(sizes))
    found = [
        noise_of([curvatures[list(own)].mean() for own in epoch], sizes)
        for epoch in partitions(frozenset(range(sum(sizes))), sizes)
    ]
    assert np.mean([one.mean for one in found]) == pytest.approx(curvatures.mean())
    assert np.mean([one.deviation**2 for one in found]) == pytest.approx(curvatures.var(ddof=1) / max(sizes))


def test_on_a_linear_model_of_one_weight_it_is_known() -> None:
    """The curvature of a batch is the mean of its x^2, and nothing lies across."""
    line, generator = nn.Linear(1, 1, bias=False, dtype=torch.float64), torch.Generator().manual_seed(0)
    inputs = torch.randn(44, 1, generator=generator, dtype=torch.float64)
    found = curvature_noise(
        line, half_square, batches((inputs, torch.zeros_like(inputs)), 8), torch.ones(1, dtype=torch.float64)
    )
    np.testing.assert_allclose(found.samples, [float(part.square().mean()) for part in inputs.split(8)])
    assert found.mean == pytest.approx(float(inputs.square().mean()))
    assert (found.n, found.rows, found.weights.tolist()) == (6, 8, [1.0] * 5 + [0.5])
    assert found.across < 1e-6 * found.deviation


def test_each_batch_against_its_dense_hessian() -> None:
    """The last batch of four, of twelve left out the first, is weighed by its rows."""
    model, data = classifier(rows=28)
    scales = [1 + torch.rand_like(p) for p in model.parameters()]
    first, *rest = batches(data)
    top = sharpness(model, cross_entropy, first, preconditioner=scales)
    found = curvature_noise(model, cross_entropy, rest, 3 * top.vectors[0], scales)
    root, u = torch.cat([s.flatten() for s in scales]).rsqrt(), top.vectors[0]
    moved = torch.stack([root * (dense(model, cross_entropy, batch) @ (root * u)) for batch in rest])
    weights = torch.tensor([1.0, 1.0, 1.0, 4 / 6], dtype=torch.float64)
    np.testing.assert_allclose(found.samples, moved @ u, rtol=1e-10)
    off = moved - (weights[:, None] * moved).sum(0) / weights.sum()
    along = (weights * (off @ u) ** 2).sum() / 3
    assert found.deviation == pytest.approx(float(along.sqrt()))
    assert found.across == pytest.approx(float(((weights[:, None] * off**2).sum() / 3 - along).sqrt()))
    assert found.mean_error == pytest.approx(found.deviation / float(weights.sum()) ** 0.5)


def test_errors_are_the_jackknife_and_no_less_than_a_gaussian() -> None:
    even, heavy = noise_of([1.0, 2.0] * 4, [4] * 8), noise_of([1.0] * 7 + [9.0], [4] * 8)
    assert even.deviation_error == pytest.approx(even.deviation / 14**0.5)
    kept = [np.std(np.delete(heavy.samples, n), ddof=1) for n in range(8)]
    assert heavy.deviation_error == pytest.approx((7 * np.var(kept)) ** 0.5)
    assert heavy.deviation_error > heavy.deviation / 14**0.5
    assert noise_of([2.0] * 3, [1] * 3)[:6] == (2.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda data, v: (batches(data, 15), v), "at least 3 batches"),
        (lambda data, v: (data, v), "an iterable of batches"),
        (lambda data, v: (batches(data), v[:-1]), "a direction of"),
        (lambda data, v: (batches(data), 0 * v), "a direction of"),
        (lambda data, v: (batches(data), v, [torch.zeros_like(v)]), "a preconditioner finite and above 0"),
    ],
)
def test_what_does_not_fit_is_named(given, message: str) -> None:
    model, data = classifier()
    size = sum(p.numel() for p in model.parameters())
    with pytest.raises(InputError, match=message):
        curvature_noise(model, cross_entropy, *given(data, torch.ones(size, dtype=torch.float64)))
