"""What the command line tells, for programs: JSON whose keys stay, formulas in Python's notation as SymPy reads them.

docs/json.md lists the keys and says what they are; a test holds it to what is printed. null is what there is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.bound import Stability
from derive.conditions.failing import Failing
from derive.conditions.stability_text import ranges_of, to_read
from derive.paper.derivation import Derivation
from derive.paper.solved import solved
from derive.printing.named import Named
from derive.schemes.optimizers import why_excluded


def written(entry: Mapping[str, Any]) -> str:
    """As text: ASCII, one entry a line."""
    return json.dumps(entry, indent=2, allow_nan=False)


def of_scheme(
    stability: Stability,
    meaning: Mapping[str, sp.Expr],
    random: Mapping[sp.Symbol, Any],
    frozen: Mapping[str, sp.Expr] = MappingProxyType({}),
    suffices: Boolean | None = None,
) -> dict[str, Any]:
    """When a scheme is stable, in mean square where parameters are random; and what suffices where there is no formula."""
    exact = stability.has_formula
    return {
        "status": stability.status,
        "grade": stability.grade,
        "condition": sp.sstr(stability.condition) if exact else None,
        "assumed": [sp.sstr(one) for one in stability.assumed],
        "latex": stability.latex() if exact else None,
        "polynomial": sp.sstr(stability.polynomial.as_expr()),
        "parameters": [p.name for p in stability.parameters],
        "meaning": {name: sp.sstr(value) for name, value in meaning.items()},
        "random": {parameter.name: sp.sstr(deviation) for parameter, deviation in random.items()},
        "frozen": {name: sp.sstr(state) for name, state in frozen.items()},
        "sufficient": None if suffices is None else sp.sstr(suffices),
        "witnesses": [_failing(one) for one in stability.witnesses],
        "ranges": {name: [sp.sstr(end) for end in ends] for name, ends in ranges_of(stability).items()},
        "named": _named(to_read(stability)) if exact else None,
    }


def _named(shown: Named) -> dict[str, Any] | None:
    """The condition with letters for what is long, if it has any."""
    definitions = {letter.name: sp.sstr(value) for letter, value in shown.definitions}
    return {"condition": sp.sstr(shown.condition), "with": definitions} if definitions else None


def _failing(one: Failing) -> dict[str, Any]:
    """Where a part of the condition fails."""
    return {
        "part": sp.sstr(one.part),
        "where": one.where,
        "at": {symbol.name: sp.sstr(value) for symbol, value in one.witness.values.items()},
        "modulus": one.witness.modulus,
        "multiple": one.witness.multiple,
        "edge": sp.sstr(one.edge),
        "cosine": None if one.cosine is None else sp.sstr(one.cosine),
    }


def of_theorem(derivation: Derivation) -> dict[str, Any]:
    """Expressions both as SymPy prints them, to be read again, and as LaTeX."""
    steps = [{"title": s.title, "why": s.why, "expression": sp.sstr(s.expression), "latex": s.latex} for s in derivation.steps]
    return {
        "key": derivation.id,
        "title": derivation.title,
        "source": derivation.source,
        "assumptions": list(derivation.assumptions),
        "result": _stated(derivation.result),
        "latex": derivation.latex(),
        "steps": steps,
        "outputs": {name: [sp.sstr(value) for value in values] for name, values in derivation.outputs.items()},
        "solved": [sp.sstr(relation) for relation in solved(derivation)],
    }


def _stated(result: sp.Basic | Stability) -> str | None:
    """An equation, or the condition of stability where it has a formula."""
    stated = result.condition if isinstance(result, Stability) and result.has_formula else result
    return sp.sstr(stated) if isinstance(stated, sp.Basic) else None


def of_optimizers(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Optimisers that have an edge, each as its page has it, and why others have none."""
    return {"optimizers": list(rows), "without_an_edge": dict(why_excluded)}
