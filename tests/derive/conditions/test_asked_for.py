"""Schemes as people ask about them: textbooks, forums, bug reports; each condition against one-step matrices.

Matrices know nothing of the engine. Half of the points lie within 0.5 % of the edge.
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import stability
from derive.reading.parse import parse_scheme
from tests.derive.conditions.ways.test_torus import edges
from tests.oracles import verdict

LAPLACE = "(u[0,1] - 2*u[0,0] + u[0,-1])"
FOURTH = "(u[0,2] - 4*u[0,1] + 6*u[0,0] - 4*u[0,-1] + u[0,-2])"
THIRD = "(u[0,2] - 2*u[0,1] + 2*u[0,-1] - u[0,-2])"
SCHEMES: dict[str, tuple[list[str], list[str]]] = {
    "Du Fort and Frankel with advection": (
        ["u[1,0] - u[-1,0] + nu*(u[0,1] - u[0,-1]) == 2*r*(u[0,1] - u[1,0] - u[-1,0] + u[0,-1])"],
        ["r"],
    ),
    "Beam and Warming": (
        ["u[1,0] == u[0,0] - nu*(3*u[0,0] - 4*u[0,-1] + u[0,-2])/2 + nu**2*(u[0,0] - 2*u[0,-1] + u[0,-2])/2"],
        [],
    ),
    "Fromm": (
        ["u[1,0] == u[0,0] - nu*(u[0,1] + 3*u[0,0] - 5*u[0,-1] + u[0,-2])/4 + nu**2*(u[0,1] - u[0,0] - u[0,-1] + u[0,-2])/4"],
        [],
    ),
    "BDF2, upwind extrapolated": (
        ["3*u[1,0] - 4*u[0,0] + u[-1,0] + 2*nu*(2*(u[0,0] - u[0,-1]) - (u[-1,0] - u[-1,-1])) == 0"],
        [],
    ),
    "Adams and Moulton, heat": (
        [
            "u[1,0] - u[0,0] == r*(5*(u[1,1] - 2*u[1,0] + u[1,-1]) + 8*(u[0,1] - 2*u[0,0] + u[0,-1])"
            " - (u[-1,1] - 2*u[-1,0] + u[-1,-1]))/12"
        ],
        ["r"],
    ),
    "Lax and Wendroff, 2 x 2": (
        [
            f"u[1,0] == u[0,0] - nu*(v[0,1] - v[0,-1])/2 + nu**2*{LAPLACE}/2",
            "v[1,0] == v[0,0] - nu*(u[0,1] - u[0,-1])/2 + nu**2*(v[0,1] - 2*v[0,0] + v[0,-1])/2",
        ],
        [],
    ),
    "Yee with losses": (
        ["e[1,0]*(1 + s) == e[0,0]*(1 - s) + nu*(h[0,0] - h[0,-1])", "h[1,0] == h[0,0] + nu*(e[1,1] - e[1,0])"],
        ["s"],
    ),
    "telegraph": ([f"u[1,0] - 2*u[0,0] + u[-1,0] + g*(u[1,0] - u[-1,0])/2 == nu**2*{LAPLACE} - m*u[0,0]"], ["g", "m"]),
    "beam": ([f"u[1,0] - 2*u[0,0] + u[-1,0] == -r**2*{FOURTH}"], ["r"]),
    "Schroedinger, real and imaginary part in turn": (
        [
            "a[1,0] == a[0,0] - r*(b[0,1] - 2*b[0,0] + b[0,-1])",
            "b[1,0] == b[0,0] + r*(a[1,1] - 2*a[1,0] + a[1,-1])",
        ],
        ["r"],
    ),
    "Korteweg and de Vries, leapfrog": ([f"u[1,0] == u[-1,0] - nu*(u[0,1] - u[0,-1]) - mu*{THIRD}"], []),
    "leapfrog, filtered": (
        ["u[1,0] == w[-1,0] - nu*(u[0,1] - u[0,-1])", "w[0,0] == u[0,0] + a*(u[1,0] - 2*u[0,0] + w[-1,0])"],
        ["a"],
    ),
}
NEVER = {
    "Kuramoto and Sivashinsky, explicit": ([f"u[1,0] == u[0,0] - r*{LAPLACE} - s*{FOURTH}"], ["r", "s"], sp.false),
    "Heun in two dimensions": (
        [
            "v[1,0,0] == u[0,0,0] - p*(u[0,1,0] - u[0,-1,0]) - q*(u[0,0,1] - u[0,0,-1])",
            "2*u[1,0,0] == u[0,0,0] + v[1,0,0] - p*(v[1,1,0] - v[1,-1,0]) - q*(v[1,0,1] - v[1,0,-1])",
        ],
        [],
        sp.And(*(sp.Eq(sp.Symbol(name, real=True), 0) for name in "pq")),
    ),
}


LONG = ("Korteweg and de Vries, leapfrog", "leapfrog, filtered", "beam", "Schroedinger, real and imaginary part in turn")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in SCHEMES])
def test_exact_and_right(name: str) -> None:
    equations, positive = SCHEMES[name]
    scheme = parse_scheme(*equations, positive=positive)
    found = stability(scheme)
    assert found.status == "exact"
    for values in edges(scheme, rays=3):
        stable, sure = verdict(scheme, values)
        claimed = np.broadcast_to(found.holds(**{str(p): values[str(p)] for p in found.parameters}), stable.shape)
        assert not ((claimed != stable) & sure).any()


@pytest.mark.parametrize("name", NEVER)
def test_never(name: str) -> None:
    """But where nothing moves."""
    equations, positive, condition = NEVER[name]
    found = stability(parse_scheme(*equations, positive=positive))
    assert (found.status, found.condition) == ("exact", condition)
