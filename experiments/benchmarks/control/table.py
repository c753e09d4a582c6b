"""The table, printed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from rich.console import Group
from rich.table import Table

from experiments.benchmarks.control.columns import Column, Told, by_setting, told
from experiments.benchmarks.control.grid import BUDGETS, finished
from experiments.benchmarks.control.rows import ROWS

HEAD = ("", "at equal", "best loss", "accuracy", "13 times", "width", "diverged", "cost")


def table(results: xr.Dataset) -> Group:
    """All rows over all finished settings, then the best losses by setting."""
    done = results.isel(setting=np.flatnonzero(finished(results)))
    if not done.sizes["setting"]:
        return Group("no setting is finished")
    title = f"A cap of the step size, preset {results.attrs['preset']}, {results.attrs['device']}"
    best = "Best loss over the reference, by setting, at equal steps"
    return Group(_drawn(title, rows(done), 2), _drawn(best, by_settings(done), 1))


def rows(results: xr.Dataset) -> Iterator[tuple[str, ...]]:
    """Over all settings, which have to be finished: the head, then each row at each budget."""
    yield HEAD
    for name in ROWS:
        for budget in BUDGETS:
            row = told(results, name, budget)
            if row is not None:
                yield name, budget, *_cells(row, results.sizes["setting"])


def by_settings(results: xr.Dataset) -> Iterator[tuple[str, ...]]:
    """The best losses of each setting at equal steps: the head, then a row for each."""
    names = [name for name in ROWS if told(results, name, "steps") is not None]
    columns = [by_setting(results, name, "steps") for name in names]
    yield "", *names
    for place, setting in enumerate(results.setting.values):
        yield str(setting), *("-" if np.isnan(column[place]) else f"{column[place]:.2f}" for column in columns)


def _drawn(title: str, told: Iterator[tuple[str, ...]], left: int) -> Table:
    drawn = Table(title=title)
    for place, name in enumerate(next(told)):
        drawn.add_column(name, justify="left" if place < left else "right")
    for cells in told:
        drawn.add_row(*cells)
    return drawn


def _cells(row: Told, settings: int) -> tuple[str, ...]:
    return (
        _number(row.best, ".2f", settings),
        _number(row.accuracy, "+.1f", settings),
        _number(row.beyond, ".2f", settings),
        _number(row.width, ".2f", settings),
        f"{row.diverged[0]} of {row.diverged[1]}",
        f"{row.cost:.2f}",
    )


def _number(column: Column, form: str, settings: int) -> str:
    if np.isnan(column.mean):
        return "-"
    few = f", {column.settings} of {settings}" if column.settings < settings else ""
    return f"{column.mean:{form}} ({column.low:{form}}, {column.high:{form}}){few}"


def notes(results: xr.Dataset) -> str:
    """What the columns mean, and what is missing."""
    done = finished(results)
    at = results.isel(setting=np.flatnonzero(done))
    missing = [f"{row.package} ({name})" for name, row in ROWS.items() if row.missing]
    failed = int(at.failed.sum())
    lines = [
        f"{int(done.sum())} of {len(done)} settings, {results.sizes['seed']} seeds; in brackets 95 % intervals over seeds,",
        "after them in how many settings, where not in all.",
        "best loss: on the training rows, over the best of fixed, warm-up + cosine, clipping (geometric mean of settings).",
        "accuracy: on rows to test on, in points, less that of the same reference.",
        "13 times: loss at 13 times the best step size of its uncapped kin, over the reference, where the grid reaches so far.",
        "width: decades of step size within 10 % of the reference, of 3 in the grid. cost: in steps, products counted.",
        f"a product costs {float(at.price.min()):.2g} to {float(at.price.max()):.2g} steps by operations."
        if done.any()
        else "",
        f"not run, pip install them: {', '.join(missing)}." if missing else "",
        f"{failed} measurements failed." if failed else "",
    ]
    return "\n".join(line for line in lines if line)
