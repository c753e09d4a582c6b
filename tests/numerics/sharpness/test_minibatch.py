"""Mini-batch sharpness: by hand, against a dense Hessian per batch, and its interval against the mean over all batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import t as student
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from numerics.sharpness import Hessian, minibatch_sharpness, sharpness
from tests.numerics.sharpness.models import classifier, dense


def batches(data, size: int = 6):
    return list(zip(data[0].split(size), data[1].split(size), strict=True))


def test_each_batch_against_its_dense_hessian() -> None:
    model, data = classifier()
    found = minibatch_sharpness(model, cross_entropy, batches(data), tolerance=1e-9)
    exact = []
    for batch in batches(data):
        slope = torch.autograd.grad(cross_entropy(model(batch[0]), batch[1]), list(model.parameters()))
        g = torch.cat([s.flatten() for s in slope])
        exact.append(float(g @ dense(model, cross_entropy, batch) @ g / (g @ g)))
    np.testing.assert_allclose(found.samples, exact, rtol=1e-10)
    half = student.ppf(0.975, 4) * np.std(exact, ddof=1) / 5**0.5
    assert found.value == pytest.approx(np.mean(exact))
    assert found.interval == pytest.approx((np.mean(exact) - half, np.mean(exact) + half))
    assert (found.n, found.converged, found.confidence) == (5, False, 0.95)


def test_one_parameter_by_hand() -> None:
    """The Hessian of a batch is 2 x^2, whatever the gradient."""
    line = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    inputs = torch.arange(1.0, 9, dtype=torch.float64)[:, None]
    found = minibatch_sharpness(
        line, mse_loss, list(zip(inputs, torch.zeros(8).double()[:, None], strict=True)), tolerance=1e-6
    )
    np.testing.assert_allclose(found.samples, 2 * np.arange(1.0, 9) ** 2)


def test_stops_when_the_interval_is_narrow() -> None:
    model, data = classifier(rows=200)
    wide, narrow = (minibatch_sharpness(model, cross_entropy, data, 20, tolerance) for tolerance in (0.3, 0.05))
    assert wide.n < narrow.n
    for found, tolerance in ((wide, 0.3), (narrow, 0.05)):
        assert found.converged
        assert (found.interval[1] - found.interval[0]) / 2 <= tolerance * found.value
    assert minibatch_sharpness(model, cross_entropy, data, 20, 1e-9, limit=11).n == 11


@pytest.mark.exact
def test_intervals_cover_the_mean() -> None:
    """60 repetitions at 80 %: the chance of fewer than 36 hits, of 0.8 each, is 2e-4; stopping early costs a few.

    Of 600 batches the mean is known to 2.4 % (at 95 %); the intervals reach 7 to 15 % to either side.
    """
    model, data = classifier(rows=60)
    truth = minibatch_sharpness(model, cross_entropy, data, 10, tolerance=1e-9, limit=600, seed=99).value
    runs = (minibatch_sharpness(model, cross_entropy, data, 10, 0.15, 0.8, seed=seed) for seed in range(60))
    hits = sum(run.interval[0] <= truth <= run.interval[1] for run in runs)
    assert 36 <= hits < 60


def test_draws_are_seeded() -> None:
    model, data = classifier()
    one, same, other = (minibatch_sharpness(model, cross_entropy, data, 5, 0.2, seed=seed).value for seed in (1, 1, 2))
    assert one == same != other


def test_larger_than_along_the_gradient_of_all() -> None:
    """On a linear model with noise, where the batch's own curvature counts."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(300, 20, generator=generator, dtype=torch.float64)
    targets = torch.randn(300, 1, generator=generator, dtype=torch.float64)
    line = nn.Linear(20, 1, bias=False, dtype=torch.float64)
    hessian = Hessian(line, mse_loss, (inputs, targets))
    g = hessian.gradient()
    along = float(g @ (hessian @ g) / (g @ g))
    found = minibatch_sharpness(line, mse_loss, (inputs, targets), 4)
    assert found.interval[0] > along
    assert along <= float(sharpness(line, mse_loss, (inputs, targets))) * 1.001


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"tolerance": 0.0}, "tolerance > 0"),
        ({"confidence": 1.0}, r"confidence in \(0, 1\)"),
        ({"limit": 1}, "limit >= 2"),
        ({"batch": 31}, "1 to 30 rows"),
        ({"batch": None}, "two batches"),
    ],
)
def test_options(options, match) -> None:
    model, data = classifier()
    with pytest.raises(InputError, match=match):
        minibatch_sharpness(model, cross_entropy, data, **({"batch": 5} | options))


def test_data_to_draw_from() -> None:
    model, data = classifier()
    with pytest.raises(InputError, match="leave out batch="):
        minibatch_sharpness(model, cross_entropy, batches(data), 3)
    with pytest.raises(InputError, match="as many of inputs and targets"):
        minibatch_sharpness(model, cross_entropy, (data[0], data[1][:4]), 3)


def test_no_gradient_to_measure_along() -> None:
    line = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        line.weight.zero_()
    zeros = torch.zeros(20, 1, dtype=torch.float64)
    with pytest.raises(InputError, match="gradient other than 0"):
        minibatch_sharpness(line, mse_loss, (torch.ones(20, 2, dtype=torch.float64), zeros), 4)
