"""Through which range a parameter runs, as text: a name and the least and the greatest value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import sympy as sp

from derive.errors import InputError
from derive.reading.grammar import Reader
from derive.reading.syntax import checked_name, tree
from derive.shown import quoted

Ends = tuple[sp.Expr, sp.Expr]


def parse_ranges(*texts: str, positive: Sequence[str] = ()) -> dict[str, Ends]:
    """Read `c: -C..C`, or `c: 0..0.5`; several by several texts.

    Args:
        *texts: the ranges.
        positive: names in their ends that are positive.

    Raises:
        InputError: no such range, or one parameter twice.

    >>> parse_ranges("c: -C..C", "r: 0..0.5")
    {'c': (-C, C), 'r': (0, 1/2)}
    """
    reader, ranges = Reader({name: {"positive": True} for name in positive}), {}
    for text in texts:
        name, colon, ends = (part.strip() for part in text.partition(":"))
        low, dots, high = (part.strip() for part in ends.partition(".."))
        if not (name and colon and low and dots and high):
            raise InputError(f"expected a parameter and its range, such as 'c: -C..C' or 'c: 0..0.5', got {quoted(text)}")
        node = tree(name)
        if not hasattr(node, "id"):
            raise InputError(f"expected the name of a parameter before the colon, got {quoted(text)}")
        if checked_name(node) in ranges:
            raise InputError(f"expected each parameter with one range, got {name} twice")
        ranges[name] = (reader.expression(tree(low)), reader.expression(tree(high)))
    if reader.unknowns:
        raise InputError(f"expected ranges of parameters, got the value {next(iter(reader.unknowns.values()))[0]}")
    return ranges


def new_names(texts: Iterable[str], others: Iterable[str]) -> set[str]:
    """Names in the ends that stand in no other text."""
    known = {word for text in others for word in words(text)}
    return {word for text in texts for word in words(text.partition(":")[2])} - known


def words(text: str) -> list[str]:
    """Names, of unknowns, derivatives and constants."""
    return re.findall(r"[A-Za-z_]\w*", text)
