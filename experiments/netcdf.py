"""Datasets as bytes of netCDF, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import xarray as xr


def to_bytes(results: xr.Dataset) -> bytes:
    """A dataset as netCDF. By way of memory: HDF5 itself may crash the process when the disk is full."""
    with _by_its_own_lock():
        return bytes(results.to_netcdf(engine="h5netcdf"))


def from_bytes(data: bytes) -> xr.Dataset:
    """As it was before `to_bytes`: text of fixed width, nothing of a file's own."""
    with _by_its_own_lock():
        found = xr.load_dataset(BytesIO(data), engine="h5netcdf").drop_encoding()
    text = {name: variable.astype(str) for name, variable in found.variables.items() if variable.dtype.kind in "OT"}
    return found.assign_coords({name: text.pop(name) for name in list(text) if name in found.coords}).assign(text)


@contextmanager
def _by_its_own_lock() -> Iterator[None]:
    """In a process with a Dask client xarray would ask the cluster for a lock, on memory that nobody else has."""
    if (dask := sys.modules.get("dask")) is None:
        yield
        return
    with dask.config.set(scheduler="synchronous"):
        yield
