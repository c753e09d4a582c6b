"""A folder of results takes the place of another, whole or not at all, also where several processes finish at once.

    OUT/.gradcfl/figure-1.lock        held by the process that writes OUT/figure-1
    OUT/.gradcfl/figure-1-x7k2.../    what it has written so far
    OUT/.gradcfl/figure-1.earlier/    the earlier result, between the two renamings

A lock is the operating system's, so it is free again when its holder is killed; what lies there while it is free has been left.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock, Timeout

HIDDEN = ".gradcfl"
PATIENCE, POLL = 5.0, 0.05
"""Seconds after which one that waits says so, and between two looks at a lock that is held."""


@contextmanager
def swapped(folder: Path) -> Iterator[Path]:
    """A fresh folder to write in; it takes the place of `folder` when the block ends well. One process at a time.

    Raises:
        OSError: it cannot be written; what was there is unchanged.
    """
    hidden = folder.parent / HIDDEN
    hidden.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        _recover(folder)
        fresh = Path(mkdtemp(prefix=f"{folder.name}-", dir=hidden))
        try:
            yield fresh
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    tidy(folder.parent)


def recover(folder: Path) -> None:
    """Put back an earlier result whose successor was killed before it came to its place.

    Raises:
        OSError: it may not be written.
    """
    if _earlier(folder).exists() and not folder.exists():
        with alone(folder):
            _recover(folder)


def tidy(out: Path) -> None:
    """Remove what killed processes have left in a folder of all results; what is in use, or may not be written, is left."""
    for name in {_owner(left) for left in (out / HIDDEN).glob("*") if left.is_dir()} - {""}:
        with suppress(OSError, Timeout, NotImplementedError), FileLock(out / HIDDEN / f"{name}.lock", timeout=0):
            _recover(out / name)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; waits, and says so, while another process does.

    Raises:
        OSError: there is no place for a lock.
    """
    lock = FileLock(folder.parent / HIDDEN / f"{folder.name}.lock")
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=POLL)
    except Timeout:
        print(f"waiting for another process that writes {folder}", file=sys.stderr, flush=True)
        lock.acquire(poll_interval=POLL)
    except NotImplementedError:  # a file system without locks: better than to lose a result
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _owner(left: Path) -> str:
    """The name of the results that a hidden folder belongs to."""
    return left.name.removesuffix(".earlier") if left.suffix == ".earlier" else left.name.rpartition("-")[0]


def _earlier(folder: Path) -> Path:
    """Where the earlier result waits while the new one takes its place."""
    return folder.parent / HIDDEN / f"{folder.name}.earlier"


def _recover(folder: Path) -> None:
    """Finish or undo what was killed halfway; the lock is held."""
    earlier = _earlier(folder)
    if earlier.exists() and not folder.exists():
        earlier.rename(folder)
    for left in (folder.parent / HIDDEN).glob(f"{folder.name}*"):
        if left.is_dir() and _owner(left) == folder.name:
            shutil.rmtree(left, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    fresh.chmod(0o755)  # mkdtemp's are private
    earlier = _earlier(folder)
    try:
        if folder.exists():
            folder.rename(earlier)
        fresh.rename(folder)
    finally:  # also after an interrupt between the two
        if earlier.exists() and not folder.exists():
            earlier.rename(folder)
        shutil.rmtree(earlier, ignore_errors=True)
