from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.pdes import spectrum, tiles
from numerics.pdes.correlation import Correlation
from numerics.pdes.lag_gram import LagGram, is_cheaper
from numerics.pdes.spectrum import extreme_eigenvalues
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import correlations, normal


@thoroughly(max_examples=80)
@given(correlations(), st.integers(0, 2**31))
def test_is_the_dense_operator(c, seed):
    kernel = normal(seed, (2, *c.kernel_shape), c.image.dtype)
    matrix = oracles.dense_operator(c.image, c.kernel_shape, c.boundary).double()
    gram = LagGram(c)
    expected = kernel.flatten(1).double() @ (matrix.T @ matrix) * c.measure
    assert (gram(kernel).flatten(1) - expected).abs().max() <= 10 * (gram.rounding + 1e-300) * float(kernel.norm())


@pytest.mark.parametrize("boundary", ["valid", "full", "circular"])
def test_eigenvalues_of_a_large_image_either_way(boundary, monkeypatch):
    image = normal(0, (1100, 1300)) + 3
    c = Correlation(image, (5, 4), boundary)
    assert is_cheaper(c)
    found = extreme_eigenvalues(c)
    monkeypatch.setattr(spectrum, "is_cheaper", lambda _: False)
    direct = extreme_eigenvalues(c)
    assert found.products == direct.products
    assert abs(found.maximum - direct.maximum) <= found.error + direct.error
    assert abs(found.minimum - direct.minimum) <= found.error + direct.error


def test_small_images_are_gone_through_themselves(monkeypatch):
    def never(_):
        raise AssertionError

    monkeypatch.setattr(spectrum, "LagGram", never)
    extreme_eigenvalues(Correlation(normal(0, (40, 40)), 3))
    assert not is_cheaper(Correlation(normal(0, (40, 40)), 20))


def test_where_rounding_would_count_the_image_itself_is_asked(monkeypatch):
    """With no room for roundings the answer is, bit for bit, the one that goes through the image."""
    c = Correlation(normal(0, (1100, 1300)), (4, 3))
    monkeypatch.setattr(spectrum, "ACCURATE", 0.0)
    refused = extreme_eigenvalues(c)
    monkeypatch.setattr(spectrum, "is_cheaper", lambda _: False)
    assert refused == extreme_eigenvalues(c)


def test_an_image_in_its_corner(monkeypatch):
    """Few valid outputs see it, so that the difference loses digits: within the error told all the same."""
    monkeypatch.setattr(tiles, "LARGE", 0)
    monkeypatch.setattr(spectrum, "LARGE", 0)
    image = torch.zeros(60, 60, dtype=torch.float64)
    image[:9, :9] = normal(0, (9, 9)).abs() + 1
    c = Correlation(image, (5, 5))
    matrix = oracles.dense_operator(image, (5, 5), "valid")
    values = torch.linalg.eigvalsh(matrix.T @ matrix)
    found = extreme_eigenvalues(c)
    assert abs(found.maximum - float(values[-1])) <= found.error + 1e-13 * float(values[-1])
    assert abs(found.minimum - float(values[0])) <= found.error + 1e-13 * float(values[-1])
