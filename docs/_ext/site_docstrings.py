"""Docstrings as they are written here, plain text with code in backquotes, read as reStructuredText."""

from __future__ import annotations

from typing import Any

from site_text import plain
from sphinx.application import Sphinx


def escaped(lines: list[str]) -> list[str]:
    r"""Signs such as |xi| mean what they look like; examples, and what is indented as code is, stay.

    >>> escaped(["|xi| of a_:", ">>> f(*x)", "[1]", "", "    a_ b"])
    ['\\|xi\\| of a\\_:', '>>> f(*x)', '[1]', '', '    a\\_ b']
    """
    found, example = [], False
    for line in lines:
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        found.append(line if example else plain(line))
    return found


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = escaped(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Before napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
