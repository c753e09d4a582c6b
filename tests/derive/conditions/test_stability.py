"""Stability: exact conditions against brute-force spectral radii, solved forms, code, errors."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derive import Amplification, GridFunction, GridScheme, InputError, Stability, optimizers, stability
from derive.fields.symbols import xi
from tests.derive.brute import largest_root

r = sp.Symbol("r")
u = GridFunction("u", dims=1)
HEAT = GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * (u[0, 1] - 2 * u[0, 0] + u[0, -1])))
MARGIN = 2e-3


def test_heat_as_the_user_types_it() -> None:
    found = stability(HEAT)
    assert found.status == "exact"
    assert found.condition == sp.And(r >= 0, r <= sp.Rational(1, 2))
    assert found.solve("r") == sp.Interval(0, sp.Rational(1, 2))
    assert found.holds(r=0.4) is True
    assert found.holds(r=0.6) is False
    assert found.holds(r=np.array([0.1, 0.5, 0.51])).tolist() == [True, True, False]
    assert found.polynomial.gens == (xi,)
    assert "stable if and only if" in str(found)


def test_heat_is_never_damped_at_every_frequency() -> None:
    """The constant mode is kept; so the strict grade has no stable step."""
    assert stability(HEAT, "schur").condition == sp.false


@pytest.mark.parametrize("dims", [1, 2, 3])
@given(value=st.floats(-0.3, 1.2))
def test_heat_against_the_roots_on_a_frequency_grid(dims: int, value: float) -> None:
    found = _heat(dims)
    radius = largest_root(found, {r: value}, points=5)
    assert abs(radius - 1) < MARGIN or found.holds(r=value) == (radius <= 1)


@cache
def _heat(dims: int) -> Stability:
    v = GridFunction("v", dims)
    here = (0,) * dims
    around = [tuple(s * (i == axis) for i in range(dims)) for axis in range(dims) for s in (1, -1)]
    return stability(GridScheme(v[1, *here] - v[0, *here] - r * sum(v[0, *step] - v[0, *here] for step in around)))


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "nesterov"])
@given(lr=st.floats(0.01, 2), momentum=st.floats(0, 0.99), curvature=st.floats(-1, 8))
def test_optimisers_against_the_roots(name: str, lr: float, momentum: float, curvature: float) -> None:
    found = _optimiser(name)
    given_values = {"lr": lr, "momentum": momentum, "curvature": curvature}
    values = {p: given_values[str(p)] for p in found.parameters}
    radius = largest_root(found, values)
    assert abs(radius - 1) < MARGIN or found.holds(**{str(p): v for p, v in values.items()}) == (radius < 1)


@cache
def _optimiser(name: str) -> Stability:
    return stability(optimizers[name], "schur")


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "nesterov"])
def test_solved_interval_has_its_edges_on_the_unit_circle(name: str) -> None:
    found = stability(optimizers[name], "schur")
    numbers = {p: v for p, v in zip(found.parameters, (1.0, 0.3, 0.9), strict=False) if str(p) != "curvature"}
    interval = found.solve("curvature").subs(numbers)
    curvature = next(p for p in found.parameters if str(p) == "curvature")
    for edge in (interval.inf, interval.sup):
        assert largest_root(found, {**numbers, curvature: float(edge)}) == pytest.approx(1, abs=1e-9)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_margin_has_the_sign_of_the_verdict(value: float, other: float) -> None:
    polynomial = sp.Poly(xi**2 + r * xi + sp.Symbol("q"), xi)
    found = stability(Amplification(polynomial, {}), "schur")
    margin = float(found.margin("numpy")(r=value, q=other))
    assert abs(margin) < 1e-12 or (margin > 0) == found.holds(r=value, q=other)


def test_default_grade_is_bounded_on_a_grid_and_decaying_for_an_optimiser() -> None:
    assert stability(HEAT).grade == "power-bounded"
    assert stability(optimizers["nesterov"]).grade == "schur"
    assert stability(optimizers["nesterov"]).holds(lr=0.1, momentum=0.9, curvature=12.0) is True


def test_code_of_a_condition() -> None:
    function = stability(HEAT).function("torch")
    assert bool(function(r=0.3))
    assert "def is_stable(*, r)" in function.source


def test_latex_of_a_condition() -> None:
    assert r"\frac{1}{2}" in stability(HEAT).latex()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stability(HEAT, "weak"), "unknown grade 'weak': expected one of schur, von-neumann, power-bounded"),
        (lambda: stability("u"), "expected a GridScheme or an Amplification, got str"),
        (lambda: stability(HEAT).holds(), "expected values for r; got none"),
        (lambda: stability(HEAT).holds(r=1, s=2), "expected values for r; got r, s"),
        (lambda: stability(HEAT).holds(r="x"), "expected real numbers or arrays that broadcast"),
        (lambda: stability(HEAT).holds(r=1j), "expected real numbers or arrays that broadcast"),
        (lambda: stability(HEAT).solve("s"), "unknown parameter 's': expected one of r"),
        (lambda: GridScheme(sp.Eq(u[1, 0], u[0, 0] ** 2)), "linear in the unknowns"),
        (lambda: GridScheme(sp.Eq(u[1, 0], u[0, 0] + 1)), "constant term"),
        (lambda: GridScheme(r), r"expected values such as u\[1, 0\], got none"),
        (lambda: GridScheme(u[1, 0] - u[0, 0], u[1, 0] - u[0, 1]), "one equation per unknown"),
        (lambda: u[0], "takes 2 offsets"),
        (lambda: u[0, r], "takes 2 offsets"),
        (lambda: GridFunction("u", 4), "0 to 3 space dimensions"),
    ],
)
def test_bad_input_is_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
