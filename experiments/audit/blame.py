"""Which line of the user's raised, in one line."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from derive.shown import described

_ROOT = Path(__file__).resolve().parents[2]

FOREIGN = (
    *(str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(str(_ROOT / package) + "/" for package in ("derive", "numerics", "experiments")),
)
"""Folders of the interpreter, of installed packages and of this one."""


def blamed(error: BaseException, file: str) -> str:
    """FILE:LINE: ERROR, for the innermost line that is the user's own.

    Args:
        error: as it was raised.
        file: the user's module; a line in it is the user's, wherever it lies.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(error.filename)}:{error.lineno}: {described(error)}"
    own = [frame for frame in frames if _is_users(frame.filename, file)] or list(frames)
    where = f"{shown(own[-1].filename)}:{own[-1].lineno}" if own else shown(file)
    return f"{where}: {described(error)}"


def shown(file: str) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(Path(file).resolve().relative_to(Path.cwd()))
    except ValueError:
        return file


def _is_users(name: str, file: str) -> bool:
    path = str(Path(name).resolve())
    return path == str(Path(file).resolve()) or not (name.startswith("<") or path.startswith(FOREIGN))
