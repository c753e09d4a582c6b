"""The IDX reader: what was written comes back, anything else is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.datasets import idx
from tests.numerics.datasets.cases import TEST, TRAIN, idx_bytes, labels, mnist_contents, pixels, rng

pytestmark = pytest.mark.exact


@given(st.integers(0, 99), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_what_was_written_comes_back(seed, shape):
    array = rng(seed).integers(0, 256, shape, dtype=np.uint8)
    read = idx.parse(idx_bytes(array), len(shape), "a file")
    assert read.dtype == np.uint8
    assert np.array_equal(read, array)


GOOD = idx_bytes(pixels(3, 1, 4)[:, 0])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "begin with 00000803 .* got ''"),
        (b"\x1f\x8b\x08\x00" + GOOD, "got '1f8b0800'"),  # packed twice
        (GOOD[:3], "begin with"),
        (b"\x00\x00\x0d\x03" + GOOD[4:], "got '00000d03'"),  # floats
        (b"\x00\x00\x08\x01" + GOOD[4:], "got '00000801'"),  # labels where images are expected
        (b"\x03\x08\x00\x00" + GOOD[4:], "got '03080000'"),  # the other byte order
        (GOOD[:10], "header of 16 bytes, got 10; it is truncated"),
        (GOOD[:-1], r"48 bytes of data for its shape \[3, 4, 4\], got 47; it is truncated"),
        (GOOD + b"\x00", "got 49; something was added"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12 + GOOD[16:], "got 48; it is truncated"),
    ],
)
def test_what_is_not_idx_is_named_in_one_line(content, told):
    with pytest.raises(InputError, match=told) as caught:
        idx.parse(content, 3, "x.gz")
    assert "x.gz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_any_cut_and_any_added_byte_is_noticed():
    for length in range(len(GOOD)):
        with pytest.raises(InputError):
            idx.parse(GOOD[:length], 3, "x")
    with pytest.raises(InputError):
        idx.parse(GOOD + GOOD, 3, "x")


def test_the_four_files_are_images_and_labels():
    raw = idx.mnist(mnist_contents())
    assert np.array_equal(raw.train.images, pixels(TRAIN, 1, 28, 0))
    assert np.array_equal(raw.test.images, pixels(TEST, 1, 28, 1))
    assert np.array_equal(raw.train.labels, labels(TRAIN))
    assert np.array_equal(raw.test.labels, labels(TEST))
    assert raw.train.labels.dtype == np.int64
    assert raw.classes == 10


@pytest.mark.parametrize(
    ("name", "array", "told"),
    [
        ("train-labels-idx1-ubyte", labels(TRAIN - 1), "as many labels as images and at least one, got 39 and 40"),
        ("t10k-labels-idx1-ubyte", labels(TEST) + 5, "labels from 0 to 9, got 14"),
        ("train-images-idx3-ubyte", np.zeros((TRAIN, 28, 27), np.uint8), "square images, got 28x27"),
    ],
)
def test_files_that_do_not_belong_together_are_named(name, array, told):
    with pytest.raises(InputError, match=told):
        idx.mnist(mnist_contents() | {name: idx_bytes(array)})


def test_no_images_at_all_are_refused():
    empty = {name: idx_bytes(np.zeros((0, 28, 28) if "idx3" in name else 0, np.uint8)) for name in mnist_contents()}
    with pytest.raises(InputError, match="at least one"):
        idx.mnist(empty)
