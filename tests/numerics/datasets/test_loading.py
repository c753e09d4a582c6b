"""What `load` makes of the images: classes, subsets, padding, normalisation, precision."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from derive.errors import InputError
from numerics.datasets import DATASETS, load
from numerics.datasets.normalise import normalised, table
from numerics.datasets.raw import Labelled
from tests.demands import demand
from tests.numerics.datasets.cases import TRAIN, mnist_contents, mnist_source, pixels, put

CONTENTS = mnist_contents()
SOURCE = {"mnist": mnist_source(CONTENTS)}


@pytest.fixture
def folder(tmp_path):
    return put(tmp_path / "own", CONTENTS)


CHECKSUMS = {"digits": "86e31c2ecbd8915e92a6bd3c14e776ede04d2f795c560ebb07daa656096f9670"}
"""sha256 of images and labels, of those that are in no file whose checksum `numerics.datasets.sources` has."""


def test_data_sets_are_what_they_were() -> None:
    made = {name: one for name, one in DATASETS.items() if not one.files}
    demand("checksum of its images and labels, in CHECKSUMS of this file", CHECKSUMS, made)
    for name, one in made.items():
        assert one.make is not None
        raw, told = one.make(), one.published
        for part, count in ((raw.train, told.train), (raw.test, told.test)):
            assert part.images.shape == (count, told.channels, told.size, told.size)
        parts = (raw.train.images, raw.train.labels.astype("<i8"), raw.test.images, raw.test.labels.astype("<i8"))
        assert sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest() == CHECKSUMS[name], name


def test_digits_are_those_of_scikit_learn_split_by_every_fifth_of_a_class():
    data, (rows, labels) = load("digits", dtype=torch.float64), load_digits(return_X_y=True)
    assert (data.classes, data.channels, data.size) == (10, 1, 8)
    assert (len(data.train.labels), len(data.test.labels)) == (1442, 355)
    seen, train, test = [0] * 10, [], []
    for row, label in zip(rows, labels, strict=True):
        seen[label] += 1
        (test if seen[label] % 5 == 0 else train).append((row, label))
    for split, expected in ((data.train, train), (data.test, test)):
        assert split.labels.tolist() == [label for _, label in expected]
        mean, std = (f(np.stack([row for row, _ in train])) for f in (np.mean, np.std))
        scaled = (np.stack([row for row, _ in expected]) - mean) / std
        assert np.allclose(split.images.flatten(1), scaled, rtol=1e-12, atol=1e-12)


def test_no_digit_is_in_both_parts_and_classes_keep_their_shares():
    data = load("digits")
    train, test = data.train.labels.bincount(), data.test.labels.bincount()
    assert int(train.sum() + test.sum()) == 1797
    assert test.tolist() == [n // 5 for n in (train + test).tolist()]


@given(st.integers(0, 99), st.sampled_from([1, 3]), st.integers(2, 9))
def test_the_images_to_train_on_have_mean_0_and_standard_deviation_1(seed, channels, size):
    own = Labelled(pixels(4, channels, size, seed), np.zeros(4, dtype=np.int64))
    images = normalised(own, table(own.images), None, "cpu", torch.float64).images
    assert images.mean((0, 2, 3)).abs().max() < 1e-12
    assert (images.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-12
    values = own.images.astype(np.float64)
    axes = {"axis": (0, 2, 3), "keepdims": True}
    assert np.allclose(images, (values - values.mean(**axes)) / values.std(**axes), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_every_pixel_is_rounded_once(folder, dtype):
    exact = load("mnist", data_dir=folder, sources=SOURCE, dtype=torch.float64)
    rounded = load("mnist", data_dir=folder, sources=SOURCE, dtype=dtype)
    for one, other in ((exact.train, rounded.train), (exact.test, rounded.test)):
        assert other.images.dtype == dtype
        assert torch.equal(one.images.to(dtype), other.images)
        assert other.labels.dtype == torch.int64


def test_images_to_test_on_are_scaled_by_those_to_train_on(folder):
    data = load("mnist", data_dir=folder, sources=SOURCE, dtype=torch.float64)
    train, test = pixels(TRAIN, 1, 28, 0).astype(float), pixels(20, 1, 28, 1).astype(float)
    assert np.allclose(data.test.images, (test - train.mean()) / train.std(), rtol=1e-12)


def test_two_classes_are_relabelled_in_the_order_given(folder):
    whole = load("mnist", data_dir=folder, sources=SOURCE)
    for classes in ((0, 1), (7, 3), [9, 0, 4]):
        data = load("mnist", data_dir=folder, sources=SOURCE, classes=classes)
        kept = [label for label in whole.train.labels.tolist() if label in classes]
        assert data.classes == len(classes)
        assert [classes[label] for label in data.train.labels.tolist()] == kept
        assert set(data.test.labels.tolist()) == set(range(len(classes)))
        assert abs(float(data.train.images.mean())) < 1e-6


def test_nothing_of_an_image_left_out_enters():
    data = load("digits", subset=100, classes=(2, 8), dtype=torch.float64)
    assert len(data.train.labels) == 100
    assert abs(float(data.train.images.mean())) < 1e-12
    assert float(data.train.images.std(correction=0)) == pytest.approx(1, abs=1e-12)
    assert set(data.train.labels.tolist()) == {0, 1}
    assert data.test.labels.bincount().tolist() == load("digits").test.labels.bincount()[[2, 8]].tolist()


def test_a_subset_are_the_first_images():
    whole, part = load("digits"), load("digits", subset=80)
    assert torch.equal(part.train.labels, whole.train.labels[:80])
    assert len(part.test.labels) == len(whole.test.labels)


@pytest.mark.parametrize("size", [28, 29, 32])
def test_padding_is_black_and_leaves_the_scale_alone(folder, size):
    whole, padded = (load("mnist", data_dir=folder, sources=SOURCE, size=n) for n in (None, size))
    above, below = (size - 28) // 2, (size - 27) // 2
    assert padded.size == size
    inside = padded.train.images[..., above : size - below, above : size - below]
    assert torch.equal(inside, whole.train.images)
    border = torch.ones(size, size, dtype=torch.bool)
    border[above : size - below, above : size - below] = False
    assert (padded.train.images[..., border] == whole.train.black).all()
    assert float(whole.train.black[0]) == float(whole.train.images.min())  # random bytes hold a zero


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"subset": 0}, "subset to be an integer from 1 to 1442, the images there are, got 0"),
        ({"subset": 1443}, "got 1443"),
        ({"subset": True}, "got True"),
        ({"subset": 2.0}, "got 2.0"),
        ({"classes": (0,)}, "two or more different numbers from 0 to 9"),
        ({"classes": (1, 1)}, "two or more different"),
        ({"classes": (0, 10)}, "from 0 to 9, got"),
        ({"classes": (0, -1)}, "from 0 to 9, got"),
        ({"classes": 5}, "got 5"),
        ({"classes": "01"}, "got '01'"),
        ({"size": 7}, "size to be an integer of at least 8, the images' own, got 7"),
        ({"size": 8.5}, "got 8.5"),
        ({"dtype": torch.uint8}, "floating-point numbers, got torch.uint8"),
        ({"dtype": "float32"}, "got 'float32'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, told):
    with pytest.raises(InputError, match=told) as caught:
        load("digits", **arguments)
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused():
    for name in ("cifar", None, ["digits"]):
        with pytest.raises(InputError, match="unknown data set"):
            load(name)
    assert "digits" in DATASETS


def test_images_that_are_all_equal_cannot_be_normalised():
    with pytest.raises(InputError, match="got channel 1 with one value everywhere"):
        table(np.stack([pixels(2, 1, 3)[:, 0], np.full((2, 3, 3), 7, np.uint8)], 1))


def test_data_are_on_the_device(device):
    data = load("digits", device=device)
    for part in (data.train, data.test):
        assert {tensor.device.type for tensor in part} == {device}
        assert torch.equal(part.images.cpu(), getattr(load("digits"), "train" if part is data.train else "test").images)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_folder_that_is_not_there_is_refused_even_where_none_is_needed(name, tmp_path):
    with pytest.raises(InputError, match="expected data_dir to be a folder"):
        load(name, data_dir=tmp_path / "gone")
