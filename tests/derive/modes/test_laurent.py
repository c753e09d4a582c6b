"""The quick way to the polynomial of an integrator on a stencil, against the determinant of its expanded scheme."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, amplification, integrators
from derive.modes.laurent import composed, in_symbols
from derive.schemes.composed import ComposedScheme

r, nu = sp.symbols("r nu", real=True)
dt, dx = sp.symbols("dt dx", positive=True)
u, v = GridFunction("u", 1), GridFunction("u", 2)
SECOND, CENTRED = u[0, 1] - 2 * u[0, 0] + u[0, -1], (u[0, 1] - u[0, -1]) / 2
ROUND = v[0, 1, 0] + v[0, -1, 0] + v[0, 0, 1] + v[0, 0, -1] - 4 * v[0, 0, 0]

SINGLE = [name for name, made in integrators.items() if made.parts == 1 and name != "forward-backward"]

LONG = ("SSP104",)
"""Ten stages: the determinant in two parameters takes twenty seconds, and is in one another of the same kind."""


def _expanded(scheme: ComposedScheme) -> GridScheme:
    return GridScheme(*(sp.Eq(residual, 0) for residual in scheme.residuals), assumptions=scheme.assumptions)


@pytest.mark.parametrize("name", SINGLE)
def test_every_integrator_has_the_polynomial_of_its_expanded_scheme(name: str) -> None:
    right_hand_sides = (r * SECOND - nu * CENTRED, r * SECOND)
    for rhs in right_hand_sides[name in LONG :]:
        scheme = integrators[name](rhs, u)
        quick, slow = amplification(scheme), amplification(_expanded(scheme))
        assert (quick.box, quick.assumptions) == (slow.box, slow.assumptions)
        assert quick.polynomial == slow.polynomial


@pytest.mark.parametrize("name", ["imex-euler", "imex-cnab"])
def test_of_two_parts(name: str) -> None:
    scheme = integrators[name]((-nu * CENTRED, r * SECOND), u)
    assert amplification(scheme) == amplification(_expanded(scheme))


def test_in_the_plane_and_in_units() -> None:
    for rhs in (dt / dx**2 * ROUND, dt / dx**2 * ROUND - nu * (v[0, 1, 0] - v[0, 0, 0])):
        scheme = integrators["RK2"](rhs, v)
        assert amplification(scheme) == amplification(_expanded(scheme))


def test_what_is_no_laurent_polynomial_goes_the_long_way() -> None:
    for factor in (sp.sqrt(dt), sp.sin(r), 1 / (1 + r), sp.I * r):
        scheme = integrators["RK2"](factor * CENTRED, u)
        assert amplification(scheme) == amplification(_expanded(scheme))


def test_composed_by_substitution() -> None:
    xi, z, y = sp.symbols("xi z y")
    polynomial = sp.Poly(xi**2 * (1 - z) - xi * (1 + y * z / 3) + z**2 / r, xi)
    stencils = (r * (dx - 1 / dx), nu / dx)
    found = composed(polynomial, (z, y), stencils)
    assert found is not None
    total = sum(in_symbols(terms, (dx, nu, r)) * xi**n for n, terms in found.items())
    assert sp.expand(total - polynomial.as_expr().subs(dict(zip((z, y), stencils, strict=True)))) == 0
