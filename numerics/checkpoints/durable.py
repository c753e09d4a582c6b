"""Files that are on the disk, whole, when the call returns."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def write_forced(path: Path, data: bytes) -> None:
    """Write a new file and force it onto the disk.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_forced(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one beside it: whole or not at all, whatever kills the process.

    Raises:
        OSError: it cannot be written; what was there is unchanged.
    """
    handle, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write_forced(temporary, data)
        temporary.chmod(0o644)
        temporary.replace(path)
        force(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def force(folder: Path) -> None:
    """Force the names in a folder onto the disk; systems that cannot (Windows) keep them anyway."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
