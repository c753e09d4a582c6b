from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.common.checks import BOUNDARIES
from numerics.pdes.correlation import Correlation
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import DTYPES, correlations, normal, rounding

seeds = st.integers(0, 2**31)


@thoroughly()
@given(correlations(), seeds)
def test_is_the_sum_over_kernel_cells(c, seed):
    kernel = normal(seed, c.kernel_shape, c.image.dtype)
    expected = oracles.correlate(kernel, c.image, c.boundary)
    assert c.output_shape == expected.shape
    assert (c(kernel) - expected).abs().max() <= rounding(c, kernel)


@thoroughly()
@given(correlations(), seeds)
def test_adjoint_dot_product(c, seed):
    kernel, field = normal(seed, c.kernel_shape, c.image.dtype), normal(seed + 1, c.output_shape, c.image.dtype)
    there, back = c.integral(field * c(kernel)), (c.adjoint(field) * kernel).sum()
    assert abs(float(there - back)) <= rounding(c, kernel, field)


@thoroughly()
@given(correlations(), seeds)
def test_adjoint_is_the_transpose(c, seed):
    field = normal(seed, c.output_shape, c.image.dtype)
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary)
    expected = (matrix.T @ field.flatten()).reshape(c.kernel_shape) * c.measure
    assert (c.adjoint(field) - expected).abs().max() <= rounding(c, field)


@thoroughly()
@given(correlations(), seeds)
def test_gram_is_adjoint_of_correlation(c, seed):
    kernel = normal(seed, c.kernel_shape, c.image.dtype)
    assert (c.gram(kernel) - c.adjoint(c(kernel))).abs().max() <= rounding(c, kernel) * float(c.image.norm())


@thoroughly(max_examples=20)
@given(correlations(), seeds)
def test_batch_member_equals_solo_run(c, seed):
    kernels = normal(seed, (2, 3, *c.kernel_shape), c.image.dtype)
    together = c(kernels)
    assert together.shape == (2, 3, *c.output_shape)
    assert together.dtype == c.image.dtype
    assert (together[1, 2] - c(kernels[1, 2])).abs().max() <= rounding(c, kernels[1, 2])


def test_wrong_adjoint_is_caught():
    """Negative control: the dot test sees an adjoint that is off by one pixel."""
    c = Correlation(normal(0, (9, 9)), 3)
    kernel, field = normal(1, c.kernel_shape), normal(2, c.output_shape)
    shifted = c.adjoint(field).roll(1, -1)
    assert abs(float(c.integral(field * c(kernel)) - (shifted * kernel).sum())) > 1e6 * rounding(c, kernel, field)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_devices(device, boundary, dtype):
    image, kernel = normal(0, (31, 20), dtype), normal(1, (2, 5, 4), dtype)
    here, there = Correlation(image, (5, 4), boundary), Correlation(image.to(device), (5, 4), boundary)
    result = there(kernel.to(device))
    assert result.device.type == device
    assert result.dtype == dtype
    assert (result.cpu() - here(kernel)).abs().max() <= rounding(here, kernel)


def test_constant_kernel_sums_the_image():
    image = normal(3, (6, 8))
    assert Correlation(image, (6, 8))(torch.ones(6, 8, dtype=torch.float64)).item() == pytest.approx(float(image.sum()))


def test_differentiable():
    c = Correlation(normal(0, (7, 6)), (3, 2))
    assert torch.autograd.gradcheck(c, (normal(1, (3, 2)).requires_grad_(),))


def test_takes_read_only_integer_pictures():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    pixels.setflags(write=False)
    assert Correlation(pixels, 2).image.dtype == torch.float64


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        (torch.ones(4, 4), 5, "no larger than the 4x4 image, got 5x5"),
        (torch.full((4, 4), torch.nan), 2, "finite image, got 16 of 16"),
        (torch.tensor([[1.0, torch.inf]]), 1, "finite image, got 1 of 2"),
        (torch.ones(0, 4), 1, "non-empty image"),
        (torch.ones(4), 1, "shape"),
        (torch.ones(4, 4, dtype=torch.complex64), 1, "float32 or float64"),
        (torch.ones(4, 4, dtype=torch.float16), 1, "float32 or float64"),
        ("cat.png", 1, "2-D array"),
        (torch.ones(4, 4), 0, "positive integers, got 0"),
        (torch.ones(4, 4), (2, 2, 2), "positive integers"),
        (torch.ones(4, 4), 2.5, "positive integers"),
    ],
)
def test_bad_images_and_kernels(image, kernel, expected):
    with pytest.raises(InputError, match=expected):
        Correlation(image, kernel)


def test_unknown_options_list_the_valid_ones():
    with pytest.raises(InputError, match="valid, full, circular"):
        Correlation(torch.ones(4, 4), 2, "same")
    with pytest.raises(InputError, match="sum, mean"):
        Correlation(torch.ones(4, 4), 2, pooling="max")


@pytest.mark.parametrize("kernel", [torch.ones(3, 3), torch.ones(2, 2, dtype=torch.float64), torch.ones(2)])
def test_kernels_of_another_shape_or_type(kernel):
    with pytest.raises(InputError, match="expected a kernel of shape"):
        Correlation(torch.ones(4, 4), 2)(kernel)
