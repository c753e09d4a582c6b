"""A theorem at a glance: the result, solved as the paper has it, what the paper prints, the erratum, and its symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from derive.fields.symbols import MEANINGS
from derive.paper.claim import claims, verdicts
from derive.paper.derivation import Derivation, heading
from derive.paper.solved import solved
from derive.printing.text import INDENT, indent, paragraph, pretty


def summary(derivation: Derivation) -> str:
    """At most 80 columns."""
    bounds = solved(derivation)
    blocks = [_solved_first(derivation, bounds) if bounds else derivation.summary()]
    return "\n\n".join([*blocks, *_print(derivation.id), *_legend(derivation, bounds)])


def _solved_first(derivation: Derivation, bounds: Sequence[sp.Rel]) -> str:
    """Solved for what the paper states it in, and below that as it was derived."""
    relations = [indent(pretty(relation)) for relation in bounds]
    derived = indent(str(derivation.result))
    return "\n\n".join(
        [heading(derivation), f"{INDENT}stable if and only if", *relations, "The same as it was derived:", derived]
    )


def _print(key: str) -> Iterator[str]:
    """What the paper prints, and what became of it."""
    claim, verdict = claims().get(key), verdicts().get(key)
    if claim is not None and claim.statement:
        yield paragraph(f"{claim.source} prints: {claim.statement}", rest="  ")
    if verdict is not None:
        yield paragraph(f"{verdict.status.capitalize()}{f': {verdict.finding}' if verdict.finding else '.'}", rest="  ")


def _legend(derivation: Derivation, bounds: Sequence[sp.Basic]) -> Iterator[str]:
    shown = derivation.result if isinstance(derivation.result, sp.Basic) else derivation.result.condition
    symbols = sorted({s for expr in (shown, *bounds) for s in expr.free_symbols if s in MEANINGS}, key=str)
    names = {symbol: pretty(symbol) for symbol in symbols}
    if not symbols:
        return
    width = max(map(len, names.values()))
    yield "\n".join(
        paragraph(_meaning(symbol), f"{INDENT}{name:<{width}}  ", " " * (width + len(INDENT) + 2))
        for symbol, name in names.items()
    )


def _meaning(symbol: sp.Symbol) -> str:
    told = MEANINGS[symbol]
    return told.text if told.unit == "1" else f"{told.text} [{told.unit}]"
