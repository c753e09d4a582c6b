"""The explorer on this machine: built into the cache where it lacks, and served to this machine alone."""

from __future__ import annotations

from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from derive.errors import InputError


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
        InputError: as of `building.build`.
    """
    import hashlib

    from derive.files.remembered import folder, sources_sha256
    from experiments.explorer.building import PAGE, build
    from experiments.explorer.runtime import VERSION

    page = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(PAGE.parent.rglob("*.*")) if path.suffix != ".pyc"))
    out = folder() / "explorer" / f"{VERSION}-{sources_sha256()[:12]}-{page.hexdigest()[:12]}"
    if not (out / "index.html").is_file():
        build(out, runtime)
    return out


class Server(ThreadingHTTPServer):
    """A server on 127.0.0.1 of the folder `site`, which is said before the first request is taken."""

    site: Path

    def finish_request(self, request: Any, client_address: Any) -> None:
        """One file."""
        Handler(request, client_address, self, directory=str(self.site))


def server(port: int) -> Server:
    """A server without its folder: a port that is taken is told of before anything is built.

    Raises:
        InputError: the port is taken, or is none.
    """
    if port not in range(2**16):
        raise InputError(f"expected a port from 0, for any that is free, to 65535, got {port}")
    try:
        return Server(("127.0.0.1", port), Handler)
    except OSError as error:
        raise InputError(f"expected a free port, got {port}: {error.strerror}; give another --port, or 0 for any") from None
