"""Find the files of a data set, or fetch them, and unpack what they hold: only contents with the right checksum get through."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterable
from hashlib import new
from pathlib import Path

from derive.errors import InputError
from numerics.datasets.sources import Packed, Source

DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError, KeyError)
"""What a packed file that is truncated or something else than its name says raises."""


def folders(name: str, source: Source, data_dir: Path | None, cache: Path) -> list[Path]:
    """Where files are looked for, in this order: the user's folder, those of the system, the cache."""
    own = [] if data_dir is None else [data_dir / name, data_dir, *(data_dir / folder for folder in source.folders)]
    return [*own, *source.installed, cache]


def find(packed: Packed, places: Iterable[Path]) -> dict[str, Path] | None:
    """For each name it holds the file it is in: one by itself, or else the packed one; all from the first folder that has them."""
    for place in places:
        alone = {name: place / name for name in packed.holds}
        if all(path.is_file() for path in alone.values()):
            return alone
        if (place / packed.name).is_file():
            return dict.fromkeys(packed.holds, place / packed.name)
    return None


def contents(packed: Packed, found: dict[str, Path], again: str) -> dict[str, bytes]:
    """What the files hold, checked.

    Args:
        packed: what it ought to be.
        found: name -> file, as `find` gives it.
        again: how to get another copy, for the error.

    Raises:
        InputError: a file is truncated or has another checksum.
    """
    held = {}
    for path in dict.fromkeys(found.values()):
        names = [name for name, place in found.items() if place == path]
        try:
            held |= _unpacked(path, names)
        except DAMAGE as error:
            raise InputError(f"expected {path} to unpack, got {type(error).__name__}: {_line(error)}; {again}") from None
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from None
        for name in names:
            check(f"{path}" if path.name == name else f"{name} in {path}", held[name], packed.holds[name], again)
    return held


def _unpacked(path: Path, names: list[str]) -> dict[str, bytes]:
    """The named contents of a file; of an archive, members in whatever folder. Nothing is written anywhere."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path, "r:gz") as archive:
            members = {Path(member.name).name: archive.extractfile(member) for member in archive if member.isfile()}
            return {name: _whole(members[name]) for name in names}
    if path.suffix == ".gz":
        return {names[0]: gzip.decompress(path.read_bytes())}
    return {names[0]: path.read_bytes()}


def _whole(member) -> bytes:
    with member:
        return member.read()


def check(what: str, content: bytes, checksum: str, again: str) -> None:
    """Compare a checksum of the form "ALGORITHM:HEXADECIMAL".

    Raises:
        InputError: it differs.
    """
    algorithm, expected = checksum.split(":")
    found = new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != expected:
        raise InputError(f"expected {what} to have {algorithm} {expected}, got {found} for its {len(content)} bytes; {again}")


def refuse(name: str, source: Source, places: Iterable[Path]) -> None:
    """Stop at files that hold the data in a form that is not read.

    Raises:
        InputError: there are some.
    """
    for place in places:
        for bad in source.refused:
            if (place / bad).exists():
                raise InputError(
                    f"expected {source.packed[0].name} for {name}, got {place / bad}: {source.reason}; "
                    f"put the binary version there, {source.packed[0].urls[0]}"
                )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
