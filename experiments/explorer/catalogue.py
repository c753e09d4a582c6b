"""What the page offers to choose: every scheme of `derive.gallery` as it would be typed, and every optimiser of `derive`.

A new entry of either is offered at once; `MEANINGS` alone may want a line, where its numbers have other names.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.gallery import gallery
from derive.schemes.optimizers import optimizers

MEANINGS = {
    "r": "k*dt/dx**2", "r_x": "k*dt/dx**2", "r_y": "k*dt/dy**2", "r_z": "k*dt/dz**2",
    "nu": "a*dt/dx", "nu_x": "a*dt/dx", "nu_y": "b*dt/dy", "nu_z": "c*dt/dz", "mu": "d*dt/dx**3",
}  # fmt: skip
"""What the numbers of the textbooks mean; of the beam r is the same with the square root of its stiffness."""


def catalogue() -> dict[str, Any]:
    """What can be chosen: schemes of the textbooks as they would be typed, and optimisers."""
    return {"schemes": [_scheme(key) for key in gallery], "optimizers": [_optimizer(name) for name in optimizers]}


def _scheme(key: str) -> dict[str, str]:
    entry = gallery[key]
    names = [p.name for p in entry.scheme.parameters]
    return {
        "key": key,
        "title": entry.title,
        "source": entry.source,
        "equations": "\n".join(map(_equation, entry.scheme.residuals)),
        "positive": ", ".join(p.name for p in entry.scheme.parameters if p.is_positive),
        "assume": "\n".join(
            [f"{p.name} >= 0" for p in entry.scheme.parameters if p.is_nonnegative and not p.is_positive]
            + [str(one) for one in sp.And.make_args(entry.scheme.assumptions) if one != sp.true]
        ),
        "meaning": "\n".join(f"{name} == {MEANINGS[name]}" for name in names if name in MEANINGS),
    }


def _equation(residual: sp.Expr) -> str:
    """Solved for the one new value of an explicit equation, as one writes it; otherwise as what is zero."""
    values = sorted(residual.atoms(sp.Indexed), key=lambda value: value.indices[0])
    new = [value for value in values if value.indices[0] == values[-1].indices[0]]
    if len(new) > 1 or residual.coeff(new[0]) != 1:
        return f"{residual} == 0"
    return f"{new[0]} == {sp.collect(sp.expand(new[0] - residual), values)}"


def _optimizer(name: str) -> dict[str, Any]:
    scheme = optimizers[name]
    new = [next(u[1] for u in scheme.unknowns if residual.coeff(u[1]) == 1) for residual in scheme.residuals]
    values = [sp.expand(one - residual) for one, residual in zip(new, scheme.residuals, strict=True)]
    return {"name": name, "recurrence": [f"{one} = {sp.sstr(value)}" for one, value in zip(new, values, strict=True)]}
