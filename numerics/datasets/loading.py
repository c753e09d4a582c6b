"""Load a data set by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path

import torch

from derive.errors import InputError, choose
from numerics.datasets.digits import digits
from numerics.datasets.fetch import cache, fetch
from numerics.datasets.files import contents, find, folders, refuse
from numerics.datasets.normalise import normalised, table
from numerics.datasets.raw import Raw, restricted
from numerics.datasets.sources import SOURCES, Source
from numerics.datasets.split import Data

Folder = str | PathLike[str] | None

CIFAR_5K = 5000

DATASETS: Mapping[str, str] = {
    "digits": "1797 digits of 8 x 8 pixels, from scikit-learn: always there",
    "mnist": "70,000 digits of 28 x 28 pixels",
    "fashion-mnist": "70,000 pieces of clothing, 28 x 28 pixels",
    "cifar-10": "60,000 colour pictures of 32 x 32 pixels",
    "cifar-5k": "CIFAR-10, only its first 5000 images to train on",
}
"""Name -> what it is; each has ten classes."""


def load(
    name: str,
    *,
    data_dir: Folder = None,
    subset: int | None = None,
    classes: Sequence[int] | None = None,
    size: int | None = None,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    download: bool = True,
    refetch: bool = False,
    sources: Mapping[str, Source] = SOURCES,
) -> Data:
    """A data set on the device: one copy, normalised.

    Each channel has mean 0 and standard deviation 1 over the images to train on that are left after `classes` and `subset`:
    nothing of an image left out enters. Images to test on are normalised by the same numbers. Black borders, of `size` and of
    crops, have the value that black became and do not enter the mean.

    Files are looked for in `data_dir` (in a folder of the data set's name, in itself, and where torchvision keeps them), where
    Debian's packages put them, and in the cache; last they are fetched into the cache. Their contents are checked each time.

    Args:
        name: one of DATASETS.
        data_dir: folder with files as published, packed or unpacked.
        subset: only the first so many images to train on, in the order of the files; None for all.
        classes: only these, relabelled 0, 1, ... in this order; None for all.
        size: pad images with black to this height and width; None to leave them.
        device: where images and labels are kept.
        dtype: of images: float16, bfloat16, float32 or float64.
        download: whether files that are nowhere may be fetched.
        refetch: fetch files whose copies in the cache are damaged again.
        sources: files and checksums of the data sets made of files.

    Raises:
        InputError: unknown name; files that are not there, damaged, or pickles; a number out of its range.
    """
    choose("data set", name, DATASETS)
    raw = _read(name, None if data_dir is None else Path(data_dir), download or refetch, refetch, sources)
    if name == "cifar-5k":
        raw = restricted(raw, None, CIFAR_5K)
    raw = restricted(raw, None if classes is None else tuple(classes), subset)
    lookup = table(raw.train.images)
    train, test = (normalised(split, lookup, size, device, dtype) for split in (raw.train, raw.test))
    return Data(name, train, test, raw.classes, train.images.shape[1], train.images.shape[-1])


def _read(name: str, data_dir: Path | None, download: bool, refetch: bool, sources: Mapping[str, Source]) -> Raw:
    if name == "digits":
        return digits()
    name, source = _source(name, sources)
    kept, held = cache(name), {}
    places = folders(name, source, data_dir, kept)
    for packed in source.packed:
        if refetch:
            fetch(packed, kept)
        found = find(packed, places)
        if found is None:
            refuse(name, source, places)
            if not download:
                where = ", ".join(map(str, places))
                raise InputError(
                    f"expected {packed.name} of {name}, found it in none of {where}; put it there, or allow downloads"
                )
            fetch(packed, kept)
            found = find(packed, [kept])
        again = "refetch=True fetches it again" if kept in (path.parent for path in found.values()) else "get it again"
        held |= contents(packed, found, again)
    return source.parse(held)


def _source(name: str, sources: Mapping[str, Source]) -> tuple[str, Source]:
    """A data set's files, and the name that they are kept under."""
    kept = "cifar-10" if name == "cifar-5k" else name
    return kept, sources[kept]


def available(name: str, data_dir: Folder = None, sources: Mapping[str, Source] = SOURCES) -> bool:
    """Whether all files of a data set are on this machine. They are not opened: a damaged one is `load`'s to name.

    Raises:
        InputError: unknown name.
    """
    choose("data set", name, DATASETS)
    if name == "digits":
        return True
    name, source = _source(name, sources)
    places = folders(name, source, None if data_dir is None else Path(data_dir), cache(name))
    return all(find(packed, places) is not None for packed in source.packed)


def first_available(names: Iterable[str], data_dir: Folder = None, sources: Mapping[str, Source] = SOURCES) -> str:
    """The first of the names whose files are on this machine; the network is not used.

    Raises:
        InputError: an unknown name, or none is there.
    """
    names = tuple(names)
    for name in names:
        if available(name, data_dir, sources):
            return name
    raise InputError(f"expected the files of {' or '.join(names)} on this machine, found none; name their folder as data_dir")
