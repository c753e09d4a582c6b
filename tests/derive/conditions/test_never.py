"""Schemes that are unstable for all parameters, or but where one depends on others, against one-step matrices."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import GridFunction, GridScheme, integrators, stability
from tests.oracles import verdict

a, b, c = sp.symbols("a b c", positive=True)
x, y, z = sp.symbols("x y z", real=True)
u, v = GridFunction("u", 1), GridFunction("v", 2)
POINTS = 10
SIZES, STABLE = np.array([0.5, 0.995, 1.005, 2.0]), [True, True, False, False]


def slope(n: int) -> sp.Expr:
    return (u[n, 1] - u[n, -1]) / 2


def third(n: int) -> sp.Expr:
    return (u[n, 2] - 2 * u[n, 1] + 2 * u[n, -1] - u[n, -2]) / 2


def slope_x(n: int) -> sp.Expr:
    return (v[n, 1, 0] - v[n, -1, 0]) / 2


def slope_y(n: int) -> sp.Expr:
    return (v[n, 0, 1] - v[n, 0, -1]) / 2


def upwind_x(n: int) -> sp.Expr:
    return v[n, 0, 0] - v[n, -1, 0]


def upwind_y(n: int) -> sp.Expr:
    return v[n, 0, 0] - v[n, 0, -1]


def bends_x(n: int) -> sp.Expr:
    return v[n, 1, 0] - 2 * v[n, 0, 0] + v[n, -1, 0]


def bends_y(n: int) -> sp.Expr:
    return v[n, 0, 1] - 2 * v[n, 0, 0] + v[n, 0, -1]


def fourth_x(n: int) -> sp.Expr:
    return v[n, 2, 0] - 4 * v[n, 1, 0] + 6 * v[n, 0, 0] - 4 * v[n, -1, 0] + v[n, -2, 0]


def waves(n: int) -> sp.Expr:
    """Advection along x, diffusion along y: nothing damps what moves along x alone."""
    return -a * slope_x(n) + b * bends_y(n)


extrapolated = 2 * waves(0) - waves(-1)
BDF2 = 3 * v[1, 0, 0] / 2 - 2 * v[0, 0, 0] + v[-1, 0, 0] / 2
NEVER = {
    "AB2": integrators["AB2"](waves(0), v),
    "RK2": integrators["RK2"](waves(0), v),
    "BDF2, extrapolated": GridScheme(BDF2 - extrapolated),
    "Milne and Simpson": integrators["Milne-Simpson"](waves(0), v),
    "leapfrog, lagged fourth difference": GridScheme(
        v[1, 0, 0] - v[-1, 0, 0] + 2 * a * upwind_x(0) + 2 * b * upwind_y(0) + 2 * c * fourth_x(-1)
    ),
    "a root on the circle between two weights": GridScheme(
        u[1, 0] - sp.Rational(5, 8) * a * u[0, -1] + sp.Rational(3, 4) * a * u[0, 0] - a * u[0, 1] / 8
        - (1 + sp.Rational(5, 8) * b) * u[-1, 0] + sp.Rational(5, 8) * b * u[-1, 1]
    ),
}  # fmt: skip
LONG = {"Nystroem 3": integrators["Nystrom3"](waves(0), v)}
ONLY = {
    "leapfrog, two weights": (GridScheme(u[1, 0] - u[-1, 0] - x * u[0, 1] - y * u[0, -1]), "y", {"x": -1}),
    "leapfrog, three weights": (
        GridScheme(u[1, 0] - u[-1, 0] - x * u[0, 1] - y * u[0, -1] - z * u[0, 0]),
        "y",
        {"x": -1, "z": 0},
    ),
    "leapfrog, upwind and centred": (
        GridScheme(v[1, 0, 0] - v[-1, 0, 0] + 2 * x * upwind_x(0) + 2 * y * slope_y(0)),
        "y",
        {"x": 0},
    ),
    "leapfrog, a sum and a difference": (
        GridScheme(v[1, 0, 0] - v[-1, 0, 0] - x * (v[0, 1, 0] + v[0, -1, 0]) - y * (v[0, 0, 1] - v[0, 0, -1])),
        "y",
        {"x": 0},
    ),
    "RK2, advection of either sign": (integrators["RK2"](-x * slope_x(0) + b * bends_y(0), v), "b", {"x": 0}),
}


def _random(scheme: GridScheme) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    signs = {p.name: [1, 1] if p.is_positive else [-1, 1] for p in scheme.parameters}
    return {name: np.exp(generator.uniform(-3, 1.5, POINTS)) * generator.choice(s, POINTS) for name, s in signs.items()}


def _unstable(scheme: GridScheme) -> None:
    stable, sure = verdict(scheme, _random(scheme))
    assert not (stable & sure).any()
    assert sure.sum() >= POINTS - 1


@pytest.mark.parametrize("name", [*NEVER, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_never(name: str) -> None:
    scheme = {**NEVER, **LONG}[name]
    found = stability(scheme, "von-neumann")
    assert (found.condition, found.status) == (sp.false, "exact")
    _unstable(scheme)


@pytest.mark.parametrize("name", ONLY)
def test_only_where_a_parameter_depends_on_others(name: str) -> None:
    scheme, free, ratios = ONLY[name]
    found = stability(scheme)
    assert found.status == "exact"
    assert not np.any(found.holds(**_random(scheme)))
    _unstable(scheme)
    (edge,) = {abs(float(end)) for end in _ends(found.condition, ratios)}
    values = {free: edge * SIZES, **{other: ratio * edge * SIZES for other, ratio in ratios.items()}}
    stable, sure = verdict(scheme, values)
    assert (found.holds(**values).tolist(), stable.tolist(), sure.all()) == (STABLE, STABLE, True)


def _ends(condition: sp.Basic, ratios: dict[str, int]) -> set[sp.Expr]:
    """Numbers that the free parameter is compared with."""
    return {e.rhs for e in condition.atoms(sp.core.relational.Relational) if e.lhs.name not in ratios}


@pytest.mark.parametrize(
    "scheme",
    [
        GridScheme(u[1, 0] - u[0, 0] + x * slope(0) + y * third(0)),
        integrators["RK2"](-x * slope(0) - y * third(0), u),
    ],
)
def test_what_moves_nothing_is_stable(scheme: GridScheme) -> None:
    """A factor of a margin that depends on the phase may still be zero at all phases, where parameters vanish together."""
    found = stability(scheme)
    assert found.status == "exact"
    assert found.holds(x=[0.0, 0.1, 0.0], y=[0.0, 0.0, 0.1]).tolist() == [True, False, False]
    _unstable(scheme)
