"""Pyodide's package, from npm's registry or a file: of one version, and with one checksum."""

from __future__ import annotations

import base64
import shutil
import subprocess
import urllib.request
from contextlib import suppress
from hashlib import sha512
from pathlib import Path
from tempfile import TemporaryDirectory

from derive.errors import InputError
from derive.files.remembered import folder
from derive.files.writing import replace_forced

VERSION = "314.0.7"
INTEGRITY = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
"""SHA-512 of the package, as npm's registry prints it."""
NAME = f"pyodide-{VERSION}.tgz"
URL = f"https://registry.npmjs.org/pyodide/-/{NAME}"
SECONDS = 300


def tarball(given: Path | None = None) -> bytes:
    """The package: the given file, the one in the cache, or by npm, or by plain download; kept in the cache.

    Raises:
        InputError: it is not to be had, or is another one.
    """
    kept = folder() / "explorer" / NAME
    for path in [given] if given else [kept]:
        if (data := _read(path)) and _is_right(data):
            return data
    if given:
        raise InputError(
            f"expected {NAME} (npm pack pyodide@{VERSION}), got {'another file' if _read(given) else 'none'}: {given}"
        )
    data = _by_npm() or _by_download()
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_forced(kept, data)
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_right(data: bytes) -> bool:
    return base64.b64encode(sha512(data).digest()).decode() == INTEGRITY


def _by_npm() -> bytes:
    """By npm, which knows its user's registry and proxies; empty if there is no npm, or it does not get it."""
    npm = shutil.which("npm")
    if npm is None:
        return b""
    with TemporaryDirectory() as place, suppress(OSError, subprocess.SubprocessError):
        command = [npm, "pack", "--silent", f"pyodide@{VERSION}", "--pack-destination", place]
        subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True)
        data = _read(Path(place) / NAME)
        return data if _is_right(data) else b""
    return b""


def _by_download() -> bytes:
    try:
        with urllib.request.urlopen(URL, timeout=60) as response:
            data = response.read()
    except OSError as error:
        why = getattr(error, "reason", None) or error
        raise InputError(
            f"expected npm or a network to get {NAME} from {URL}, got {why}; connect once, or give --runtime FILE"
        ) from None
    if not _is_right(data):
        raise InputError(f"expected {NAME} with its checksum from {URL}, got another file; give --runtime FILE")
    return data
