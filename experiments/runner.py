"""Run an experiment by name and put its results in the store."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xarray as xr

from derive.errors import choose
from experiments import registry
from experiments.progress import bar
from experiments.provenance import checked_device, provenance
from experiments.store import check_writable, save
from experiments.style import styled


def run_experiment(name: str, preset: str, device: str, out: Path, command: str) -> str:
    """Compute, draw and save an experiment; returns what to tell the user.

    Raises:
        InputError: unknown name, preset or device, or the folder cannot be written.
    """
    found = registry.experiment(name)
    config = choose("preset", preset, found.PRESETS)
    where = checked_device(device)
    check_writable(out / name)  # before the work, not after it
    started = time.perf_counter()
    with bar(name) as report:
        results = found.compute(config, where, report)
    record = {"preset": preset, "config": asdict(config), "seconds": round(time.perf_counter() - started, 1)}
    record |= {
        "seeds": results.attrs["seeds"],
        "command": command,
        "caption": found.caption(results),
        "title": found.TITLE,
        **provenance(where),
    }
    with styled():
        save(labelled(results, record), found.render(results), name, record, out / name)
    return f"{record['caption']}\nwrote {out / name} in {record['seconds']} s"


def labelled(results: xr.Dataset, record: dict[str, Any]) -> xr.Dataset:
    """The dataset with its record as attributes, so that a file found alone still says what it is."""
    added = {key: v if isinstance(v, str) else json.dumps(v) for key, v in record.items() if key not in results.attrs}
    return results.assign_attrs(added)
