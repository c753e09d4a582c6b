"""Writes what the site shows of the code, before its pages are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import site_api
import site_optimizers
import site_schemes
import site_theorems
from sphinx.application import Sphinx
from sphinx.util.display import status_iterator

ROOMS = (site_theorems, site_schemes, site_optimizers, site_api)


def _write(app: Sphinx) -> None:
    for room in status_iterator(ROOMS, "from the code... ", length=len(ROOMS), stringify_func=lambda room: room.__name__):
        if room.pages() and room is site_api:
            _forget_sources(Path(app.outdir))


def _forget_sources(out: Path) -> None:
    """Sphinx writes the page of a source anew when that changed, but links of it to the reference go by what is public."""
    shutil.rmtree(out / "_modules", ignore_errors=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Before the gallery is built, whose priority is 500."""
    app.connect("builder-inited", _write, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
