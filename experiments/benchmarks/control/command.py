"""`python -m experiments.benchmarks control`: run a preset, keep what is finished, print the table."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import InputError, choose

if TYPE_CHECKING:
    import xarray as xr


def control(preset: str = "default", device: str = "cpu", workers: int | None = None, out: Path = Path("results")) -> None:
    """Capped step sizes beside fixed, warmed up, clipped, followed, schedule-free and found ones, on small real nets.

    Data (netCDF) goes to OUT/benchmark-control.nc after each setting, so that an interrupt loses one setting at most.

    Args:
        preset: smoke (about a minute), default (a quarter to half an hour on two cores) or large (a night, or a GPU).
        device: cpu or cuda:N.
        workers: processes; by default one for each core, one on a GPU.
        out: folder for the data.
    """
    import xarray as xr
    from rich.console import Console

    from derive.files.writing import write_whole
    from experiments.benchmarks.control.grid import run
    from experiments.benchmarks.control.presets import PRESETS
    from experiments.benchmarks.control.table import notes, table
    from experiments.running.progress import bar
    from experiments.running.provenance import checked_device, provenance, versions
    from numerics.common.netcdf import to_bytes

    chosen, device = choose("preset", preset, PRESETS), checked_device(device)
    if workers is not None and workers < 1:
        raise InputError(f"expected workers of at least 1, got {workers}")
    many = workers or (1 if device.startswith("cuda") else os.cpu_count() or 1)
    told = {"preset": preset, "config": json.dumps(asdict(chosen)), "on": device, **versions()}
    path = Path(out) / "benchmark-control.nc"
    earlier = _earlier(path, told)
    command = shlex.join(["python", "-m", "experiments.benchmarks", *sys.argv[1:]])
    attributes = {**told, "command": command, **provenance(device)}
    results = xr.Dataset()
    with bar("benchmark of the cap") as report:
        for results in run(chosen, device, many, report, earlier):
            results = results.assign_attrs(attributes)
            write_whole(path, to_bytes(results))
    console = Console()
    console.print(table(results))
    console.print(notes(results))
    print(f"wrote {path}")


def _earlier(path: Path, told: Mapping[str, str]) -> xr.Dataset | None:
    """What is there of the same preset, device and versions; None where nothing is.

    Raises:
        InputError: something else is there.
    """
    from derive.files.reading import Unreadable, read_regular
    from derive.shown import shown
    from numerics.common.netcdf import LARGEST, from_bytes

    if not path.exists():
        return None
    try:
        earlier = from_bytes(read_regular(path, LARGEST), path)
    except Unreadable as error:
        raise InputError(f"expected results of this benchmark or none, got {shown(error)}; choose another --out") from None
    other = [name for name, value in told.items() if earlier.attrs.get(name) != value]
    if other:
        raise InputError(f"{path} holds results of another {', '.join(other)}; choose another --out, or take it away")
    return earlier
