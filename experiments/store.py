"""Results on disk: one folder per experiment, written whole or not at all.

A run writes into a hidden folder beside its place and swaps it in by renaming. So an interrupt or a full disk leaves
what was there before; a folder that is not ours is never touched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from derive.errors import InputError

MARKER = "gradcfl.json"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder to write in; it takes the place of `folder` when the block ends well.

    Raises:
        InputError: `folder` exists and does not hold our results, or cannot be made.
    """
    refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"cannot write results to {folder}: {error.strerror}; choose another --out") from None
    try:
        yield fresh
        _swap(fresh, folder)
    except OSError as error:
        raise InputError(f"cannot write results to {folder}: {error.strerror}; what was there is unchanged") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def refuse_foreign(folder: Path) -> None:
    """Check that a folder is absent, empty, or ours.

    Raises:
        InputError: it is a file, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected a folder for results, got the file {folder}; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise InputError(f"{folder} exists and holds no results of gradcfl (no {MARKER}); choose another --out")


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(fresh.name + ".old")
    fresh.chmod(0o755)
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def save(results: xr.Dataset, figure: Figure, name: str, record: Mapping[str, Any], folder: Path) -> None:
    """Write NAME.nc, NAME.svg, NAME.png and the marker with `record` into `folder`, whole or not at all.

    Raises:
        InputError: the folder is not ours, or the disk is full.
    """
    with replacing(folder) as fresh:
        results.to_netcdf(fresh / f"{name}.nc", engine="h5netcdf")
        figure.savefig(fresh / f"{name}.svg", metadata={"Date": None})
        figure.savefig(fresh / f"{name}.png", dpi=200)
        (fresh / MARKER).write_text(json.dumps({"name": name, **record}, indent=2), encoding="utf-8")


def load(folder: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """The dataset and the record of a folder written by `save`.

    Raises:
        InputError: the folder does not hold one.
    """
    try:
        record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return xr.load_dataset(folder / f"{record['name']}.nc", engine="h5netcdf"), record
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"expected a folder written by `python -m experiments run`, got {folder} ({error})") from None
