"""Datasets as bytes of netCDF, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import xarray as xr

from derive.files.reading import Unreadable

LARGEST = 2**32
"""Bytes of a dataset of ours, at most: a file of a few kilobytes may claim to hold terabytes."""


def to_bytes(results: xr.Dataset) -> bytes:
    """A dataset as netCDF. By way of memory: HDF5 itself may crash the process when the disk is full."""
    with _by_its_own_lock():
        return bytes(results.to_netcdf(engine="h5netcdf"))


def from_bytes(data: bytes, what: object = "netCDF") -> xr.Dataset:
    """As it was before `to_bytes`: text of fixed width, nothing of a file's own.

    Args:
        data: all of a file.
        what: names it in errors.

    Raises:
        Unreadable: it is no netCDF, or claims to hold more than LARGEST.
    """
    try:
        with _by_its_own_lock(), xr.open_dataset(BytesIO(data), engine="h5netcdf") as lazy:
            if lazy.nbytes > LARGEST:
                raise Unreadable(what, f"it claims to hold {lazy.nbytes} bytes, more than {LARGEST}")
            dataset = lazy.load().drop_encoding()
    except Unreadable:
        raise
    except Exception as error:  # HDF5, h5py, h5netcdf and xarray raise all kinds
        raise Unreadable(what, f"it is no netCDF of ours ({type(error).__name__})") from None
    text = {name: variable.astype(str) for name, variable in dataset.variables.items() if variable.dtype.kind in "OT"}
    return dataset.assign_coords({name: text.pop(name) for name in list(text) if name in dataset.coords}).assign(text)


@contextmanager
def _by_its_own_lock() -> Iterator[None]:
    """In a process with a Dask client xarray would ask the cluster for a lock, on memory that nobody else has."""
    if (dask := sys.modules.get("dask")) is None:
        yield
        return
    with dask.config.set(scheduler="synchronous"):
        yield
