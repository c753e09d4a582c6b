"""A data set is named by what is in it."""

from __future__ import annotations

import dataclasses

import numpy as np

from numerics.datasets import DATASETS
from numerics.datasets.digest import _of_images, data_sha256
from numerics.datasets.digits import digits
from numerics.datasets.raw import Labelled


def test_every_data_set_has_one_of_its_own_and_no_file_is_read_for_it() -> None:
    found = {name: data_sha256(name) for name in DATASETS}
    assert len(set(found.values())) == len(found)
    assert all(len(one) == 64 for one in found.values())


def test_one_pixel_or_label_counts_and_layout_does_not() -> None:
    raw = digits()
    images, labels = raw.train
    again = dataclasses.replace(raw, train=Labelled(np.asfortranarray(images), labels.astype(">i8")))
    assert _of_images(again) == _of_images(raw) == data_sha256("digits")
    for other in (Labelled(images ^ (np.arange(images.size).reshape(images.shape) == 7), labels), Labelled(images, labels + 1)):
        assert _of_images(dataclasses.replace(raw, train=other)) != _of_images(raw)
