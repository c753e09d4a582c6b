"""What an installation would tell, also where there is none: a tree of sources that is run as it lies (PYTHONPATH)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

NAME = "gradcfl"
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def version_of(package: str) -> str:
    """Version of an installed package; of this one without an installation that of its sources.

    Raises:
        PackageNotFoundError: another package that is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        if package != NAME:
            raise
        return _project().get("version", "unknown")


def registered(group: str) -> list[EntryPoint]:
    """Entry points of a group; without an installation of this package those that its sources would register."""
    entries = list(entry_points(group=group))
    if entries:
        return entries
    return [EntryPoint(name, value, group) for name, value in _project().get("entry-points", {}).get(group, {}).items()]


@cache
def _project() -> dict[str, Any]:
    try:
        return tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    except (OSError, ValueError, KeyError):
        return {}
