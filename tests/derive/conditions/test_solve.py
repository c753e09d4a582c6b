"""Solved sets hold what the condition says, at numbers; edges are the textbooks' and those of dense eigenvalues."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, InputError, Stability, integrators, parse_scheme, stability
from derive.conditions.solve import solve_condition
from derive.conditions.ways.signs import Domain
from derive.gallery.operators import centred, second

p, q = sp.symbols("p q", positive=True)
x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", nonnegative=True)
k, a, dt, dx = sp.symbols("k a dt dx", positive=True)
u = GridFunction("u", 1)
r, nu = sp.symbols("r nu", real=True)

CONDITIONS = [
    (sp.And(q < 1, p + q <= 2), p),
    (sp.And(y >= 0, 2 * y <= 1, x**2 <= 2 * y), x),
    (2 * p**2 <= q * p + 2, p),
    (3 * p**2 > q * p + 2, p),
    (p**2 - y * p + 1 >= 0, p),
    (p**2 - y * p + 1 > 0, p),
    (n**2 - y * n + 1 > 0, n),
    (1 - q * n**3 >= 0, n),
    (y - n**2 > 0, n),
    (n**2 - y > 0, n),
    (x**2 - 3 * x + y > 0, x),
    (y - 3 * x - x**2 >= 0, x),
    (y - 3 * n - n**2 > 0, n),
    (sp.And(n > y, n <= 2), n),
    (sp.Or(sp.And(n >= y, n < 1), n**2 > 4 * y), n),
    (sp.And(p <= 2, p < q), p),
    (q * p**4 <= 3 * p**2, p),
    (sp.And(y * n < 1, y * n > -1), n),
    ((y - 1) ** 2 * n**2 < 1, n),
    (y**2 * n**2 < y**2, n),
    (sp.And(n <= 2, sp.Or(n < y, 2 * n > 5, n <= 1)), n),
    (sp.sqrt(p) + q <= 2, p),
    (y * n <= 1 - n, n),
]


@given(value=st.fractions(-3, 3, max_denominator=12), other=st.fractions(-3, 3, max_denominator=6))
@settings(max_examples=10)
@pytest.mark.parametrize(("condition", "unknown"), CONDITIONS, ids=str)
def test_a_solved_set_is_the_set_of_solutions(condition: sp.Basic, unknown: sp.Symbol, value, other) -> None:
    (rest,) = condition.free_symbols - {unknown}
    value, other = (abs(v) + sp.Rational(1, 7) if s.is_positive else abs(v) if s.is_nonnegative else v
                    for v, s in ((sp.Rational(value), unknown), (sp.Rational(other), rest)))  # fmt: skip
    found = solve_condition(condition, unknown, Domain.of(condition.free_symbols))
    assert is_in(value, found, {unknown: value, rest: other}) == bool(condition.subs({unknown: value, rest: other}))


def is_in(value: sp.Expr, found: sp.Set, numbers: dict[sp.Symbol, sp.Expr]) -> bool:
    """Guards first: where one is false, the interval beside it need not be real."""
    if isinstance(found, sp.Union):
        return any(is_in(value, part, numbers) for part in found.args)
    if isinstance(found, sp.ConditionSet):
        return bool(found.condition.subs(numbers)) and is_in(value, found.base_set, numbers)
    return bool(found.subs(numbers).contains(value))


def test_what_decides_the_direction_has_to_be_known() -> None:
    with pytest.raises(InputError, match=r"the sign of -y, .*to solve for n; or ask at numbers for all others: largest\(\)"):
        solve_condition(y * n**2 <= n + 1, n, Domain.of([y, n]))
    with pytest.raises(InputError, match="degree 1 or 2 in n, or in one power of it"):
        solve_condition(n**3 <= y * n + 1, n, Domain.of([y, n]))


@cache
def advection_diffusion() -> Stability:
    return stability(GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * second(u[0, 0]) - nu * centred(u[0, 0]))))


@cache
def meant() -> Stability:
    return advection_diffusion().in_terms_of({"r": k * dt / dx**2, "nu": a * dt / dx})


def test_a_bound_in_seconds_and_metres() -> None:
    """dt <= min(dx^2/(2 k), 2 k/a^2): Hindmarsh, Gresho and Griffiths (1984)."""
    assert meant().solve("dt") == sp.Interval.Lopen(0, sp.Min(dx**2 / (2 * k), 2 * k / a**2))
    assert meant().status == "exact"
    assert meant().holds(dt=0.004, dx=0.1, k=1.0, a=3.0)
    assert not meant().holds(dt=0.006, dx=0.1, k=1.0, a=3.0)
    assert [str(fact) for fact in meant().assumed] == ["a > 0", "dt > 0", "dx > 0", "k > 0"]


def test_signs_are_assumed_of_the_meaning() -> None:
    heat = stability(parse_scheme("u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])", positive=["r"]))
    b = sp.Symbol("b", real=True)
    meant = heat.in_terms_of({"r": b * sp.Symbol("dt") / sp.Symbol("dx") ** 2})
    assert meant.holds(b=[1.0, -1.0], dt=0.4, dx=1.0).tolist() == [True, False]
    with pytest.raises(InputError, match="under which what is assumed can hold"):
        heat.in_terms_of({"r": -1})
    with pytest.raises(InputError, match="unknown parameter 's'"):
        heat.in_terms_of({"s": 1})


@given(k_=st.floats(0.01, 10), a_=st.floats(0.01, 10), dx_=st.floats(0.01, 10))
@settings(max_examples=20)
def test_the_largest_step_is_that_of_the_formula(k_: float, a_: float, dx_: float) -> None:
    expected = min(dx_**2 / (2 * k_), 2 * k_ / a_**2)
    assert meant().largest("dt", dx=dx_, k=k_, a=a_) == pytest.approx(expected, rel=1e-12)


def test_the_first_edge_from_zero() -> None:
    """Stable values need not start at zero, nor be one interval, nor end."""
    assert meant().largest("dx", dt=1e-3, k=1.0, a=1.0) == 0  # stable from sqrt(2 k dt) on
    assert stability(parse_scheme("u[1,0] == u[0,0] + r*(u[1,1] - 2*u[1,0] + u[1,-1])", positive=["r"])).largest("r") == np.inf
    assert advection_diffusion().largest("r", nu=0.0) == 0.5
    assert advection_diffusion().largest("r", nu=0.5) == 0


def test_largest_refuses_what_it_cannot_use() -> None:
    for values, text in [
        ({"dx": 0.1, "k": 1.0}, "expected values for a, dx, k; got dx, k"),
        ({"dx": 0.1, "k": [1.0], "a": 1.0}, r"expected a finite number, got k = \[1.0\]"),
        ({"dx": np.inf, "k": 1.0, "a": 1.0}, "expected a finite number, got dx = inf"),
    ]:
        with pytest.raises(InputError, match=text):
            meant().largest("dt", **values)
    with pytest.raises(InputError, match="unknown parameter 'mu'"):
        meant().largest("mu", dx=0.1, k=1.0, a=1.0)


def rk4_edge(direction: complex) -> float:
    """The largest t at which |P(t z)| <= 1 on the whole ellipse z = -4 r sin^2(theta/2) - i nu sin(theta), r + i nu given."""
    theta = np.linspace(0, np.pi, 20001)
    z = -2 * direction.real * (1 - np.cos(theta)) - 1j * direction.imag * np.sin(theta)
    low, high = 0.0, 10.0
    for _ in range(50):
        t = (low + high) / 2
        factor = np.polyval([1 / 24, 1 / 6, 1 / 2, 1, 1], t * z)
        low, high = (t, high) if np.abs(factor).max() <= 1 + 1e-12 else (low, t)
    return low


def test_edges_of_a_condition_without_a_formula() -> None:
    """RK4 on advection-diffusion has no closed form; on the axes its edges are those of the textbooks."""
    found = stability(integrators["RK4"](r * second(u[0, 0]) - nu * centred(u[0, 0]), u), seconds=0.5)
    assert found.status == "decided"
    assert found.largest("nu", r=0.0) == pytest.approx(np.sqrt(8), rel=1e-6)
    assert found.largest("r", nu=0.0) == pytest.approx(2.785293563405282 / 4, rel=1e-6)
    meant = found.in_terms_of({"r": k * dt / dx**2, "nu": a * dt / dx})
    assert meant.largest("dt", dx=0.5, k=0.1, a=2.0) == pytest.approx(rk4_edge(0.4 + 4j), rel=1e-4)


def rk2_in(dims: int) -> Stability:
    """Advection along one axis, diffusion along all: without it unstable at every nu > 0, by nu^4/8 in a step."""
    here = (0,) * (dims + 1)
    v = GridFunction("u", dims)
    scheme = integrators["RK2"](r * sum(second(v[here], axis) for axis in range(dims)) - nu * centred(v[here]), v)
    return stability(scheme, seconds=0.1)


def test_growth_that_sets_in_gradually_has_no_sampled_edge() -> None:
    """Along a line of phases it is so in space; in the plane exact verdicts tell."""
    assert (rk2_in(2).status, rk2_in(2).largest("nu", r=0.0)) == ("decided", 0.0)
    found = rk2_in(3)
    assert found.status == "sampled"
    with pytest.raises(InputError, match="an edge that the sampled roots can tell"):
        found.largest("nu", r=0.0)


def test_three_stages_in_the_plane_are_sampled_in_time() -> None:
    """Diffusion, and advection along the diagonal: hundreds of terms; the edge is that of the stencil's symbol."""
    v = GridFunction("u", 2)
    around = v[0, 1, 0] + v[0, -1, 0] + v[0, 0, 1] + v[0, 0, -1] - 4 * v[0, 0, 0]
    scheme = integrators["RK3"](r * around - nu * (v[0, 1, 0] - v[0, -1, 0] + v[0, 0, 1] - v[0, 0, -1]) / 2, v)
    found = stability(scheme, seconds=0.2)
    assert found.status == "sampled"
    x, y = np.meshgrid(*[np.linspace(-np.pi, np.pi, 241)] * 2)
    z = lambda r: 2 * r * (np.cos(x) + np.cos(y) - 2) - 0.5j * (np.sin(x) + np.sin(y))  # noqa: E731
    grows = lambda r: np.abs(np.polyval([1 / 6, 1 / 2, 1, 1], z(r))).max() > 1 + 1e-12  # noqa: E731
    edge = found.largest("r", nu=0.5)
    assert not grows(edge * (1 - 1e-3))
    assert grows(edge * (1 + 1e-3))
    with pytest.raises(InputError, match=r"expected the edge of r within 0.001 s, got nothing seen; give largest\(\) more"):
        found.largest("r", 1e-3, nu=0.5)


