"""What the command line tells, for programs: JSON whose keys stay, formulas in Python's notation as SymPy reads them.

docs/json.md lists the keys and says what they are; a test holds it to what is printed. null is what there is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.bound import Stability
from derive.conditions.failing import Failing
from derive.paper.derivation import Derivation
from derive.reports import optimizers as table


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
    }


def _failing(one: Failing) -> dict[str, Any]:
    """Where a part of the condition fails."""
    return {
        "part": sp.sstr(one.part),
        "where": one.where,
        "at": {symbol.name: sp.sstr(value) for symbol, value in one.witness.values.items()},
        "modulus": one.witness.modulus,
        "multiple": one.witness.multiple,
    }


def of_theorem(derivation: Derivation) -> dict[str, Any]:
    """Expressions both as SymPy prints them, to be read again, and as LaTeX."""
    steps = [{"title": s.title, "why": s.why, "expression": sp.sstr(s.expression), "latex": s.latex} for s in derivation.steps]
    return {
        "key": derivation.id,
        "title": derivation.title,
        "source": derivation.source,
        "assumptions": list(derivation.assumptions),
        "result": sp.sstr(derivation.result) if isinstance(derivation.result, sp.Basic) else None,
        "latex": derivation.latex(),
        "steps": steps,
        "outputs": {name: [sp.sstr(value) for value in values] for name, values in derivation.outputs.items()},
    }


def of_optimizers() -> dict[str, Any]:
    """Every optimiser that has an edge, and why others have none."""
    return {"optimizers": [_row(one) for one in table.rows()], "without_an_edge": dict(table.why_excluded)}


def _row(one: table.Row) -> dict[str, Any]:
    return {
        "name": one.name,
        "recurrence": [f"{sp.sstr(e.lhs)} = {sp.sstr(e.rhs)}" for e in one.recurrence],
        "polynomial": sp.sstr(one.polynomial),
        "largest_stable_curvature": sp.sstr(one.edge),
        "mean_square": sp.sstr(one.in_mean_square),
    }
