"""Text files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from derive.errors import InputError


def check_file(out: Path) -> None:
    """Check, before long work, that a file can be written; changes nothing.

    Raises:
        InputError: `out` is a folder, or the folder it would be in may not be written or made.
    """
    if out.is_dir():
        raise InputError(f"expected a file to write, got the folder {out}; name a file in it")
    above = next(path for path in out.absolute().parents if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"cannot write {out}: {above} is no folder that may be written; choose another --out")


def write_whole(out: Path, text: str) -> None:
    """Write a file by way of a temporary one beside it, in a folder that is made if need be; a failure changes nothing.

    Raises:
        InputError: `out` is a folder, its folder cannot be made, or the disk is full.
    """
    if out.is_dir():
        raise InputError(f"expected a file to write, got the folder {out}; name a file in it")
    temporary = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=out.parent, prefix=f".{out.name}.", delete=False, encoding="utf-8") as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(0o644)
        os.replace(temporary, out)
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}; what was there is unchanged") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