def test_a_parameter_that_drops_out_at_numbers_has_no_edge() -> None:
    found = stability(integrators["RK4"](r * second(u[0, 0]) - nu * r * centred(u[0, 0]), u), seconds=0.1)
    assert found.status == "decided"
    assert found.largest("nu", r=0.0) == np.inf


@pytest.mark.parametrize("number", ["sqrt(2/pi)", "pi", "1/pi", "-sqrt(pi)", "2*pi**2/3", "sqrt(2)"])
def test_a_number_that_is_no_fraction_is_solved_around_like_any_other(number: str) -> None:
    """K' = K - lr (alpha + a c P) K: -a c P < alpha < 2/lr - a c P, whatever the number c is."""
    stable = stability(parse_scheme(f"K[1] == K[0] - lr*(alpha + a*{number}*P)*K[0]", positive=["lr", "P"]))
    signed = {str(parameter): parameter for parameter in stable.parameters}
    driven = signed["a"] * sp.sympify(number) * signed["P"]
    solved = stable.solve("alpha")
    assert stable.status == "exact"
    assert [sp.simplify(end + driven) for end in (solved.start, solved.end - 2 / signed["lr"])] == [0, 0]
    for slope in (-0.5, 0.7):
        at = {"lr": 0.1, "P": 3.0, "a": slope}
        edge = float(driven.subs({signed["P"]: 3, signed["a"]: slope}))
        assert [bool(stable.holds(alpha=value - edge, **at)) for value in (-1e-9, 1e-9, 20 - 1e-9, 20 + 1e-9)] == [0, 1, 1, 0]


def test_a_parameter_is_named_by_its_symbol_too() -> None:
    found = stability(parse_scheme("u[1,0] == u[0,0] - nu*(u[0,0] - u[0,-1])"))
    (nu,) = found.parameters
    assert found.solve(nu) == found.solve("nu") == found.solve(sp.Symbol("nu")) == sp.Interval(0, 1)
    assert found.edge(nu) == found.edge("nu") == 1
    with pytest.raises(InputError, match="unknown parameter 'mu': expected one of nu"):
        found.edge(sp.Symbol("mu"))
