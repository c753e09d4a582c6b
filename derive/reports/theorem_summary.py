"""A theorem at a glance: the result, solved as the paper has it, what the paper prints, the erratum, and its symbols."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derive.conditions.bound import Stability
from derive.fields.symbols import MEANINGS
from derive.paper.claim import claims, verdicts
from derive.paper.derivation import Derivation
from derive.printing.text import INDENT, indent, paragraph, pretty


def summary(derivation: Derivation) -> str:
    """At most 80 columns."""
    bounds = list(_bounds(derivation))
    blocks = [derivation.summary(), *(indent(pretty(relation)) for relation in bounds)]
    if bounds:
        blocks.insert(1, "That is, wherever the lower bound is below the upper one:")
    return "\n\n".join([*blocks, *_print(derivation.id), *_legend(derivation, bounds)])


def _bounds(derivation: Derivation) -> Iterator[sp.Basic]:
    """Of a condition solved for a parameter: one relation for each candidate of each end."""
    if not isinstance(derivation.result, Stability):
        return
    by_name = {str(p): p for p in derivation.result.parameters}
    for name, ends in derivation.outputs.items():
        solved = by_name.get(name.removesuffix("_bounds"))
        if name.endswith("_bounds") and solved is not None and len(ends) == 2:
            lower, upper = ends
            yield from (sp.Gt(solved, edge, evaluate=False) for edge in _candidates(lower, sp.Max))
            yield from (sp.Lt(solved, edge, evaluate=False) for edge in _candidates(upper, sp.Min))


def _candidates(end: sp.Expr, extreme: type) -> Iterator[sp.Expr]:
    """What an end is the extreme of, in every case of it."""
    cases = end.args if isinstance(end, sp.Piecewise) else ((end, sp.true),)
    choices = [sorted(extreme.make_args(value), key=sp.default_sort_key) for value, _ in cases]
    for values in zip(*choices, strict=True):
        yield sp.Piecewise(*((value, when) for value, (_, when) in zip(values, cases, strict=True)))


def _print(key: str) -> Iterator[str]:
    """What the paper prints, and what became of it."""
    claim, verdict = claims().get(key), verdicts().get(key)
    if claim is not None and claim.statement:
        yield paragraph(f"{claim.source} prints: {claim.statement}", rest="  ")
    if verdict is not None:
        yield paragraph(f"{verdict.status.capitalize()}{f': {verdict.finding}' if verdict.finding else '.'}", rest="  ")


def _legend(derivation: Derivation, bounds: list[sp.Basic]) -> Iterator[str]:
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
