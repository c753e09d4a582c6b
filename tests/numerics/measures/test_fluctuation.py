from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.measures.fluctuation import fluctuation
from tests.examples import thoroughly
from tests.numerics.cases import normal


@thoroughly()
@given(st.integers(0, 2**31), st.integers(2, 6))
def test_formulas(seed, batches):
    gradients = [[normal(seed + b, (4, 2)), normal(seed - b, (3,))] for b in range(batches)]
    found = fluctuation(gradients)
    flat = torch.stack([torch.cat([part.ravel() for part in gradient]) for gradient in gradients])
    mean = flat.mean(0)
    ratios = ((flat[0] - mean) / mean).abs()
    assert found.mean == pytest.approx(float(ratios.mean()))
    assert found.median == pytest.approx(float(ratios.median()))
    assert found.ratio == pytest.approx(float((flat[0] - mean).abs().sum() / mean.abs().sum()))
    assert (found.batches, found.weights, found.still, found.infinite) == (batches, 11, 0, 0)
    scaled = fluctuation([[1e-6 * part for part in gradient] for gradient in gradients])
    assert scaled.ratio == pytest.approx(found.ratio)


@pytest.mark.parametrize("batches", [2, 5, 20])
def test_pure_noise_gives_the_square_root_of_the_batches_whatever_the_sizes(batches):
    sizes = torch.logspace(-6, 0, 40000, dtype=torch.float64)
    found = fluctuation([[sizes * normal(b, (40000,))] for b in range(batches)])
    assert found.noise == math.sqrt(batches - 1)
    assert found.median == pytest.approx(found.noise, rel=0.03)  # standard error pi/2/sqrt(40000) = 0.8 %
    assert found.ratio == pytest.approx(found.noise, rel=0.05)


def test_strong_signal_is_told_from_noise():
    found = fluctuation([[1 + 0.01 * normal(b, (10000,))] for b in range(10)])
    assert found.ratio == pytest.approx(0.01 * math.sqrt(0.9) * math.sqrt(2 / math.pi), rel=0.05)
    assert found.ratio < 0.01 * found.noise


def test_the_papers_mean_grows_with_the_number_of_weights_and_the_median_does_not():
    """What the module says of it: (2/pi) log N times sqrt(B - 1), by half-Cauchy ratios."""
    small = [fluctuation([[normal(100 * s + b, (100,))] for b in range(5)]) for s in range(200)]
    large = fluctuation([[normal(b, (10**6,))] for b in range(5)])
    typical = float(torch.tensor([f.mean for f in small]).median())
    assert large.mean > 2 * typical
    assert large.median == pytest.approx(2, rel=0.01)


def test_weights_without_gradient_are_counted_and_left_out():
    dead, cancelling = torch.tensor([0.0, 0.0]), torch.tensor([1.0, -1.0])
    gradients = [[torch.stack([dead[b], cancelling[b], torch.tensor(2.0 + b)])] for b in range(2)]
    found = fluctuation(gradients)
    assert (found.still, found.infinite) == (1, 1)
    assert found.mean == pytest.approx(0.2)
    assert fluctuation([[dead], [dead]]).still == 2


def test_tensors_may_be_overwritten():
    def gradients():
        buffer = torch.empty(5)
        for b in range(3):
            yield [buffer.copy_(normal(b, (5,), torch.float32))]

    assert fluctuation(gradients()) == fluctuation([[normal(b, (5,), torch.float32)] for b in range(3)])


def test_a_gradient_that_blew_up_shows():
    found = fluctuation([[torch.tensor([1.0, torch.nan])], [torch.ones(2)]])
    assert math.isnan(found.mean)
    assert math.isnan(found.median)
    assert math.isnan(found.ratio)


def test_in_unit_roundoffs_of_its_type():
    assert fluctuation([[torch.ones(2)], [2 * torch.ones(2)]]).roundoff == 2**-24
    assert fluctuation([[torch.ones(2).double()], [torch.ones(2).double()]]).roundoff == 2**-53


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ([], "got 0"),
        ([[torch.ones(2)]], "got 1"),
        ([[torch.ones(2)], [torch.ones(3)]], "got 2 and 3"),
        ([[], []], "got none"),
    ],
)
def test_bad_input(gradients, message):
    with pytest.raises(InputError, match=message):
        fluctuation(gradients)
