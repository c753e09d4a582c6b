"""One process at a time trains a group; the lock is the operating system's, so it is free again when its holder is killed."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from derive.errors import InputError
from derive.files.reading import Unreadable, read_regular
from derive.files.writing import replace_forced
from derive.shown import shown

Say = Callable[[str], None]
"""Takes a line for the user."""

POLL = 0.1
"""Seconds between two looks at a lock that is held."""

LONGEST = 4096
"""Bytes of the file that names who holds a lock, at most."""


def unheard(line: str) -> None:
    """Say nothing: it has been said, or will be."""


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def held(folder: Path, title: str, say: Say, patient: bool = True) -> Iterator[None]:
    """Hold the lock of a folder, which is made if need be.

    Args:
        folder: of a group.
        title: of the group.
        say: takes lines for the user.
        patient: wait, and say so, while another process holds it.

    Raises:
        InputError: the folder cannot be written.
        Busy: another process holds it, and nobody is patient.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock, holder = FileLock(folder / "lock"), folder / "holder"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not patient:
                raise Busy from None
            say(f"{title}: waiting for {_who(holder)}, which trains it already")
            lock.acquire(poll_interval=POLL)
    try:
        with writing(folder):
            replace_forced(holder, f"process {os.getpid()} on {platform.node()}".encode())
        yield
    finally:
        lock.release()


def _who(holder: Path) -> str:
    """The process that a file names: one line, whatever is in it."""
    try:
        text = read_regular(holder, LONGEST).decode(errors="replace")
    except Unreadable:
        text = ""
    return shown(text.strip().partition("\n")[0]) or "another process"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into a line for the user.

    Raises:
        InputError: instead of an OSError.
    """
    try:
        yield
    except (OSError, NotImplementedError) as error:  # the second: a file system without locks
        reason = shown(getattr(error, "strerror", None) or error)
        raise InputError(f"cannot write to {path}: {reason}; finished members are unchanged; choose another --store?") from None
