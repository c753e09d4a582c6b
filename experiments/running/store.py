"""Results on disk: one folder per experiment, written whole or not at all.

A run writes into a hidden folder and swaps it in (see `swapping`). So an interrupt or a full disk leaves what was there before;
a folder that is not ours is never touched. A dataset says of which experiment it is, and is held against that when it is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from derive.commands.installed import check_installed
from derive.errors import InputError
from derive.files.reading import Unreadable, read_json, read_regular
from derive.shown import shown
from experiments.running.swapping import HIDDEN, alone, recover, swapped
from experiments.style import asked
from numerics.common.netcdf import LARGEST, from_bytes, to_bytes

MARKER = "gradcfl.json"
EXPERIMENT = "experiment"
"""Attribute of a dataset: the name of its experiment."""

SHA256 = "netcdf_sha256"
"""In the record: of the file of the data; earlier versions did not write it."""

TRIES = 5
"""How often a folder is read again that another process swaps meanwhile."""


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder to write in; it takes the place of `folder` when the block ends well.

    Raises:
        InputError: `folder` exists and does not hold our results, cannot be made, or the disk is full.
    """
    refuse_foreign(folder)
    try:
        with swapped(folder) as fresh:
            yield fresh
    except OSError as error:
        raise InputError(f"cannot write results to {folder}: {_reason(error)}; what was there is unchanged") from None


def check_writable(folder: Path) -> None:
    """Check, before long work, that results can be put in `folder`; changes nothing.

    Raises:
        InputError: a package that is needed is missing; the folder holds something that is not ours, or may not be written.
    """
    check_installed()
    refuse_foreign(folder)
    above = next(path for path in folder.absolute().parents if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"cannot write results to {folder}: {above} is no folder that may be written; choose another --out")


def refuse_foreign(folder: Path) -> None:
    """Check that a folder is absent, empty, or ours.

    Raises:
        InputError: it is a file, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected a folder for results, got the file {folder}; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise InputError(f"{folder} exists and holds no results of gradcfl (no {MARKER}); choose another --out")


def _reason(error: OSError) -> str:
    return " ".join(str(error.strerror or error).split())  # some libraries put a whole report into their errors


def save(results: xr.Dataset, figure: Figure, name: str, record: Mapping[str, Any], folder: Path) -> None:
    """Write NAME.nc, NAME.svg, NAME.png, what else was asked for, and the marker with `record`, whole or not at all.

    The marker also has the SHA-256 of NAME.nc.

    Raises:
        InputError: the folder is not ours, or the disk is full.
    """
    with replacing(folder) as fresh:
        data = to_bytes(results.assign_attrs({EXPERIMENT: name}))
        (fresh / f"{name}.nc").write_bytes(data)
        for kind in dict.fromkeys(("svg", "png", *asked().formats)):
            (fresh / f"{name}.{kind}").write_bytes(picture(figure, kind))
        (fresh / MARKER).write_text(
            json.dumps({"name": name, **record, SHA256: sha256(data).hexdigest()}, indent=2), encoding="utf-8"
        )


def picture(figure: Figure, kind: str) -> bytes:
    """A figure as a file of one of `look.FORMATS`, as wide as was asked for, the same each time."""
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    buffer = BytesIO()
    asked().fitted(figure).savefig(buffer, format=kind, dpi=200, **({"metadata": metadata} if metadata else {}))
    return buffer.getvalue()


def load(folder: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """The dataset and the record of a folder written by `save`.

    Raises:
        InputError: the folder does not hold one, or the dataset of another experiment.
    """
    try:
        recover(folder)
        return _unswapped(folder)
    except (Unreadable, OSError) as error:
        reason = shown(error) if isinstance(error, Unreadable) else _reason(error)
        raise InputError(f"expected a folder written by `python -m experiments run`, got {folder} ({reason})") from None


def _unswapped(folder: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """Both of one and the same folder, though another process may put a new one in its place."""
    if not (folder.parent / HIDDEN).is_dir():  # nobody writes here
        return _read(folder)
    for _ in range(TRIES):
        before = _identity(folder)
        try:
            stored = _read(folder)
        except InputError:
            if before is not None and _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return stored
    with alone(folder):
        return _read(folder)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Of the folder that has this name now; None between two."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_ctime_ns


def _read(folder: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    record = read_json(folder / MARKER)
    name = record.get("name")
    if not isinstance(name, str) or Path(name).name != name:
        raise Unreadable(folder / MARKER, f"expected a name in it, got {shown(repr(name), 40)}")
    path = folder / f"{name}.nc"
    whole = read_regular(path, LARGEST)
    data = from_bytes(whole, path)
    whose, same = data.attrs.pop(EXPERIMENT, None), data.attrs.get("date") == record.get("date")
    if whose is None and data.attrs.get("title") == record.get("title"):  # of a time when datasets said no more
        whose = name if same and "date" in record else None
    if whose != name or not same:
        raise Unreadable(
            path, f"it is of {shown(whose or 'nobody', 60)}{'' if same else ', of another date'}, not of this {name}"
        )
    if record.pop(SHA256, None) not in (None, sha256(whole).hexdigest()):
        raise Unreadable(path, "it was changed since it was written: its SHA-256 is not the recorded one")
    return data, record
