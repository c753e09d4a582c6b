"""Which parameters of a scheme are random, as text: a name and the name, or the number, of its standard deviation."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.errors import InputError, choose
from derive.reading.grammar import Reader
from derive.reading.syntax import tree
from derive.schemes.grid import GridScheme
from derive.shown import quoted


def parse_random(scheme: GridScheme, *texts: str, positive: Sequence[str] = ()) -> dict[sp.Symbol, sp.Expr]:
    """Read `nu: sigma`, or `nu: 0.1`; several by several texts.

    Args:
        scheme: whose parameters they are.
        *texts: the pairs.
        positive: names of deviations that are positive; the others are not negative.

    Raises:
        InputError: no such pair, no such parameter, or one twice. That the deviation is a new name, or not negative, is held
            by `modes.moments.second_moments`.

    >>> from derive.reading.parse import parse_scheme
    >>> parse_random(parse_scheme("u[1] == (1 - q)*u[0]"), "q: 0.5")
    {q: 1/2}
    """
    own, deviations = {p.name: p for p in scheme.parameters}, {}
    for text in texts:
        name, colon, spread = (part.strip() for part in text.partition(":"))
        if not (colon and name and spread):
            raise InputError(f"expected a random parameter and its deviation, such as 'nu: sigma', got {quoted(text)}")
        symbol = choose("parameter", name, own)
        if symbol in deviations:
            raise InputError(f"expected each random parameter once, got {name} twice")
        deviations[symbol] = _deviation(spread, positive)
    return deviations


def _deviation(text: str, positive: Sequence[str]) -> sp.Expr:
    """By the grammar of schemes, which bounds numbers."""
    reader = Reader({})
    value = reader.expression(tree(text))
    if reader.unknowns or not (value.is_Symbol or value.is_Rational):
        raise InputError(f"expected a deviation, the name of one or a number, got {quoted(text)}")
    if not value.is_Symbol:
        return value
    return sp.Symbol(value.name, positive=True) if value.name in positive else sp.Symbol(value.name, nonnegative=True)


def deviations_in(texts: Sequence[str]) -> set[str]:
    """The names after the colons."""
    return {text.partition(":")[2].strip() for text in texts}
