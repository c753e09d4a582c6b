"""A data set in memory, ready to train on."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Split(NamedTuple):
    """Images with their labels, on one device.

    Attributes:
        images: (N, C, H, W), normalised.
        labels: (N,) int64, from 0.
        black: what a pixel of value 0 became by the normalisation, (C,): the padding of crops.
    """

    images: Tensor
    labels: Tensor
    black: Tensor


class Data(NamedTuple):
    """Images to train on and images to test on.

    Attributes:
        name: as `load` knows it.
        train: the images to train on.
        test: the images to test on, normalised by the numbers of those to train on.
        classes: how many; labels are 0 to classes - 1.
        channels: of an image.
        size: height and width of an image.
    """

    name: str
    train: Split
    test: Split
    classes: int
    channels: int
    size: int
