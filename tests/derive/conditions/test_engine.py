"""The engine beyond degree 1: grades, three ways to a closed form, and what happens without one."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import Amplification, GridFunction, GridScheme, InputError, Stability, stability
from derive.conditions.sampling import RESOLUTION
from derive.conditions.time_limit import TimeUp, time_limit
from derive.conditions.ways.line import component, stable_set
from derive.fields.symbols import xi
from tests.derive.brute import largest_root
from tests.derive.known_schemes import SCHEMES, nu, r, u

HARD = GridScheme(u[1, 0] - u[0, 0] - r * (u[0, 3] + u[0, -2] - 2 * u[0, 0]) - nu * (u[-1, 1] - u[-2, 0]))


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("leapfrog", sp.And(nu > -1, nu < 1)),  # at |nu| = 1 two unit roots meet
        ("wave", sp.And(nu >= -1, nu <= 1)),  # second order in time: its solutions may grow linearly
        ("richardson", sp.Eq(r, 0)),
        ("centred", sp.Eq(nu, 0)),
        ("upwind", sp.And(nu >= 0, nu <= 1)),
        ("lax-friedrichs", sp.And(nu >= -1, nu <= 1)),
        ("lax-wendroff", sp.And(nu >= -1, nu <= 1)),
        ("fromm", sp.And(nu >= 0, nu <= 1)),
    ],
)
def test_one_parameter(name: str, condition: sp.Basic) -> None:
    found = stability(SCHEMES[name])
    assert (found.status, found.condition) == ("exact", condition)


def test_two_parameters_against_the_roots() -> None:
    """Not the cell Reynolds number: nu^2 <= 2 r <= 1."""
    found = stability(SCHEMES["advection-diffusion"])
    assert found.status == "exact"
    values = np.random.default_rng(1).uniform([-1.2, -0.2], [1.2, 0.8], (200, 2))
    for a, b in values:
        radius = largest_root(found, {nu: float(a), r: float(b)}, points=101)
        assert abs(radius - 1) < RESOLUTION or found.holds(nu=a, r=b) == (radius <= 1)


@pytest.mark.parametrize(
    ("grade", "condition"),
    [
        ("schur", sp.false),
        ("power-bounded", sp.And(nu > -1, nu < 1)),
        ("von-neumann", sp.And(nu >= -1, nu <= 1)),
    ],
)
def test_grades_of_the_leapfrog(grade: str, condition: sp.Basic) -> None:
    assert stability(SCHEMES["leapfrog"], grade).condition == condition


def test_default_grade_says_what_it_is() -> None:
    assert stability(SCHEMES["leapfrog"]).grade == "power-bounded"
    assert stability(SCHEMES["wave"]).grade == "von-neumann"


def test_averages_in_two_dimensions() -> None:
    """First-order upwind: a + b <= 1, where sufficient and necessary meet."""
    a, b = sp.symbols("a b", positive=True)
    p = GridFunction("p", 2)
    scheme = GridScheme(p[1, 0, 0] - p[0, 0, 0] + a * (p[0, 0, 0] - p[0, -1, 0]) + b * (p[0, 0, 0] - p[0, 0, -1]))
    found = stability(scheme)
    assert found.status == "exact"
    assert sp.simplify(found.condition.subs({a: sp.Rational(1, 2), b: sp.Rational(1, 2)})) == sp.true
    assert found.holds(a=0.6, b=0.41) is False


def test_without_a_closed_form_it_is_decided_at_numbers() -> None:
    found = stability(HARD)
    assert found.status == "decided"
    assert "decided" in str(found)
    assert "rho(nu, r)" in str(found.condition)
    for a, b in np.random.default_rng(2).uniform(-0.4, 0.4, (25, 2)):
        radius = largest_root(found, {nu: float(a), r: float(b)}, points=241)
        assert abs(radius - 1) < 2e-3 or found.holds(nu=a, r=b) == (radius <= 1)
    assert found.holds(nu=np.zeros((2, 3)), r=np.zeros(3)).shape == (2, 3)
    for refused in (lambda: found.solve("r"), found.margin):
        with pytest.raises(InputError, match="got a decided one"):
            refused()


def test_sampled_code_for_torch() -> None:
    torch = pytest.importorskip("torch")
    found = stability(HARD)
    values = torch.linspace(-0.3, 0.3, 7, dtype=torch.float64)
    answer = found.function("torch")(nu=values, r=0.1)
    assert answer.dtype == torch.bool
    assert answer.tolist() == found.holds(nu=values.numpy(), r=0.1).tolist()


def test_a_search_that_runs_away_is_stopped() -> None:
    start = time.perf_counter()
    found = stability(SCHEMES["fromm"], seconds=1e-3)
    assert found.status == "decided"
    assert found.holds(nu=0.9) is True
    assert time.perf_counter() - start < 10


def test_time_limit_works_in_any_thread() -> None:
    caught = []

    def calculate() -> None:
        try:
            with time_limit(0.05):
                while True:
                    sum(range(1000))
        except TimeUp:
            caught.append(True)

    thread = threading.Thread(target=calculate)
    thread.start()
    thread.join(timeout=10)
    assert caught == [True]


def test_a_system_whose_unit_roots_meet_is_not_told_to_be_power_bounded() -> None:
    """Two uncoupled heat equations: the determinant has double roots, and tells nothing of whether modes are independent."""
    v = GridFunction("v", 1)
    pair = GridScheme(*(f[1, 0] - f[0, 0] - r * (f[0, 1] - 2 * f[0, 0] + f[0, -1]) for f in (u, v)))
    asked = stability(pair, "power-bounded")
    assert (asked.grade, asked.asked) == ("von-neumann", "power-bounded")
    found = stability(pair)
    assert (found.status, found.grade) == ("exact", "von-neumann")
    assert found.condition == sp.And(r >= 0, r <= sp.Rational(1, 2))


def test_time_limit_leaves_nothing_behind() -> None:
    for _ in range(50):
        try:
            with time_limit(0.001):
                sum(range(20000))
        except TimeUp:
            pass
    time.sleep(0.15)  # a late one would hit here


whole = st.integers(-4, 4)


@settings(max_examples=25)
@given(left=whole, here=whole, right=whole, value=st.floats(-1.5, 1.5))
def test_random_stencils_never_contradict_the_roots(left: int, here: int, right: int, value: float) -> None:
    stencil = r * (left * u[0, -1] + here * u[0, 0] + right * u[0, 1]) / 4
    found = stability(GridScheme(u[1, 0] - u[0, 0] - stencil))
    if found.parameters:
        radius = largest_root(found, {r: value}, points=181)
        assert abs(radius - 1) < 2e-3 or found.holds(r=value) == (radius <= 1)


@settings(max_examples=40)
@given(b=st.fractions(-3, 3, max_denominator=6), c=st.fractions(-2, 2, max_denominator=6))
def test_power_bounded_powers_are_bounded(b, c) -> None:
    """The companion matrix of xi^2 + b xi + c, raised to a high power, in exact arithmetic."""
    found = _quadratic()
    matrix = sp.Matrix([[0, 1], [-sp.Rational(c), -sp.Rational(b)]])
    power = np.array((matrix**1024).evalf(8).tolist(), dtype=float)
    assert found.holds(b=float(b), c=float(c)) == bool(np.abs(power).max() < 400)


def _quadratic() -> Stability:
    b, c = sp.symbols("b c", real=True)
    return stability(Amplification(sp.Poly(xi**2 + b * xi + c, xi), {}), "power-bounded")


def test_line() -> None:
    x = sp.Symbol("x")
    found = stable_set([sp.Poly(x**2 - 2, x), sp.Poly(x - 3, x)], lambda q: bool(q**2 < 2), lambda p, *cells: p == 3)
    assert found == sp.Union(sp.Interval.open(-sp.sqrt(2), sp.sqrt(2)), sp.FiniteSet(3))
    assert component(found, sp.S.Zero) == sp.Interval.open(-sp.sqrt(2), sp.sqrt(2))
    assert component(found, sp.Integer(5)) is None
