"""Data sets by name. Adding one is an entry here: files as of `sources`, or a function that makes its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.registry import Registry
from numerics.datasets.digits import digits
from numerics.datasets.published import CIFAR_10, DIGITS, MNIST, Published
from numerics.datasets.raw import Raw

CIFAR_5K = CIFAR_10._replace(train=5000)


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        what: a line for listings.
        published: how many images of what shape it has.
        make: makes its images of what is always there; None if they are in files.
        files: whose entry in `SOURCES` names its files; empty if it has none.
        first: only so many images of the files to train on; None for all.
    """

    what: str
    published: Published
    make: Callable[[], Raw] | None = None
    files: str = ""
    first: int | None = None


DATASETS: Registry[DataSet] = Registry(
    "data set",
    {
        "digits": DataSet("1797 digits of 8 x 8 pixels, from scikit-learn: always there", DIGITS, make=digits),
        "mnist": DataSet("70,000 digits of 28 x 28 pixels", MNIST, files="mnist"),
        "fashion-mnist": DataSet("70,000 pieces of clothing, 28 x 28 pixels", MNIST, files="fashion-mnist"),
        "cifar-10": DataSet("60,000 colour pictures of 32 x 32 pixels", CIFAR_10, files="cifar-10"),
        "cifar-5k": DataSet(
            "CIFAR-10, only its first 5000 images to train on", CIFAR_5K, files="cifar-10", first=CIFAR_5K.train
        ),
    },
)
"""Name -> data set; each has ten classes."""
