"""What goes on, for somebody who waits: a line on a terminal after two seconds, gone when it is done; nothing on a pipe."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from derive.conditions.telling import listening

PATIENCE = 2.0
"""Seconds of silence that nobody minds."""


class _Line:
    """A line that is written over, with the time elapsed; it appears when it is started."""

    def __init__(self, title: str) -> None:
        self._title, self._lock, self._progress, self._done = title, threading.Lock(), None, False

    def tell(self, title: str) -> None:
        """Say something else."""
        with self._lock:
            self._title = title
            if self._progress is not None:
                self._progress.update(self._progress.task_ids[0], description=title)

    def start(self) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with self._lock:
            if not self._done:
                self._progress = Progress(*columns, console=Console(file=sys.stderr), transient=True)
                self._progress.add_task(self._title, total=None)
                self._progress.start()

    def stop(self) -> None:
        with self._lock:
            self._done = True
            if self._progress is not None:
                self._progress.stop()


@contextmanager
def waiting(title: str, patience: float = PATIENCE) -> Iterator[None]:
    """Say what goes on while the block lasts, and what the block itself tells of it.

    Args:
        title: such as "looking for a closed form".
        patience: seconds before it is said.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    line = _Line(title)
    timer = threading.Timer(patience, line.start)
    timer.daemon = True
    timer.start()
    try:
        with listening(lambda text: line.tell(f"{title}: {text}")):
            yield
    finally:
        timer.cancel()
        line.stop()
