"""A progress bar on anything that lasts, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Report = Callable[[int, int], None]
"""Called with (work done, all work)."""

PATIENCE = 2
"""Seconds of silence that nobody minds."""

PAUSE = 60
"""Seconds to the next line in a log; each is then twice as late as the one before."""


def silent(done: int, total: int) -> None:
    """Report nothing."""


@contextmanager
def bar(title: str, patience: float = 0.0) -> Iterator[Report]:
    """A progress bar that is gone when the work is done; a pipe or a file gets a plain line now and then.

    Args:
        title: of the work.
        patience: seconds before a terminal shows it, where the work may well be done by then.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _plain(title)
        return
    columns = (
        TextColumn(title),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task, began = progress.add_task(title, total=None), time.monotonic()

    def report(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)
        if not progress.live.is_started and time.monotonic() - began > patience:
            progress.start()

    try:
        if not patience:
            progress.start()
        yield report
    finally:
        progress.stop()


def _plain(title: str) -> Report:
    """Lines on stderr, once it is clear that the work takes a while."""
    started, following = time.monotonic(), PATIENCE

    def report(done: int, total: int) -> None:
        nonlocal following
        elapsed = time.monotonic() - started
        if elapsed > following:
            following = max(PAUSE, 2 * elapsed)
            print(f"{title}: {done / total:.0%} done after {elapsed:.0f} s", file=sys.stderr, flush=True)

    return report


def part(report: Report, index: int, parts: int) -> Report:
    """The report of one of several equal parts of the work."""
    return lambda done, total: report(index * total + done, parts * total)
