r"""CFL condition of the heat equation in 1, 2 and 3 dimensions, forward Euler with central differences.

Source: Eq 1-3.
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.fields.calculus import TimeDerivative
from derive.fields.differential import Div, Grad
from derive.fields.discretize import Stencil
from derive.fields.symbols import diffusivity, lr, u, xi
from derive.modes.amplification import amplification, in_phases
from derive.paper.derivation import Derivation, Step
from derive.schemes.grid import GridFunction, GridScheme


def flow() -> sp.Expr:
    """Right-hand side of the heat equation, in any dimension."""
    return diffusivity * Div(Grad(u))


def equation(dims: int) -> sp.Eq:
    """The flow on a grid: forward Euler in time, forward then backward differences in space."""
    grid, here = GridFunction("u", dims), (0,) * dims
    right = Stencil(dims, {u: lambda j: grid[0, *j]})(flow())
    return sp.Eq((grid[1, *here] - grid[0, *here]) / lr, sp.factor(right))


def scheme(dims: int) -> GridScheme:
    """The same, to be analysed."""
    return GridScheme(equation(dims))


def amplifier(dims: int) -> sp.Expr:
    """Amplification factor A as a function of the phases."""
    lead, constant = amplification(scheme(dims)).polynomial.all_coeffs()
    return 1 + sp.factor(sp.cancel(-constant / lead) - 1)


def bound(dims: int) -> Stability:
    """The exact condition; the mode theta = 0 keeps A = 1, so the grade is power-bounded."""
    return stability(scheme(dims), "power-bounded", PATIENT)


def derive() -> Derivation:
    """Run the chain in one dimension; the others are further outputs."""
    steps = (
        Step("Heat equation", sp.Eq(TimeDerivative(u), flow()), "Eq 1; in one dimension div grad u is u_xx."),
        Step("Scheme", equation(1), "Forward difference in time, central in space; u[n, j] is n steps and j points away."),
        Step("Amplification factor", sp.Eq(xi, in_phases(amplifier(1))), "Insert u[n, j] = xi^n exp(i j theta)."),
        Step("Stable step, 1 dimension", _largest_step(1), "|xi| <= 1 at the corners c = -1, 1 of c = cos(theta)."),
        Step("Stable step, 2 dimensions", _largest_step(2), "The same at the corners of (c_1, c_2)."),
        Step("Stable step, 3 dimensions", _largest_step(3), "The same at the corners of (c_1, c_2, c_3)."),
    )
    return Derivation(
        id="eq-1-3",
        title="CFL condition of the heat equation",
        assumptions=("uniform grid, periodic or with zero boundary values", "diffusivity > 0, dx > 0"),
        steps=steps,
        result=bound(1),
        source="Eq 1-3",
        outputs={
            "largest_step": (bound(1).solve("lr").end,),
            "largest_step_2d": (bound(2).solve("lr").end,),
            "largest_step_3d": (bound(3).solve("lr").end,),
        },
    )


def _largest_step(dims: int) -> sp.Basic:
    return sp.Contains(lr, bound(dims).solve("lr"), evaluate=False)
