"""Plain text, in which `x` is code and nothing else means anything, as reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import indent

GENERATED = Path(__file__).parents[1] / "generated"
"""What is written from the code; made by the build, and in no commit."""


def plain(text: str) -> str:
    r"""Signs that would be markup, escaped outside of code.

    >>> plain("|xi| <= 1 of a_ in `f(*x)`, x'* and a*b")
    "\\|xi\\| <= 1 of a\\_ in ``f(*x)``, x'\\* and a\\*b"
    """
    parts = re.split(r"(`+[^`]+`+)", text)
    return "".join(_code(part) if part.startswith("`") else re.sub(r"([\\*|_])", r"\\\1", part) for part in parts)


def _code(part: str) -> str:
    return f"``{part.strip('`')}``"


def title(text: str, line: str = "=") -> str:
    """A heading."""
    return f"{plain(text)}\n{line * (2 * len(text))}\n"


def formula(latex: str) -> str:
    """A formula of its own."""
    return f".. math::\n\n{indent(latex, '   ')}\n"


def inline(latex: str) -> str:
    """A formula in a line or a cell."""
    return f":math:`{latex}`"


def code(text: str, language: str = "python") -> str:
    """A block of code."""
    return f".. code-block:: {language}\n\n{indent(text, '   ')}\n"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int] = ()) -> str:
    """A table whose cells are reStructuredText, of several lines too."""
    made = [_row(head), *map(_row, rows)]
    options = f"   :widths: {' '.join(map(str, widths))}\n" if widths else ""
    return f".. list-table::\n   :header-rows: 1\n   :class: wide\n{options}\n{indent(''.join(made), '   ')}\n"


def _row(cells: Sequence[str]) -> str:
    made = [indent(cell or "\\ ", "    ").lstrip() for cell in cells]
    return f"* - {made[0]}\n" + "".join(f"  - {cell}\n" for cell in made[1:])


def write(name: str, *blocks: str) -> bool:
    """A page of `GENERATED`; one that is already so stays as it is, so that it is not built again: then false."""
    path, text = GENERATED / f"{name}.rst", "\n".join(blocks)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
