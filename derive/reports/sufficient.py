"""What is proved to suffice where the condition itself has no formula, in words and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy as sp

from derive.conditions.bound import Stability
from derive.printing.text import indent, paragraph, pretty

if TYPE_CHECKING:
    from derive.conditions.enclosing.ellipse import EllipseBound
    from derive.schemes.grid import GridScheme


def bound_of(scheme: GridScheme, stability: Stability) -> EllipseBound | None:
    """The bound by an ellipse, of a scheme whose condition has no closed form; None where there is none."""
    from derive.conditions.enclosing.ellipse import enclosed

    bound = enclosed(scheme) if not stability.has_formula and stability.grade != "schur" else None
    return bound if bound is not None and bound.condition != sp.false else None


def text(bound: EllipseBound) -> str:
    """The alternatives, and why each suffices."""
    name, dims = bound.scheme.integrator.name, "is" if bound.necessary else "lies in"
    why = f"proved to suffice, as the stencil's symbol {dims} an ellipse, and {name} is stable on its edge and inside if"
    return "\n\nor\n\n".join(
        [f"{paragraph(why)}\n\n{indent(pretty(bound.stairs[0]))}", *(indent(pretty(s)) for s in bound.stairs[1:])]
    )


def edge(bound: EllipseBound, meaning: Mapping[str, sp.Expr], name: str, at: Mapping[str, sp.Expr]) -> str:
    """Up to where a parameter is proved to be stable, at numbers for all others."""
    meant = bound.in_terms_of(meaning)
    own = [p.name for p in meant.parameters]
    if name not in own:
        return f"on the ellipse stability does not depend on {name}"
    value = meant.largest(name, **{other: at[other] for other in own if other != name})
    return f"proved, on the ellipse: up to {name} = {value:.10g}" if value < float("inf") else f"proved: no edge of {name}"
