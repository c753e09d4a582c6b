"""The recorded results of an experiment, so that a verdict and the page that shows the experiment tell the same numbers."""

from __future__ import annotations

from functools import cache

import xarray as xr

from experiments.page.report import RECORDS
from experiments.running.store import load


@cache
def recorded(name: str) -> xr.Dataset:
    """What the experiment's recorded run found; its preset, day and machine are among the attributes."""
    found, record = load(RECORDS / name)
    return found.assign_attrs({key: record[key] for key in ("preset", "date", "device")})


def whence(found: xr.Dataset) -> str:
    """Where a recorded result is from, as a sentence."""
    at = found.attrs
    return f"The experiment's record of {at['date'][:10]}, preset {at['preset']}, {at['device']}."
