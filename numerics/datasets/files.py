"""Find the files of a data set and unpack what they hold: only contents with the right checksum get through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import new
from pathlib import Path

from derive.errors import InputError
from derive.shown import message, shown
from numerics.datasets.sources import SOURCES, Packed, Source
from numerics.datasets.unpacking import DAMAGE, TooLarge, unpacked


def find(packed: Packed, places: Iterable[Path]) -> dict[str, Path] | None:
    """For each name that a packed file holds, the file to read it from: one by itself, or else the packed one.

    Args:
        packed: as published.
        places: folders; the first one that has everything counts.

    Returns:
        name -> file; None if no folder has everything.
    """
    for place in places:
        alone = {name: place / name for name in packed.holds}
        if all(path.is_file() for path in alone.values()):
            return alone
        if (place / packed.name).is_file():
            return dict.fromkeys(packed.holds, place / packed.name)
    return None


def contents(packed: Packed, paths: Mapping[str, Path], again: str) -> dict[str, bytes]:
    """What the files hold, checked.

    Args:
        packed: what it ought to be.
        paths: name -> file, as `find` gives it.
        again: how to get another copy, for errors.

    Raises:
        InputError: a file cannot be read, is damaged, or has another checksum.
    """
    held = {}
    for path in dict.fromkeys(paths.values()):
        names = [name for name, place in paths.items() if place == path]
        held |= _read(path, packed, names, again)
        for name in names:
            what = str(path) if path.name == name else f"{name} in {path}"
            _check(what, held[name], packed.holds[name], again)
    return held


def _read(path: Path, packed: Packed, names: list[str], again: str) -> dict[str, bytes]:
    try:
        return unpacked(path, {name: packed.sizes[name] for name in names})
    except TooLarge as error:
        raise InputError(f"expected {path} to hold {error.most} bytes, as published, got more; {again}") from None
    except DAMAGE as error:
        reason = shown(message(error))
        raise InputError(f"expected {path} to be whole, got {type(error).__name__}: {reason}; {again}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def _check(what: str, content: bytes, checksum: str, again: str) -> None:
    """Compare a checksum of the form "ALGORITHM:HEXADECIMAL"."""
    algorithm, expected = checksum.split(":")
    digest = new(algorithm, content, usedforsecurity=False).hexdigest()
    if digest != expected:
        got = f"got {digest} for its {len(content)} bytes{_whose(f'{algorithm}:{digest}')}"
        raise InputError(f"expected {what} to have {algorithm} {expected}, {got}; {again}")


def _whose(checksum: str) -> str:
    """Some data sets use the same names: say so if a file is another's."""
    for name, source in SOURCES.items():
        if any(checksum in packed.holds.values() for packed in source.packed):
            return f", which are of {name} (put each data set in a folder of its own name)"
    return ""


def refuse(name: str, source: Source, places: Iterable[Path]) -> None:
    """Stop at files that hold the data in a form that is not read.

    Raises:
        InputError: there are some.
    """
    wanted = source.packed[0]
    for bad in (place / refused for place in places for refused in source.refused):
        if bad.exists():
            raise InputError(
                f"expected {wanted.name} for {name}, got {bad}: {source.reason}; put {wanted.urls[0]} in its place"
            )
