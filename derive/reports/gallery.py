"""The gallery as text: a line for every scheme, a page for one of them."""

from __future__ import annotations

from textwrap import fill

from derive.conditions.stability import stability
from derive.gallery import gallery

COLUMNS = 100


def table() -> str:
    """One line per scheme: its name, and what it is."""
    width = max(map(len, gallery))
    return "\n".join(f"{key:<{width}}  {entry.title}" for key, entry in gallery.items())


def page(key: str) -> str:
    """One scheme: title, source, its equations as expressions that are zero, and when it is stable.

    Raises:
        InputError: no scheme has this name.
    """
    entry = gallery[key]
    equations = [fill(f"0 = {residual}", COLUMNS, subsequent_indent="    ") for residual in entry.scheme.residuals]
    return "\n".join([entry.title, f"Source: {entry.source}", "", *equations, "", str(stability(entry.scheme))])
