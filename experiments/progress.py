"""A progress bar on anything that lasts, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Report = Callable[[int, int], None]
"""Called with (work done, all work)."""


def silent(done: int, total: int) -> None:
    """Report nothing."""


@contextmanager
def bar(title: str) -> Iterator[Report]:
    """A progress bar that appears with the first report; a pipe or a file gets no control characters."""
    columns = (
        TextColumn(title),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def part(report: Report, index: int, parts: int) -> Report:
    """The report of one of several equal parts of the work."""
    return lambda done, total: report(index * total + done, parts * total)
