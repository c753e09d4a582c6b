"""Conditions that are settled at numbers: against brute force at many phases, against closed forms at their very edges."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, Stability, amplification, integrators, parse_scheme, stability
from derive.conditions.status import MEANINGS, NO_FORMULA, NOTES, PRECISION, WITH_A_FORMULA
from derive.conditions.ways.at_numbers import AtNumbers
from derive.gallery import gallery
from derive.gallery.operators import centred, second
from derive.gallery.parameters import nu, r, u


@cache
def rk4() -> Stability:
    """In a test, and not while tests are collected: it takes its half second."""
    return stability(integrators["RK4"](r * second(u[0, 0]) - nu * centred(u[0, 0]), u), seconds=0.5)


def at(key: str, grade: str, **values: str) -> bool:
    numbers = {name: sp.Rational(value) for name, value in values.items()}
    return AtNumbers(amplification(gallery[key].scheme)).stable(numbers, grade)


@pytest.mark.parametrize(
    ("key", "values", "bounded", "closed"),
    [
        ("leapfrog", {"nu": "1"}, False, True),  # both roots at i, at one phase
        ("leapfrog", {"nu": "99/100"}, True, True),
        ("leapfrog", {"nu": "101/100"}, False, False),
        ("wave", {"nu": "1"}, False, True),
        ("lax-wendroff", {"nu": "1"}, True, True),
        ("lax-wendroff", {"nu": "1.00000000000000000001"}, False, False),
        ("heat-ftcs", {"r": "1/2"}, True, True),
        ("heat-ab2", {"r": "1/4"}, True, True),
        ("schroedinger-leapfrog", {"r": "1/4"}, False, True),
        ("schroedinger-euler", {"r": "1/1000000000"}, False, False),  # by 8e-18 in a step
        ("upwind", {"nu": "1"}, True, True),
        ("advection-ftcs", {"nu": "1/100000000"}, False, False),
    ],
)
def test_at_the_very_edge(key: str, values: dict[str, str], bounded: bool, closed: bool) -> None:
    assert (at(key, "power-bounded", **values), at(key, "von-neumann", **values)) == (bounded, closed)
    assert not at(key, "schur", **values)  # constants stay


three = st.lists(st.integers(-6, 6), min_size=3, max_size=3)


@settings(max_examples=30, deadline=None)
@given(beside=st.lists(st.integers(-3, 3), min_size=2, max_size=2), middle=st.integers(7, 12), now=three, old=three.filter(any))
def test_schemes_at_random_against_brute_force(beside: list[int], middle: int, now: list[int], old: list[int]) -> None:
    """Three levels, three points each, numbers alone; the phases of the oracle are its own."""
    rows = ([beside[0], middle, beside[1]], now, old)
    scheme = GridScheme(
        sum(c * u[n, j] for n, row in zip((1, 0, -1), rows, strict=True) for c, j in zip(row, (-1, 0, 1), strict=True))
    )
    waves = np.exp(1j * np.outer(np.linspace(0, 2 * np.pi, 721), [-1, 0, 1]))
    radius = max(np.abs(np.roots(p)).max(initial=0) for p in np.stack([waves @ row for row in rows], axis=-1))
    found = AtNumbers(amplification(scheme)).stable({}, "von-neumann")
    assert found == (radius <= 1) or 1 - 1e-3 < radius < 1 + 1e-6


def test_it_is_told_and_right() -> None:
    assert (rk4().status, rk4().grade) == ("decided", "power-bounded")
    assert "decided; at given numbers, exactly, for all phases" in str(rk4())
    values = {"nu": np.linspace(-3, 3, 12)[:, None], "r": np.linspace(0.01, 0.8, 9)}
    held = rk4().holds(**values)
    theta = np.linspace(0, np.pi, 4001)
    for (i, a), (j, b) in ((x, y) for x in enumerate(values["nu"][:, 0]) for y in enumerate(values["r"])):
        z = -2 * b * (1 - np.cos(theta)) - 1j * a * np.sin(theta)
        most = np.abs(np.polyval([1 / 24, 1 / 6, 1 / 2, 1, 1], z)).max()
        assert held[i, j] == (most <= 1 + 1e-13)


def test_growth_that_no_sample_sees() -> None:
    """Runge-Kutta 2 on advection grows by nu^4/8 in a step: at nu = 1e-4 that is 1e-17."""
    s = sp.Symbol("s", real=True)
    found = stability(integrators["RK2"](s * second(u[0, 0]) - nu * centred(u[0, 0]), u), seconds=0.1)
    assert found.status == "decided"
    assert found.holds(nu=[0.0, 1e-4, -1e-4], s=0.0).tolist() == [True, False, False]
    assert found.edge("nu", s=0.0) == 0


def test_an_edge_by_exact_bisection() -> None:
    """That of the textbook to the last digit, on either axis; and a closed form's elsewhere."""
    assert rk4().edge("r", nu=0.0) == pytest.approx(2.785293563405282 / 4, rel=1e-15)
    closed = stability(GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * second(u[0, 0]) - nu * centred(u[0, 0]))))
    from derive.conditions.decided import first_excess, fraction_of, settled

    stable = lambda value: settled(closed, {nu: sp.Rational(1, 2), r: fraction_of(value)})  # noqa: E731
    edge = first_excess(stable, [0.2, 0.4, 0.6], [], lambda low, high: None)
    assert edge == closed.edge("r", nu=0.5) or edge == pytest.approx(0.5, rel=1e-15)


def test_a_step_of_physical_constants() -> None:
    k, a, dt, dx = sp.symbols("k a dt dx", positive=True)
    meant = rk4().in_terms_of({"r": k * dt / dx**2, "nu": a * dt / dx})
    assert meant.status == "decided"
    edge = meant.edge("dt", dx=0.5, k=0.1, a=2.0)
    assert meant.holds(dt=edge * (1 - 1e-12), dx=0.5, k=0.1, a=2.0)
    assert not meant.holds(dt=edge * (1 + 1e-12), dx=0.5, k=0.1, a=2.0)


def test_what_cannot_be_decided_is_sampled() -> None:
    v = GridFunction("u", 2)
    rate = r * (second(v[0, 0, 0], 0) + second(v[0, 0, 0], 1)) - nu * (centred(v[0, 0, 0], 0) + centred(v[0, 0, 0], 1))
    assert stability(integrators["RK3"](rate, v), seconds=0.2).status == "sampled"
    assert stability(parse_scheme("u[1,0] == u[0,0] + r*(u[0,1]-2*u[0,0]+u[0,-1])"), seconds=1e-4).status == "decided"


def test_every_status_has_its_words() -> None:
    assert list(MEANINGS) == list(PRECISION)
    assert set(WITH_A_FORMULA) <= set(MEANINGS)
    assert set(NOTES) == set(NO_FORMULA) == set(MEANINGS) - set(WITH_A_FORMULA)
