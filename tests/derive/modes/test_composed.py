"""Order and modified equation by composition are those of the same scheme multiplied out."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, integrators, modified_equation, order_of_accuracy
from derive.gallery.operators import backward, centred, second
from derive.modes.amplification import symbols_of
from derive.modes.composed import ComposedExpansion
from derive.schemes.composed import ComposedScheme

a, b, k, q, dt, dx, dy = sp.symbols("a b kappa q dt dx dy", positive=True)
u, p = GridFunction("u", 1), GridFunction("p", 2)
HEAT = k * second(u[0, 0]) / dx**2
CENTRED = -a * centred(u[0, 0]) / dx
UPWIND = -a * backward(u[0, 0]) / dx
SCHEMES = [
    ("forward-euler", UPWIND + HEAT - q * u[0, 0]),
    ("RK3", CENTRED + HEAT),
    ("RK4", UPWIND),
    ("theta", HEAT),
    ("BDF2", UPWIND),
    ("AB2", CENTRED),
    ("leapfrog", CENTRED),
    ("imex-euler", (CENTRED, HEAT)),
    ("imex-cnab", (UPWIND, HEAT)),
]


@pytest.mark.parametrize(("name", "rhs"), SCHEMES, ids=str)
def test_composed_is_expanded(name: str, rhs: sp.Expr) -> None:
    scheme = integrators[name](rhs, u, dt)
    assert isinstance(scheme, ComposedScheme)
    one, other = modified_equation(scheme), modified_equation(GridScheme(*scheme.residuals, assumptions=scheme.assumptions))
    assert one.order == other.order
    assert sp.expand(one.limit - other.limit) == 0
    assert {power: sp.expand(sp.cancel(one.errors[power] - other.errors[power])) for power in one.order.terms} == dict.fromkeys(
        other.order.terms, 0
    )


def test_a_meaning_and_grid_units() -> None:
    r, nu = sp.symbols("r nu", real=True)
    scheme = integrators["RK2"](r * second(u[0, 0]) - nu * centred(u[0, 0]), u)
    plain = GridScheme(*scheme.residuals)
    meaning = {"r": k * dt / dx**2, "nu": a * dt / dx}
    assert modified_equation(scheme, meaning).equation == modified_equation(plain, meaning).equation
    assert modified_equation(scheme).equation == modified_equation(plain).equation


def test_advection_and_diffusion_in_the_plane() -> None:
    """By what is known of each part: Runge-Kutta 4 has the error -dt^4 L^5/120, centred differences theirs of order 2."""
    value = p[0, 0, 0]
    rhs = k * (second(value, 0) / dx**2 + second(value, 1) / dy**2) - a * centred(value, 0) / dx - b * centred(value, 1) / dy
    scheme = integrators["RK4"](rhs, p, dt)
    assert str(order_of_accuracy(scheme)) == "O(dt**4 + dx**2 + dy**2)"
    found = modified_equation(scheme)
    d_1, d_2 = sorted(found.limit.atoms(sp.Dummy), key=str)
    assert sp.expand(found.limit - (k * (d_1**2 + d_2**2) - a * d_1 - b * d_2)) == 0
    assert sp.expand(found.errors[dx**2] - (k * d_1**4 / 12 - a * d_1**3 / 6)) == 0
    assert sp.expand(found.errors[dt**4] + found.limit**5 / 120) == 0
    assert "residuals" not in vars(scheme)  # nothing was multiplied out


def test_coefficients_that_are_no_powers_are_expanded() -> None:
    scheme = integrators["forward-euler"](k / (1 + dx) * second(u[0, 0]) / dx**2, u, dt)
    marks = sp.symbols("z:1", cls=sp.Dummy)
    found = ComposedExpansion(sp.S.One, dt, (dx,), 1, stencils={marks[0]: symbols_of(scheme)[0]})
    assert not found.composes
    plain = modified_equation(GridScheme(*scheme.residuals))
    assert modified_equation(scheme).equation == plain.equation
