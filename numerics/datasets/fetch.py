"""Fetch files into the cache."""

from __future__ import annotations

import os
from pathlib import Path

from derive.errors import InputError
from derive.shown import message
from numerics.datasets.sources import Packed

FOLDER = "GRADCFL_DATA"
"""Variable of the environment that names the cache's folder."""


def cache(name: str) -> Path:
    """Where fetched files of a data set are kept: in $GRADCFL_DATA, or where this system keeps caches."""
    import pooch  # slow to import, and only files need it

    return Path(os.environ.get(FOLDER) or pooch.os_cache("gradcfl")) / name


def fetch(packed: Packed, folder: Path) -> None:
    """Put a file into a folder, from the first place that has it: whole and right, or not at all. One that is right is left.

    Raises:
        InputError: no place has it, with the reason of each.
    """
    import pooch

    reasons = []
    for url in packed.urls:
        try:
            pooch.retrieve(url, known_hash=packed.checksum, fname=packed.name, path=folder)
            return
        except (OSError, ValueError) as error:  # no network, no such file, no place for it; another checksum
            reasons.append(f"{url}: {_reason(error)}")
    raise InputError(f"cannot fetch {packed.name} ({'; '.join(reasons)}); put it into {folder}, or name its folder as data_dir")


def _reason(error: Exception) -> str:
    """What went wrong, in short: messages of the network run over many lines."""
    return message(error)[:200] if isinstance(error, ValueError) else type(error).__name__
