"""The manifest of a checkpoint: its configuration and versions, size and SHA-256 of its files, and a checksum of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from derive.bare import version_of
from derive.files.reading import Unreadable, read_json, read_regular
from derive.shown import shown

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
        manifest = read_json(place / MANIFEST)
    except Unreadable as error:
        raise Broken(f"{MANIFEST} is missing or truncated ({error.reason})") from None
    if manifest.pop("sha256", None) != _digest(manifest):
        raise Broken(f"{MANIFEST} was altered (its checksum differs)")
    if manifest.get("format") != FORMAT:
        version = shown(manifest.get("format"), 20)
        raise Refused(f"expected format {FORMAT}, got {version}, of another version of gradcfl")
    files = manifest.get("files")
    if not isinstance(manifest.get("fingerprint"), dict) or not isinstance(files, dict) or not all(map(_file, files.values())):
        raise Broken(f"{MANIFEST} is not made as ours are")
    return manifest


def _file(entry: object) -> bool:
    """Whether it tells what a manifest tells of a file."""
    return isinstance(entry, dict) and type(entry.get("bytes")) is int and isinstance(entry.get("sha256"), str)


def checked(place: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    """All bytes of a file that a manifest describes.

    Raises:
        Broken: they are not those that were written.
    """
    if (expected := manifest["files"].get(name)) is None:
        raise Broken(f"{MANIFEST} does not tell of {name}")
    try:
        data = read_regular(place / name, expected["bytes"])
    except Unreadable as error:
        raise Broken(f"{name} cannot be read ({error.reason})") from None
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
    return "" if _same(there, here) else f"{shown(path, 60)}: {shown(there, 60)} there, {shown(here, 60)} here"


def _same(there: Any, here: Any) -> bool:
    """Equal, and of one type all through: 1, 1.0 and true are three values."""
    return json.dumps(there, sort_keys=True) == json.dumps(here, sort_keys=True)


@cache
def _versions() -> dict[str, str]:
    """Looked up once: it reads files."""
    return {name: version_of(name) for name in PACKAGES}


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
