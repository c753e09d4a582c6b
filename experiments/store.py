"""Results on disk: one folder per experiment, written whole or not at all.

A run writes into a hidden folder beside its place and swaps it in by renaming. So an interrupt or a full disk leaves
what was there before; a folder that is not ours is never touched. Killed between the two renamings, the earlier result
waits under a hidden name, and the next `load` or `save` puts it back.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from derive.errors import InputError

MARKER = "gradcfl.json"
ABANDONED = 3600
"""Seconds after which a hidden folder, made to be written within seconds, is what a killed run has left."""


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder to write in; it takes the place of `folder` when the block ends well.

    Raises:
        InputError: `folder` exists and does not hold our results, cannot be made, or the disk is full.
    """
    refuse_foreign(folder)
    fresh = _fresh(folder)
    try:
        yield fresh
        _swap(fresh, folder)
    except OSError as error:
        raise InputError(f"cannot write results to {folder}: {_reason(error)}; what was there is unchanged") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Check, before long work, that results can be put in `folder`; changes nothing.

    Raises:
        InputError: it holds something that is not ours, or may not be written.
    """
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


def _fresh(folder: Path) -> Path:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        return Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"cannot write results to {folder}: {_reason(error)}; choose another --out") from None


def _sweep(folder: Path) -> None:
    for left in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - left.stat().st_mtime > ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _reason(error: OSError) -> str:
    return _one_line(error.strerror or error)


def _one_line(text: object) -> str:
    """Some libraries put a whole report into their errors."""
    return " ".join(str(text).split())


def _earlier(folder: Path) -> Path:
    """Where the earlier result waits while the new one takes its place."""
    return folder.with_name(f".{folder.name}.earlier")


def _recover(folder: Path) -> None:
    """Finish or undo a swap that was killed halfway."""
    earlier = _earlier(folder)
    if earlier.exists() and folder.exists():
        shutil.rmtree(earlier)
    elif earlier.exists():
        earlier.rename(folder)


def _swap(fresh: Path, folder: Path) -> None:
    _recover(folder)
    fresh.chmod(0o755)  # mkdtemp's are private
    try:
        if folder.exists():
            folder.rename(_earlier(folder))
        fresh.rename(folder)
    finally:
        _recover(folder)  # also after an interrupt between the two


def save(results: xr.Dataset, figure: Figure, name: str, record: Mapping[str, Any], folder: Path) -> None:
    """Write NAME.nc, NAME.svg, NAME.png and the marker with `record` into `folder`, whole or not at all.

    Raises:
        InputError: the folder is not ours, or the disk is full.
    """
    with replacing(folder) as fresh:
        # By way of memory: HDF5 itself may crash the process when the disk is full.
        (fresh / f"{name}.nc").write_bytes(results.to_netcdf(engine="h5netcdf"))
        figure.savefig(fresh / f"{name}.svg", metadata={"Date": None})
        figure.savefig(fresh / f"{name}.png", dpi=200)
        (fresh / MARKER).write_text(json.dumps({"name": name, **record}, indent=2), encoding="utf-8")


def load(folder: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """The dataset and the record of a folder written by `save`.

    Raises:
        InputError: the folder does not hold one.
    """
    try:
        _recover(folder)
        record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return xr.load_dataset(folder / f"{record['name']}.nc", engine="h5netcdf"), record
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected a folder written by `python -m experiments run`, got {folder} ({_one_line(error)})"
        ) from None
