"""The explorer on this machine: built into the cache where it lacks, and served to this machine alone."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from derive.errors import InputError
from derive.files.remembered import folder, sources_sha256
from experiments.explorer.building import PAGE, build
from experiments.explorer.runtime import VERSION, tarball


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, by the types that browsers ask for, and without a word on standard error."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
    }  # fmt: skip

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def end_headers(self) -> None:
        """A page of another build is not kept."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def built(runtime: Path | None = None) -> Path:
    """The folder of the site in the cache, built where it lacks.

    Raises:
        InputError: Pyodide is not to be had.
    """
    import hashlib

    page = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(PAGE.parent.rglob("*.*")) if path.suffix != ".pyc"))
    out = folder() / "explorer" / f"{VERSION}-{sources_sha256()[:12]}-{page.hexdigest()[:12]}"
    if not (out / "index.html").is_file():
        build(out, tarball(runtime))
    return out


def server(site: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder on 127.0.0.1.

    Raises:
        InputError: the port is taken, or is none.
    """
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(site)))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"expected a free port, got {port}: {why}; give another --port, or 0 for any") from None
