"""A table as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def plain(header: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Columns to the right, two blanks apart; the first one to the left.

    >>> print(plain(["k", "seed 1"], [["1", "93.4"], ["11", "93.36"]]))
    k   seed 1
    1     93.4
    11   93.36
    """
    rows = [list(header), *map(list, cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_placed(row, widths)).rstrip() for row in rows)


def _placed(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [f"{cell:<{n}}" if i == 0 else f"{cell:>{n}}" for i, (cell, n) in enumerate(zip(row, widths, strict=True))]
