"""What took long to derive, kept as text in the user's cache: `$GRADCFL_CACHE`, or where this system keeps caches.

An entry belongs to the sources that it was made of, by their hash: after a change of one of them it is never read. It is JSON
with a checksum, read as text and nothing else; what is damaged is made anew, and the folder may be deleted at any time. A
folder that cannot be written costs time, not the answer.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from derive.bare import registered, version_of
from derive.files.reading import Unreadable, read_json
from derive.files.writing import replace_forced

FOLDER = "GRADCFL_CACHE"
"""Variable of the environment that names the cache's folder; empty as if it were not set."""

GROUPS = ("gradcfl.claims", "gradcfl.verdicts")


def remembered(name: str, make: Callable[[], dict[str, Any]], keep: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
    """An entry of the cache, made and kept if it is not there.

    Args:
        name: of the entry: letters, digits, dots and hyphens.
        make: makes it; of strings, lists and objects of them alone.
        keep: whether what was made is worth keeping.
    """
    path = folder() / sources_sha256()[:20] / f"{name}.json"
    with suppress(Unreadable):
        kept = read_json(path)
        if kept.get("sha256") == _sha256(kept.get("entry")):
            return kept["entry"]
    made = make()
    if keep(made):
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_forced(path, json.dumps({"sha256": _sha256(made), "entry": made}).encode())
    return made


def folder() -> Path:
    """Where entries are kept."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("gradcfl", appauthor=False) / "derived"


@cache
def sources_sha256() -> str:
    """Of what entries are made of: the sources of this package and of those that register claims, and what they run on."""
    packages = {__name__.partition(".")[0]} | {point.value.partition(".")[0] for group in GROUPS for point in registered(group)}
    total = sha256(f"{version_of('sympy')} {version_of('gradcfl')} {platform.python_version()}".encode())
    for package in sorted(packages):
        spec = find_spec(package)
        for root in sorted(spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(p for kind in ("*.py", "*.json") for p in Path(root).rglob(kind)):
                total.update(f"\n{path.relative_to(root)} {sha256(path.read_bytes()).hexdigest()}".encode())
    return total.hexdigest()


def _sha256(entry: object) -> str:
    return sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
