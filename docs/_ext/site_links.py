"""Holds the built site: every link inside leads to a file and a place in it, and no page fetches anything from elsewhere.

Links that lead elsewhere are held to their form alone (https, a host that is no placeholder): the build asks no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

LATER = "explorer/"
"""A folder that is filled once the pages are built."""
TEMPLATES = "_static/"
"""Where the theme has pages that are none: templates."""


@cache
def _names(page: Path) -> frozenset[str]:
    """What can be linked to on a page."""
    return frozenset(map(unescape, re.findall(r'\b(?:id|name)="([^"]+)"', page.read_text(encoding="utf-8"))))


def faults(site: Path) -> Iterator[str]:
    """One line for each."""
    for page in sorted(site.rglob("*.html")):
        if page.relative_to(site).as_posix().startswith((LATER, TEMPLATES)):
            continue
        text = page.read_text(encoding="utf-8")
        for tag, attribute, url in re.findall(r'<(\w+)\b[^>]*?\b(href|src)="([^"]*)"', text):
            if told := _fault(site, page, tag, unescape(url)):
                yield f'{page.relative_to(site)}: {attribute}="{url}" {told}'
    for style in sorted(site.rglob("*.css")):
        if re.search(r"url\(['\"]?(https?:)?//", style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: fetches from elsewhere"


def _fault(site: Path, page: Path, tag: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        if tag != "a":
            return "fetches from elsewhere" if parts.scheme in ("", "http", "https") else ""
        return "" if parts.scheme == "mailto" or _is_address(parts) else "is no address"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_relative_to(site / LATER):
        return ""
    if not target.exists():
        return "leads nowhere"
    there = not parts.fragment or target.suffix != ".html" or unquote(parts.fragment) in _names(target)
    return "" if there else "leads to no place of that page"


def _is_address(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return parts.scheme == "https" and bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", host)) and "example" not in host.split(".")


def _check(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        for line in faults(Path(app.outdir).resolve()):
            getLogger(__name__).warning(line)


def setup(app: Sphinx) -> dict[str, bool]:
    """After everything is written."""
    app.connect("build-finished", _check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
