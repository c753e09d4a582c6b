"""Files read within bounds, whatever lies in their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from derive.errors import InputError

LARGEST = 2**24
"""Bytes of a JSON file of ours, at most: 16 MiB, thousands of epochs of a hundred members."""

DEEPEST = 32
"""Objects and lists within one another, at most."""


class Unreadable(InputError):
    """A file that is not there, or not what it ought to be.

    Attributes:
        reason: why, without the file's name.
    """

    def __init__(self, what: object, reason: str) -> None:
        super().__init__(f"cannot read {what}: {reason}")
        self.reason = reason


def read_regular(path: Path, most: int) -> bytes:
    """All bytes of a regular file: a pipe or a device would go on for ever.

    Raises:
        Unreadable: it is not there, no regular file, or has more than `most` bytes.
    """
    try:
        if not path.is_file():
            raise Unreadable(path, "it is no regular file" if path.exists() or path.is_symlink() else "it is not there")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(path, error.strerror or str(error)) from None
    except MemoryError:
        raise Unreadable(path, "it does not fit into memory") from None
    if len(data) > most:
        raise Unreadable(path, f"it has more than {most} bytes")
    return data


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        Unreadable: no regular file, too large, not UTF-8, no JSON, nested too deeply, or no object.
    """
    return parsed(read_regular(path, LARGEST), path)


def parsed(data: bytes, what: object) -> dict[str, Any]:
    """The object in the bytes of a JSON file.

    Args:
        data: all of it.
        what: names it in errors.

    Raises:
        Unreadable: as `read_json`.
    """
    try:
        content = json.loads(data)
    except ValueError:  # a number of thousands of digits is one too
        raise Unreadable(what, "it is truncated, or no JSON") from None
    except RecursionError:
        raise Unreadable(what, "it is nested too deeply") from None
    if not isinstance(content, dict):
        raise Unreadable(what, f"expected an object in it, got a {type(content).__name__}")
    if _deeper(content, DEEPEST):
        raise Unreadable(what, "it is nested too deeply")
    return content


def _deeper(value: Any, most: int) -> bool:
    """Whether containers lie within one another more than `most` deep."""
    level = [value]
    for _ in range(most):
        within = (inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer))
        level = [inner for inner in within if isinstance(inner, dict | list)]
    return bool(level)
