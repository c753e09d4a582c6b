"""Unpack files into memory, never more than is known to be in them: what an archive claims of itself is not believed."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError, KeyError, ValueError, OverflowError)
"""What unpacking a file raises that is truncated, or not what its name says."""

BESIDE = 2**20
"""Bytes that an archive may hold beside the files that are wanted: headers, a description."""


class TooLarge(Exception):
    """A file holds more than it can.

    Attributes:
        most: bytes that it can hold.
    """

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


class Bounded:
    """A stream that is read until it ends, or has given more than it can hold."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._most, self._left = stream, most, most

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all that are left.

        Raises:
            TooLarge: there are more than there can be.
        """
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = self._stream.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(self._most)
        return data


def unpacked(path: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """What a file holds under some names; in an archive, in whatever folder. Nothing is written anywhere.

    Args:
        path: an archive if it ends in .tar.gz, packed if in .gz, else the very content of the only name.
        sizes: name -> bytes, as published.

    Raises:
        TooLarge: there is more.
        OSError: it cannot be read; any of DAMAGE: it is damaged.
    """
    most = sum(sizes.values())
    with path.open("rb") as file:
        packed = Bounded(file, 2 * most + BESIDE)  # to pack makes no file twice as large
        if path.name.endswith(".tar.gz"):
            with gzip.GzipFile(fileobj=packed) as stream:  # type: ignore[arg-type]
                return _archived(Bounded(stream, most + BESIDE), sizes)
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=packed) as stream:  # type: ignore[arg-type]
                content = Bounded(stream, most).read()
        else:
            content = Bounded(file, most).read()
    return dict.fromkeys(sizes, content)


def _archived(stream: Bounded, sizes: Mapping[str, int]) -> dict[str, bytes]:
    held: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            name = Path(member.name).name
            if member.size > (most := sizes.get(name, BESIDE)):  # also of what is only passed over, which takes time
                raise TooLarge(most)
            if member.isfile() and name in sizes:
                file = archive.extractfile(member)
                held[name] = b"" if file is None else file.read()
    return {name: held[name] for name in sizes}
