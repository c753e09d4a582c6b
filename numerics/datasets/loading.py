"""Load a data set by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from os.path import isdir
from pathlib import Path

import torch

from derive.commands.installed import check_installed
from derive.errors import InputError
from derive.shown import shown
from numerics.datasets.files import find, refuse
from numerics.datasets.normalise import normalised, table
from numerics.datasets.raw import Raw, restricted
from numerics.datasets.reading import places, read
from numerics.datasets.registered import DATASETS, DataSet
from numerics.datasets.sources import SOURCES, Source
from numerics.datasets.split import Data

Folder = str | PathLike[str] | None


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
        refetch: use the copies in the cache, and fetch those again that are damaged or missing.
        sources: files and checksums of the data sets made of files.

    Raises:
        InputError: unknown name; a data_dir that is not there; files that are missing, damaged, or pickles; a number out of
            its range.
    """
    check_installed()
    known = DATASETS[name]
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise InputError(f"expected dtype to be of floating-point numbers, got {shown(repr(dtype))}")
    _check_device(device)
    raw = restricted(_raw(known, _path(data_dir), download, refetch, sources), classes, subset)
    lookup = table(raw.train.images)
    train, test = (normalised(split, lookup, size, device, dtype) for split in (raw.train, raw.test))
    return Data(name, train, test, raw.classes, train.images.shape[1], train.images.shape[-1])


def _raw(known: DataSet, data_dir: Path | None, download: bool, refetch: bool, sources: Mapping[str, Source]) -> Raw:
    if known.make:
        return known.make()
    raw = read(known.files, sources[known.files], data_dir, download, refetch)
    return restricted(raw, None, known.first)


def _path(data_dir: Folder) -> Path | None:
    """The user's folder, if any.

    Raises:
        InputError: it is not there: a slip of the pen must not go unnoticed and start a download.
    """
    if data_dir is None:
        return None
    if not isinstance(data_dir, str | PathLike) or not isinstance(fspath(data_dir), str):
        raise InputError(f"expected data_dir to be the name of a folder, got {shown(repr(data_dir))}")
    if not isdir(data_dir):  # also of a name that no system takes
        raise InputError(f"expected data_dir to be a folder, got {shown(repr(str(data_dir)))}, which is none")
    return Path(data_dir)


def _check_device(device: object) -> None:
    """Check that tensors can be kept there.

    Raises:
        InputError: no name of a device, or one that is not on this machine.
    """
    try:
        if not isinstance(device, str | torch.device):
            raise TypeError(type(device).__name__)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError, ValueError, NotImplementedError) as error:
        reason = shown(str(error).partition("\n")[0])
        raise InputError(f"expected a device of this machine, such as cpu, got {shown(repr(device), 40)} ({reason})") from None


def available(name: str, data_dir: Folder = None, sources: Mapping[str, Source] = SOURCES) -> bool:
    """Whether all files of a data set are on this machine. They are not opened: a damaged one is `load`'s to name.

    Args:
        name: one of `DATASETS`.
        data_dir: folder of the user's own files, or None for where they are looked for by themselves.
        sources: what is published where, by name.

    Raises:
        InputError: unknown name, or a data_dir that is not there.
    """
    files = DATASETS[name].files
    if not files:
        return True
    searched = places(files, sources[files], _path(data_dir))
    return all(find(packed, searched) is not None for packed in sources[files].packed)


def check_available(name: str, data_dir: Folder = None, sources: Mapping[str, Source] = SOURCES) -> None:
    """Check that all files of a data set are on this machine; the network is not used. Arguments as for `available`.

    Raises:
        InputError: they are not: which are missing, where they were looked for, and how to get them; or as of `available`.
    """
    if available(name, data_dir, sources):
        return
    files = DATASETS[name].files
    source = sources[files]
    searched = places(files, source, _path(data_dir))
    refuse(name, source, searched)
    missing = [packed for packed in source.packed if find(packed, searched) is None]
    site = missing[0].urls[0].removesuffix(missing[0].name)
    raise InputError(
        f"expected {', '.join(packed.name for packed in missing)} of {name} in {' or '.join(map(str, searched))}, found none; "
        f"get them from {site}, or have them fetched: python -c \"from numerics.datasets import load; load('{name}')\"; "
        "or name their folder as data_dir (--data-dir)"
    )


def first_available(names: Iterable[str], data_dir: Folder = None, sources: Mapping[str, Source] = SOURCES) -> str:
    """The first of the names whose files are on this machine; the network is not used. Arguments as for `available`.

    Raises:
        InputError: an unknown name, or none is there.
    """
    names = tuple(names)
    for name in names:
        if available(name, data_dir, sources):
            return name
    raise InputError(f"expected the files of {' or '.join(names)} on this machine, found none; name their folder as data_dir")
