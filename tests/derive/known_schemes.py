"""A few classic schemes for tests of the engine; the long table with sources is the textbook's."""

from __future__ import annotations

import sympy as sp

from derive import GridFunction, GridScheme

r, nu = sp.symbols("r nu", real=True)
theta = sp.Symbol("theta", nonnegative=True)
positive = sp.Symbol("r", positive=True)
u = GridFunction("u", 1)


def second(n: int) -> sp.Expr:
    """Second difference at time level n."""
    return u[n, 1] - 2 * u[n, 0] + u[n, -1]


def centred(n: int) -> sp.Expr:
    """Centred first difference at time level n."""
    return (u[n, 1] - u[n, -1]) / 2


_STEP = u[1, 0] - u[0, 0]

SCHEMES = {
    "heat": GridScheme(_STEP - r * second(0)),
    "theta": GridScheme(_STEP - positive * ((1 - theta) * second(0) + theta * second(1))),
    "richardson": GridScheme(u[1, 0] - u[-1, 0] - 2 * r * second(0)),
    "upwind": GridScheme(_STEP + nu * (u[0, 0] - u[0, -1])),
    "centred": GridScheme(_STEP + nu * centred(0)),
    "lax-friedrichs": GridScheme(u[1, 0] - (u[0, 1] + u[0, -1]) / 2 + nu * centred(0)),
    "lax-wendroff": GridScheme(_STEP + nu * centred(0) - nu**2 / 2 * second(0)),
    "fromm": GridScheme(_STEP + nu * (u[0, 0] - u[0, -1]) + nu * (1 - nu) / 4 * (u[0, 1] - u[0, 0] - u[0, -1] + u[0, -2])),
    "leapfrog": GridScheme(u[1, 0] - u[-1, 0] + 2 * nu * centred(0)),
    "wave": GridScheme(u[1, 0] - 2 * u[0, 0] + u[-1, 0] - nu**2 * second(0)),
    "advection-diffusion": GridScheme(_STEP + nu * centred(0) - r * second(0)),
}
