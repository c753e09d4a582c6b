"""The manifest of a checkpoint: its configuration and versions, size and SHA-256 of its files, and a checksum of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from derive.bare import version_of

MANIFEST = "manifest.json"
FORMAT = 1
PACKAGES = ("gradcfl", "torch", "safetensors")


class Refused(Exception):
    """Why a checkpoint is not used."""


class Broken(Refused):
    """It is truncated or altered: of no use to anybody."""


def written(contents: Mapping[str, bytes], fingerprint: Mapping[str, Any]) -> bytes:
    """The manifest of some files.

    Args:
        contents: name -> all bytes of a file.
        fingerprint: the configuration; plain values, for JSON.
    """
    body = {
        "format": FORMAT,
        "versions": _versions(),
        "files": {name: {"bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in contents.items()},
        "fingerprint": fingerprint,
    }
    return json.dumps({"sha256": _digest(body), **body}, indent=2).encode()


def read(place: Path) -> dict[str, Any]:
    """The manifest in a folder.

    Raises:
        Refused: it is not there, not whole, altered, or of another format.
    """
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
        claimed = manifest.pop("sha256")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Broken(f"{MANIFEST} is missing or truncated") from None
    if _digest(manifest) != claimed:
        raise Broken(f"{MANIFEST} was altered (its checksum differs)")
    if manifest["format"] != FORMAT:
        raise Refused(f"expected format {FORMAT}, got {manifest['format']}, of another version of gradcfl")
    return manifest


def checked(place: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    """All bytes of a file that a manifest describes.

    Raises:
        Broken: they are not those that were written.
    """
    expected = manifest["files"][name]
    try:
        data = (place / name).read_bytes()
    except OSError as error:
        raise Broken(f"{name} cannot be read ({error.strerror})") from None
    if len(data) != expected["bytes"]:
        raise Broken(f"{name} is truncated (expected {expected['bytes']} bytes, got {len(data)})")
    if sha256(data).hexdigest() != expected["sha256"]:
        raise Broken(f"{name} was altered (its checksum differs)")
    return data


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives it back: lists for tuples, text for keys."""
    return json.loads(json.dumps(values))


def differences(there: Any, here: Any, path: str = "") -> str:
    """What differs between two nested mappings of plain values, in words; empty if nothing does.

    >>> differences({"recipe": {"lr": 0.1, "net": "tiny"}}, {"recipe": {"lr": 0.2, "net": "tiny"}})
    'recipe.lr: 0.1 there, 0.2 here'
    """
    if isinstance(there, dict) and isinstance(here, dict):
        names = sorted(there.keys() | here.keys())
        parts = (differences(there.get(n, "absent"), here.get(n, "absent"), f"{path}.{n}" if path else n) for n in names)
        return ", ".join(filter(None, parts))
    return "" if there == here else f"{path}: {there} there, {here} here"


@cache
def _versions() -> dict[str, str]:
    """Looked up once: it reads files."""
    return {name: version_of(name) for name in PACKAGES}


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
