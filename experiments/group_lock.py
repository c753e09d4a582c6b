"""One process at a time trains a group; the lock is the operating system's, so it is free again when its holder is killed."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from derive.errors import InputError
from numerics.checkpoints.durable import replace_forced

Say = Callable[[str], None]
"""Takes a line for the user."""

POLL = 0.1
"""Seconds between two looks at a lock that is held."""


def unheard(line: str) -> None:
    """Say nothing: it has been said, or will be."""


@contextmanager
def held(folder: Path, title: str, say: Say) -> Iterator[None]:
    """Hold the lock of a folder, which is made if need be; waits, and says so, while another process does.

    Raises:
        InputError: the folder cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock, holder = FileLock(folder / "lock"), folder / "holder"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"{title}: waiting for {_who(holder)}, which trains it already")
            lock.acquire(poll_interval=POLL)
    try:
        with writing(folder):
            replace_forced(holder, f"process {os.getpid()} on {platform.node()}".encode())
        yield
    finally:
        lock.release()


def _who(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8")
    except OSError:
        return "another process"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into a line for the user.

    Raises:
        InputError: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write to {path}: {reason}; finished members are unchanged; choose another --store?") from None
