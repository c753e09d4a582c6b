"""Files written whole or not at all, whatever kills the process or fills the disk."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile, mkstemp

from derive.errors import InputError


def check_file(out: Path) -> None:
    """Check, before long work, that a file can be written; changes nothing.

    Raises:
        InputError: `out` is a folder, a device or a pipe, read-only, or in a folder that may not be written or made.
    """
    _expect_file(out)
    above = next(path for path in out.absolute().parents if path.exists())
    try:
        TemporaryFile(dir=above).close()  # permissions do not tell all: of /proc, say, or of a full disk
    except OSError:
        raise InputError(f"cannot write {out}: {above} is no folder that may be written; choose another --out") from None


def write_whole(out: Path, content: str | bytes) -> None:
    """Write a file of a user's choice, in a folder that is made if need be; a link's target. A failure changes nothing.

    Raises:
        InputError: `out` is a folder, a device or a pipe, or read-only; its folder cannot be made, or the disk is full.
    """
    _expect_file(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        replace_forced(out.resolve(), content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror or error}; what was there is unchanged") from None


def _expect_file(out: Path) -> None:
    if out.is_dir():
        raise InputError(f"expected a file to write, got the folder {out}; name a file in it")
    if out.exists() and not out.is_file():
        raise InputError(f"expected an ordinary file to write, got the device or pipe {out}; name a file")
    if out.is_file() and not os.access(out, os.W_OK):
        raise InputError(f"cannot write {out}: it is read-only; choose another --out")


def replace_forced(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one beside it, and force it onto the disk. A link is replaced, not followed.

    Raises:
        OSError: it cannot be written; what was there is unchanged.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else 0o644  # mkstemp's are private
    handle, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write_forced(temporary, data)
        temporary.chmod(mode)
        temporary.replace(path)
        force(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_forced(path: Path, data: bytes) -> None:
    """Write a new file and force it onto the disk; half of it may be there after a failure.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def force(folder: Path) -> None:
    """Force the names in a folder onto the disk; systems that cannot (Windows) keep them anyway."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
