"""The images of a data set, out of its files."""

from __future__ import annotations

from pathlib import Path

from derive.errors import InputError
from numerics.datasets.fetch import cache, fetch
from numerics.datasets.files import contents, find, refuse
from numerics.datasets.raw import Raw
from numerics.datasets.sources import Packed, Source


def places(name: str, source: Source, data_dir: Path | None) -> list[Path]:
    """Folders that are searched, in this order: the user's, those of the system, the cache."""
    own = [] if data_dir is None else [data_dir / name, data_dir, *(data_dir / folder for folder in source.folders)]
    return [*own, *source.installed, cache(name)]


def read(name: str, source: Source, data_dir: Path | None, download: bool, refetch: bool) -> Raw:
    """Find or fetch the files, check what they hold, and parse it.

    Args:
        name: of the data set.
        source: its files.
        data_dir: the user's folder.
        download: whether files that are nowhere may be fetched.
        refetch: use the cache alone, and fetch again what is damaged or missing there.

    Raises:
        InputError: files that are not there, damaged, or refused.
    """
    searched = [cache(name)] if refetch else places(name, source, data_dir)
    held = {}
    for packed in source.packed:
        if refetch:
            fetch(packed, cache(name))
        files = find(packed, searched) or _fetched(name, source, packed, searched, download)
        cached = cache(name) in (path.parent for path in files.values())
        held |= contents(packed, files, "refetch=True fetches it again" if cached else "get it again")
    return source.parse(held)


def _fetched(name: str, source: Source, packed: Packed, searched: list[Path], download: bool) -> dict[str, Path]:
    """A file that was found nowhere."""
    refuse(name, source, searched)
    if not download:
        where = " or ".join(map(str, searched))
        raise InputError(f"expected {packed.name} of {name} in {where}, found none; put it there ({packed.urls[0]})")
    fetch(packed, cache(name))
    return dict.fromkeys(packed.holds, cache(name) / packed.name)
