"""Whether A x = b has a solution x >= 0, in rational numbers: the first phase of the simplex method, by Bland's rule.

SymPy's own `linprog` (1.14) breaks off where it goes round in a circle and may then return what is no solution. Bland's rule
does not go round: of the columns that help the first enters, of the rows that bind the one with the first variable leaves.

>>> from sympy import QQ
>>> one = QQ(1)
>>> {k: str(v) for k, v in solution([{0: one, 1: one}, {0: one, 1: -one}], [3 * one, one]).items()}
{0: '2', 1: '1'}
>>> solution([{0: one, 1: one}], [-one]) is None
True

Source: Bland, Mathematics of Operations Research 2 (1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[int, Any]
"""Column -> coefficient that is not zero, in SymPy's `QQ`."""


def solution(rows: Sequence[Row], right: Sequence) -> Row | None:
    """Values of the unknowns, those that are not zero; None if there is no solution.

    Args:
        rows: of A.
        right: of b.
    """
    signs = [-1 if value < 0 else 1 for value in right]
    table = [{k: sign * v for k, v in row.items()} for row, sign in zip(rows, signs, strict=True)]
    b = [sign * value for value, sign in zip(right, signs, strict=True)]
    basic: list[int | None] = [None] * len(b)  # None: what is missing in a row still
    while any(value and k is None for value, k in zip(b, basic, strict=True)):
        entering = _entering(table, basic)
        if entering is None:
            return None
        _pivot(table, b, basic, _leaving(table, b, basic, entering), entering)
    return dict(sorted((k, v) for k, v in zip(basic, b, strict=True) if k is not None and v))


def _entering(table: list[dict], basic: list[int | None]) -> int | None:
    """The first column that lowers what is missing in sum."""
    gains: dict = {}
    for row, k in zip(table, basic, strict=True):
        if k is None:
            for column, value in row.items():
                gains[column] = gains.get(column, 0) + value
    return min((column for column, gain in gains.items() if gain > 0), default=None)


def _leaving(table: list[dict], b: list, basic: list[int | None], entering: int) -> int:
    """The row that binds first; of several the one whose variable comes first, one that is missing before all."""
    binding = [i for i, row in enumerate(table) if row.get(entering, 0) > 0]
    return min(binding, key=lambda i: (b[i] / table[i][entering], -1 if basic[i] is None else basic[i], i))


def _pivot(table: list[dict], b: list, basic: list[int | None], r: int, column: int) -> None:
    scale = table[r][column]
    table[r] = {k: v / scale for k, v in table[r].items()}
    b[r], basic[r] = b[r] / scale, column
    for i, row in enumerate(table):
        factor = row.get(column, 0)
        if i != r and factor:
            for k, v in table[r].items():
                value = row.get(k, 0) - factor * v
                if value:
                    row[k] = value
                else:
                    row.pop(k, None)
            b[i] -= factor * b[r]
