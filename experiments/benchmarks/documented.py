"""The tables of docs/control.md, made from the records: `python -m experiments.benchmarks.documented` writes them there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import xarray as xr

from derive.files.writing import write_whole
from experiments.benchmarks.caps.told import rows as caps
from experiments.benchmarks.control.table import by_settings, rows
from numerics.common.netcdf import from_bytes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "control.md"
Rows = Iterable[tuple[str, ...]]

TABLES: dict[str, tuple[str, Callable[[xr.Dataset], Rows]]] = {
    "what it is worth": ("benchmark-control.nc", rows),
    "by setting": ("benchmark-control.nc", by_settings),
    "which c": ("benchmark-caps/benchmark-caps.nc", caps),
}
"""Each between `<!-- NAME -->` and `<!-- end of NAME -->`: a file of `experiments/records`, and its rows, the head first."""


def recorded(file: str) -> xr.Dataset:
    """The data of a record of the repository."""
    path = ROOT / "experiments" / "records" / file
    return from_bytes(path.read_bytes(), path)


def markdown(rows: Rows) -> str:
    """A table; the first column to the left, as a page shows it."""
    return "\n".join(_lines(rows)) + "\n"


def _lines(rows: Rows) -> Iterator[str]:
    for place, cells in enumerate(rows):
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |")
        if not place:
            yield f"|{'---|' * len(cells)}"


def written(page: str) -> str:
    """The page with its tables made anew."""
    for name, (record, told) in TABLES.items():
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        _, after = rest.split(f"<!-- end of {name} -->", 1)
        page = f"{before}<!-- {name} -->\n{markdown(told(recorded(record)))}<!-- end of {name} -->{after}"
    return page


if __name__ == "__main__":
    write_whole(PAGE, written(PAGE.read_text(encoding="utf-8")))
