"""Growth of at most 1 + C dt: the derived C against spectral radii of the scheme itself as the grid is refined."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import parse_scheme, stability
from derive.__main__ import main
from derive.conditions.lax import Lax, lax
from derive.reading.parse import parse_definitions
from tests.oracles import spectral_radius

SECOND, NEW = "(u[0,1] - 2*u[0,0] + u[0,-1])", "(u[1,1] - 2*u[1,0] + u[1,-1])"
CRANK_NICOLSON = f"u[1,0] - u[0,0] == r/2*({SECOND} + {NEW}) + s*u[0,0]"
HEAT, SOURCE, SPEED = "r == k*dt/dx**2", "s == q*dt", "nu == a*dt/dx"
EXPLICIT = f"u[1,0] - u[0,0] == r*{SECOND}"
CASES = {  # equation, meaning, constants and ratios at which it is looked at, whether the bound is reached there
    "crank-nicolson": (CRANK_NICOLSON, [HEAT, SOURCE], {"k": 0.7, "q": 3.0, "r": 5.0}, True),
    "crank-nicolson, decay": (CRANK_NICOLSON, [HEAT, SOURCE], {"k": 0.7, "q": -3.0, "r": 5.0}, False),
    "oscillation": (CRANK_NICOLSON.replace("s*", "I*s*"), [HEAT, SOURCE], {"k": 1.0, "q": 2.0, "r": 1.0}, False),
    "explicit": (f"{EXPLICIT} + s*u[0,0]", [HEAT, SOURCE], {"k": 2.0, "q": 1.5, "r": 0.4}, True),
    "explicit, at the edge": (f"{EXPLICIT} + s*u[0,0]", [HEAT, SOURCE], {"k": 2.0, "q": -1.5, "r": 0.5}, True),
    "implicit source": (f"{EXPLICIT} + s*u[1,0]", [HEAT, SOURCE], {"k": 2.0, "q": 1.5, "r": 0.4}, True),
    "upwind": ("u[1,0] == (1-nu)*u[0,0] + nu*u[0,-1] + s*u[0,0]", [SPEED, SOURCE], {"a": 2.0, "q": 0.5, "nu": 0.8}, True),
    "advection by diffusion": (
        f"{EXPLICIT} - nu/2*(u[0,1] - u[0,-1])",
        [HEAT, SPEED],
        {"k": 0.5, "a": 2.0, "r": 0.25},
        False,
    ),
    "no space": ("u[1] == (1 + h)*u[0]", ["h == q*dt"], {"q": 0.7}, True),
    "two axes": (
        "u[1,0,0] - u[0,0,0] == r*(u[0,1,0] - 2*u[0,0,0] + u[0,-1,0]) + p*(u[0,0,1] - 2*u[0,0,0] + u[0,0,-1]) + s*u[0,0,0]",
        ["r == k*dt/dx**2", "p == k*dt/dy**2", SOURCE],
        {"k": 1.0, "q": 1.0, "r": 0.2, "p": 0.3},
        True,
    ),
}


def growth(name: str, dt: float) -> tuple[float, float]:
    """(|xi| - 1)/dt at a step, and the derived C."""
    equation, meanings, numbers, _ = CASES[name]
    scheme, meant = parse_scheme(equation), parse_definitions(*meanings)
    found = lax(scheme, meant)
    assert found is not None
    steps = {"dt": dt} | _spacings(meant, numbers, dt)
    values = {p.name: numbers.get(p.name, _at(meant.get(p.name, p), numbers | steps)) for p in scheme.parameters}
    assert bool(found.condition.subs({p: values[p.name] for p in scheme.parameters}))
    radius = spectral_radius(scheme, {key: np.array([float(v)]) for key, v in values.items()})[0]
    return (radius - 1) / dt, _at(found.constant, numbers)


def _spacings(meant: dict, numbers: dict, dt: float) -> dict[str, float]:
    """From the ratios that are given, by solving their definitions."""
    found = {}
    for name, value in meant.items():
        for h in (s for s in value.free_symbols if s.name in ("dx", "dy") and name in numbers):
            unknown = sp.Symbol("h", positive=True)
            known = {s: numbers.get(s.name, dt) for s in value.free_symbols - {h}}
            found[h.name] = float(sp.solve(value.subs(known).subs(h, unknown) - numbers[name], unknown)[0])
    return found


def _at(expr: sp.Expr, numbers: dict) -> float:
    return float(expr.subs({s: numbers[s.name] for s in expr.free_symbols}))


@pytest.mark.parametrize("name", CASES)
def test_growth_is_below_the_derived_bound_and_meets_it(name: str) -> None:
    rates = [growth(name, dt) for dt in (1e-3, 1e-4, 1e-5)]
    rate, constant = rates[-1]
    assert rate <= constant * 1.01 + 1e-3
    assert all(r <= constant + 100 * dt**0.5 for (r, _), dt in zip(rates, (1e-3, 1e-4, 1e-5), strict=True))
    if CASES[name][3]:
        assert rate == pytest.approx(constant, rel=0.02)


def test_the_constants_are_those_of_the_textbook() -> None:
    k, q, a, r = (sp.Symbol(s, real=True) for s in "kqar")
    found = {name: lax(parse_scheme(case[0]), parse_definitions(*case[1])) for name, case in CASES.items()}
    assert found["crank-nicolson"].constant == sp.Abs(q)
    assert sp.simplify(found["advection by diffusion"].constant - a**2 * r / (2 * k)) == 0
    assert found["explicit"].condition == sp.And(r >= 0, r <= sp.Rational(1, 2))


def test_outside_of_the_condition_growth_is_faster() -> None:
    scheme = parse_scheme(CASES["explicit"][0])
    for dt in (1e-3, 1e-5):
        radius = spectral_radius(scheme, {"r": np.array([0.51]), "s": np.array([1.5 * dt])})[0]
        assert radius > 1.03


@pytest.mark.parametrize(
    ("equation", "meanings"),
    [
        ("u[1,0] - u[0,0] == -nu/2*(u[0,1] - u[0,-1])", [SPEED]),  # nothing vanishes
        (f"u[1,0] - u[0,0] == r*{SECOND} + s*u[0,0]", ["s == q*dt + 1"]),  # no product of powers
        (f"u[1,0] - u[0,0] == r*{SECOND} - nu/2*(u[0,1] - u[0,-1])", ["nu == a*dt/dx"]),  # r may be anything
        (f"(u[1,0] - u[0,0])/dt == k*{SECOND}/dx**2 + q*u[0,0]", []),  # how dx shrinks with dt is not told
        ("u[1,0] - u[0,0] == -s*(v[0,1] - v[0,0])|v[1,0] - v[0,0] == -s*(u[1,0] - u[1,-1])", ["s == q*dt"]),  # a system
    ],
)
def test_nothing_is_claimed_that_is_not_proved(equation: str, meanings: list) -> None:
    found = lax(parse_scheme(*equation.split("|")), parse_definitions(*meanings))
    assert found is None or found.constant is not None
    if found is not None:
        assert "fixed" not in str(found)


def test_a_scheme_that_grows_without_the_source_is_refused_with_it() -> None:
    scheme = parse_scheme("u[1,0] - u[0,0] == -nu/2*(u[0,1] - u[0,-1]) + s*u[0,0]", positive=["nu"])
    found = lax(scheme, parse_definitions(SPEED, SOURCE))
    assert found is not None
    assert found.condition == sp.false
    assert "not stable in the sense of Lax either" in str(found)
    for dt in (1e-3, 1e-5):
        assert spectral_radius(scheme, {"nu": np.array([0.5]), "s": np.array([dt])})[0] > 1.1


def test_of_several_steps_the_constant_is_left_open() -> None:
    """Leapfrog with a source: at |nu| < 1 growth is like dt, as roots on the circle are simple."""
    scheme = parse_scheme("u[1,0] - u[-1,0] == -nu*(u[0,1] - u[0,-1]) + 2*s*u[0,0]")
    found = lax(scheme, parse_definitions(SPEED, SOURCE))
    assert isinstance(found, Lax)
    assert found.constant is None
    assert " if\n" in str(found)
    rates = [(spectral_radius(scheme, {"nu": np.array([0.8]), "s": np.array([dt])})[0] - 1) / dt for dt in (1e-3, 1e-4)]
    assert rates[1] == pytest.approx(rates[0], rel=0.05)


def test_strict_answer_and_growth_stand_side_by_side(capsys: pytest.CaptureFixture) -> None:
    assert stability(parse_scheme(CRANK_NICOLSON, positive=["r", "s"])).condition == sp.false
    assert main(["scheme", CRANK_NICOLSON, "--positive", "r,s", "--meaning", HEAT, "--meaning", SOURCE]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "never stable: perturbations never stay bounded; for instance, at r = 1, s = 1" in out
    assert "stable in the sense of Lax, for bounded t: |xi| <= 1 + C dt + o(dt) with C = |q|" in out
    assert "as dt -> 0 with r = dt*k/dx**2 fixed" in out
