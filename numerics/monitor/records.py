"""What a monitor has seen, on one axis of steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from derive.errors import InputError
from derive.files import replace_forced

Value = float | str | Mapping[Any, float]

UNITS: Mapping[str, tuple[str, str]] = {
    "normalised": ("", "sharpness over the largest stable curvature; 1 is the edge"),
    "bound": ("", "bound on the error of the normalised sharpness"),
    "distance": ("", "1 - normalised sharpness"),
    "loss": ("", "loss on the data measured on, without weight decay"),
    "products": ("", "Hessian products of the measurement, each over as many samples as a training batch"),
    "layer_normalised": ("", "normalised sharpness of the layer's own block; never above the network's"),
    "layer_share": ("", "part of the layer in the squared norm of the top mode"),
    "lr": ("", "learning rate now"),
    "largest_lr": ("", "largest stable learning rate, all groups' scaled together"),
    "edge": ("1/lr", "largest stable curvature at denominator 1, coupled weight decay counted in"),
    "weight_decay_low": ("", "smallest stable weight decay of the groups that decay"),
    "weight_decay_high": ("", "largest stable weight decay of the groups that decay"),
    "rel_l1": ("", "RelL1 between the weights and those of the shadow trained with the last bits perturbed"),
    "growth_rate": ("1/step", "growth of log RelL1 per step, over the window that ends here"),
    "growth_low": ("1/step", "lower end of its interval"),
    "growth_high": ("1/step", "upper end of its interval"),
}
"""Variable -> (unit, meaning)."""

DIMS: Mapping[str, str] = {
    "layer_normalised": "layer", "layer_share": "layer", "lr": "group", "largest_lr": "group", "edge": "group"
}  # fmt: skip
"""Variables that are mappings in a row -> the dimension of their keys."""

TEXTS = ("verdict", "growth", "unresolved")


class Records:
    """Rows by step; what a row lacks is NaN, or empty text."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, Value]] = {}

    def add(self, step: int, row: Mapping[str, Value]) -> None:
        """Put values into the row of a step, beside those that are there."""
        self._rows.setdefault(step, {}).update(row)

    def column(self, name: str) -> list[Value]:
        """The values of one variable, where there are any."""
        return [row[name] for row in self._rows.values() if name in row]

    @property
    def latest(self) -> dict[str, Value]:
        """The newest value of every variable."""
        return {name: value for row in self._rows.values() for name, value in row.items()}

    def dataset(self, attributes: Mapping[str, Any]) -> xr.Dataset:
        """All rows, dims step, layer and group."""
        steps = sorted(self._rows)
        rows = [self._rows[step] for step in steps]
        keys = {dim: _keys(dim, rows) for dim in sorted(set(DIMS.values()))}
        variables = {name: self._variable(name, rows, keys) for name in (*UNITS, *TEXTS)}
        return xr.Dataset(variables, {"step": steps, **keys}, dict(attributes))

    def _variable(self, name: str, rows: list[dict[str, Value]], keys: Mapping[str, list[Any]]) -> xr.Variable:
        if name in TEXTS:
            return xr.Variable(("step",), np.array([row.get(name, "") for row in rows], dtype=object).astype(str))
        unit, meaning = UNITS[name]
        labels = {"units": unit, "long_name": meaning}
        if name not in DIMS:
            return xr.Variable(("step",), np.array([row.get(name, np.nan) for row in rows], dtype=float), labels)
        own = keys[DIMS[name]]
        table = [[row.get(name, {}).get(key, np.nan) for key in own] for row in rows]
        return xr.Variable(("step", DIMS[name]), np.array(table, dtype=float).reshape(len(rows), len(own)), labels)


def _keys(dim: str, rows: list[dict[str, Value]]) -> list[Any]:
    """Labels along a dimension, in the order in which they were first seen."""
    names = [name for name in DIMS if DIMS[name] == dim]
    return list(dict.fromkeys(key for row in rows for name in names for key in row.get(name, {})))


def save(results: xr.Dataset, path: str | Path) -> None:
    """Write netCDF, whole or not at all.

    Raises:
        InputError: it cannot be written; what was there is unchanged.
    """
    try:
        # By way of memory: HDF5 itself may crash the process when the disk is full.
        replace_forced(Path(path), bytes(results.to_netcdf(engine="h5netcdf")))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; what was there is unchanged") from None
