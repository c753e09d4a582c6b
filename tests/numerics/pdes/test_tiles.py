from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.pdes import tiles
from numerics.pdes.correlation import Correlation
from numerics.pdes.tiles import Tiles, surrounded, tile_shape
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import correlations, normal, rounding

seeds = st.integers(0, 2**31)


@st.composite
def tiled(draw):
    """A random problem and the same by tiles, from the kernel's size to more than the image's."""
    whole = draw(correlations())
    tile = [draw(st.integers(k, n + 3)) for k, n in zip(whole.kernel_shape, whole.image.shape, strict=True)]
    return whole, Tiles(whole.image, whole.kernel_shape, whole.boundary, (tile[0], tile[1]), whole.measure)


@thoroughly()
@given(tiled(), seeds)
def test_is_the_sum_over_kernel_cells(pair, seed):
    whole, by_tiles = pair
    kernel = normal(seed, whole.kernel_shape, whole.image.dtype)
    expected = oracles.correlate(kernel, whole.image, whole.boundary)
    assert by_tiles(kernel).shape == expected.shape
    assert (by_tiles(kernel) - expected).abs().max() <= rounding(whole, kernel)


@thoroughly()
@given(tiled(), seeds)
def test_adjoint_is_the_transpose(pair, seed):
    whole, by_tiles = pair
    field = normal(seed, whole.output_shape, whole.image.dtype)
    matrix = oracles.dense_operator(whole.image, whole.kernel_shape, whole.boundary)
    expected = (matrix.T @ field.flatten()).reshape(whole.kernel_shape) * whole.measure
    assert (by_tiles.adjoint(field) - expected).abs().max() <= rounding(whole, field)


@thoroughly()
@given(tiled(), seeds)
def test_gram_is_adjoint_of_correlation(pair, seed):
    whole, by_tiles = pair
    kernel = normal(seed, (2, *whole.kernel_shape), whole.image.dtype)
    expected = by_tiles.adjoint(by_tiles(kernel))
    assert (by_tiles.gram(kernel) - expected).abs().max() <= rounding(whole, kernel) * float(whole.image.norm())


@pytest.mark.parametrize("boundary", ["valid", "full", "circular"])
def test_surroundings_are_the_boundary(boundary):
    image = normal(0, (5, 7))
    assert torch.equal(surrounded(image, (2, 3), boundary), oracles.surrounded(image, (3, 4), boundary))


def test_differentiable():
    by_tiles = Tiles(normal(0, (9, 8)), (3, 2), "valid", (5, 4), 1.0)
    assert torch.autograd.gradcheck(by_tiles, (normal(1, (3, 2)).requires_grad_(),))


def test_a_tile_of_another_offset_is_caught():
    """Negative control: outputs taken from the image's next row differ by far more than rounding."""
    image = normal(0, (12, 11))
    whole, shifted = Correlation(image, 3), Tiles(image.roll(1, 0), (3, 3), "valid", (6, 6), 1.0)
    kernel = normal(1, (3, 3))
    assert (whole(kernel) - shifted(kernel)).abs().max() > 1e6 * rounding(whole, kernel)


@pytest.mark.parametrize("shape", [(1500, 1500), (300, 9000), (40, 60000)])
@pytest.mark.parametrize("boundary", ["valid", "full", "circular"])
def test_large_images_are_tiled_and_agree(shape, boundary, monkeypatch):
    image, kernel = normal(0, shape), normal(1, (4, 3))
    by_tiles = Correlation(image, (4, 3), boundary)
    assert isinstance(by_tiles._map, Tiles)
    monkeypatch.setattr(tiles, "LARGE", image.numel() * 2)
    whole = Correlation(image, (4, 3), boundary)
    assert not isinstance(whole._map, Tiles)
    assert (by_tiles(kernel) - whole(kernel)).abs().max() <= rounding(whole, kernel)
    assert (by_tiles.gram(kernel) - whole.gram(kernel)).abs().max() <= rounding(whole, kernel) * float(image.norm())


@thoroughly()
@given(st.tuples(*[st.integers(1, 40_000)] * 2), st.tuples(*[st.integers(1, 2000)] * 2), st.sampled_from(["cpu", "cuda"]))
def test_tiles_cover_the_image_and_pay(size, kernel, device):
    kernel = tuple(min(k, n) for k, n in zip(kernel, size, strict=True))
    tile = tile_shape(size, kernel, device)
    if tile is None:
        return
    assert 2 * tile[0] * tile[1] <= size[0] * size[1]
    counts = [-(-(n - k + 1) // (t - k + 1)) for n, k, t in zip(size, kernel, tile, strict=True)]
    assert counts[0] * tile[0] * counts[1] * tile[1] <= 6 * size[0] * size[1]
