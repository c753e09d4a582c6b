"""How many images each data set has, and of what shape: known before a file is opened, and held against what it claims."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """A data set as its authors describe it.

    Attributes:
        train: images to train on.
        test: images to test on.
        channels: of an image.
        size: height and width of an image.
        classes: how many.
    """

    train: int
    test: int
    channels: int
    size: int
    classes: int = 10


DIGITS = Published(1442, 355, 1, 8)
MNIST = Published(60_000, 10_000, 1, 28)
CIFAR_10 = Published(50_000, 10_000, 3, 32)
