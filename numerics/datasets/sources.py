"""Where the files of a data set come from, and how they are known to be the right ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from numerics.datasets import cifar, idx
from numerics.datasets.published import MNIST as MNIST_PUBLISHED
from numerics.datasets.raw import Raw

Contents = Mapping[str, bytes]
"""Name of a file -> what is in it, unpacked."""


@dataclass(frozen=True)
class Packed:
    """A file as it is published.

    Attributes:
        name: of the file; ends in .gz, or in .tar.gz if it holds several files.
        urls: where it is, the best place first.
        checksum: "ALGORITHM:HEXADECIMAL" of the file.
        holds: name -> "ALGORITHM:HEXADECIMAL" of what is in it, unpacked. This is what is checked before anything is read, so
            it does not matter how, or by whom, the files were packed.
        sizes: name -> bytes of what is in it, unpacked: not more than that is ever unpacked.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    holds: Mapping[str, str]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Source:
    """A data set made of files.

    Attributes:
        packed: its files as published.
        folders: where in a user's folder the files may be, beside a folder named like the data set.
        installed: folders in which packages of the system put them.
        parse: from contents to images.
        refused: names of files that hold the same data in a form that is not read, and never will be.
        reason: why not, and what to do.
    """

    packed: tuple[Packed, ...]
    folders: tuple[str, ...]
    parse: Callable[[Contents], Raw]
    installed: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()
    reason: str = ""


_IDX_SIZES = {
    "train-images-idx3-ubyte": 16 + MNIST_PUBLISHED.train * MNIST_PUBLISHED.size**2,
    "train-labels-idx1-ubyte": 8 + MNIST_PUBLISHED.train,
    "t10k-images-idx3-ubyte": 16 + MNIST_PUBLISHED.test * MNIST_PUBLISHED.size**2,
    "t10k-labels-idx1-ubyte": 8 + MNIST_PUBLISHED.test,
}
"""Headers of 4 bytes and 4 for each dimension, then a byte for each pixel or label."""


def _idx(places: tuple[str, ...], checksums: Mapping[str, tuple[str, str]]) -> tuple[Packed, ...]:
    """The four files of MNIST and of what follows its example; checksums of file and content by name."""
    return tuple(
        Packed(f"{name}.gz", tuple(f"{place}{name}.gz" for place in places), file, {name: content}, {name: _IDX_SIZES[name]})
        for name, (file, content) in checksums.items()
    )


MNIST = Source(
    _idx(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {
            "train-images-idx3-ubyte": (
                "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            "train-labels-idx1-ubyte": (
                "md5:d53e105ee54ea40749a09fcbcd1e9432",
                "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            "t10k-images-idx3-ubyte": (
                "md5:9fb629c4189551a2d022fa330f9573f3",
                "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            "t10k-labels-idx1-ubyte": (
                "md5:ec29112dd5afa0611ce80d1b7f02629c",
                "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        },
    ),
    folders=("MNIST/raw",),
    parse=idx.mnist,
)
"""Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database; places and md5 as in torchvision.datasets.MNIST."""


FASHION_MNIST = Source(
    _idx(
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        {
            "train-images-idx3-ubyte": (
                "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            "train-labels-idx1-ubyte": (
                "md5:25c81989df183df01b3e8a0aad5dffbe",
                "sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            "t10k-images-idx3-ubyte": (
                "md5:bef4ecab320f06d8554ea6380940ec79",
                "sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            "t10k-labels-idx1-ubyte": (
                "md5:bb300cfdad3c16e7a12a480ee83cd310",
                "sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        },
    ),
    folders=("FashionMNIST/raw",),
    parse=idx.mnist,
    installed=(Path("/usr/share/datasets/fashion-mnist"),),
)
"""Debian's package dataset-fashion-mnist packs the files anew; their contents are the published ones.

Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, arXiv 1708.07747; places and md5 as in torchvision.datasets.FashionMNIST.
"""


_CIFAR_FILES = {
    "data_batch_1.bin": "md5:5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2.bin": "md5:5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3.bin": "md5:942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4.bin": "md5:ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5.bin": "md5:53f37980c15c3d472c316c40844f3f0d",
    "test_batch.bin": "md5:803d5f7f4d78ea53de84dbe85f74fb6d",
}

CIFAR_10 = Source(
    (
        Packed(
            "cifar-10-binary.tar.gz",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            "md5:c32a1d4ab5d03f1284b67883e8d87530",
            _CIFAR_FILES,
            dict.fromkeys(_CIFAR_FILES, 10_000 * cifar.RECORD),
        ),
    ),
    folders=("cifar-10-batches-bin",),
    parse=cifar.cifar10,
    refused=("cifar-10-python.tar.gz", "cifar-10-batches-py", "data_batch_1"),
    reason="CIFAR-10's Python version are pickles, which may run any code and are never read",
)
"""Source: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
(md5 of the archive; those of its files as several projects on GitHub have them)."""


SOURCES: Mapping[str, Source] = MappingProxyType({"mnist": MNIST, "fashion-mnist": FASHION_MNIST, "cifar-10": CIFAR_10})
"""Data set -> its files."""
