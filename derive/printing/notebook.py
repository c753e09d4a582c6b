"""How a result shows itself in a notebook: its formula, and below it in words what is assumed and how it is known."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def markdown(formulas: Iterable[str], words: Iterable[str] = ()) -> str:
    r"""Formulas one below the other, then sentences; Markdown, as notebooks render it.

    >>> print(markdown([r"r \leq 1"], ["for r > 0"]))
    $$r \leq 1$$
    <BLANKLINE>
    for r &gt; 0
    """
    return "\n\n".join([*(f"$${formula}$$" for formula in formulas), *map(plain, filter(None, words))])


def plain(text: str) -> str:
    r"""A text in which Markdown finds no sign of its own.

    >>> plain("u_t*2 <= $x$")
    'u\\_t\\*2 &lt;= \\$x\\$'
    """
    return "".join(f"\\{c}" if c in "\\`*_{}[]#$|~" else c for c in escape(text, quote=False))
