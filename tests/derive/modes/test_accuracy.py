"""Modified equations: the textbooks' results, and the physical root itself in many digits under refinement."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, InputError, optimizers, parse_scheme
from derive.fields.phases import COSINES, SHIFTS
from derive.fields.symbols import xi
from derive.gallery import advection, gallery
from derive.gallery.operators import centred, centred_fourth, second, second_fourth, upwind_third
from derive.gallery.parameters import filtering
from derive.lines.integrators import integrators
from derive.modes.accuracy import modified_equation, order_of_accuracy
from derive.modes.amplification import amplification
from derive.modes.formal import DERIVATIVES, TIME
from derive.modes.modified import ModifiedEquation

a, k, dt, dx, dy = sp.symbols("a k dt dx dy", positive=True)
b, c, q, M = sp.symbols("b c q M", positive=True)
D, E, F = DERIVATIVES
nu, r = a * dt / dx, k * dt / dx**2
MEANING = {
    "nu": nu,
    "nu_x": nu,
    "nu_y": b * dt / dy,
    "r": r,
    "r_x": r,
    "r_y": c * dt / dy**2,
    "s": q * dt,
    "m": M * dt,
    "mu": k * dt / dx**3,
}
SLOW = ("heat-adi-3d", "wave-3d", "heat-ftcs-3d")
QUICK = [name for name in gallery if name not in SLOW]


def meaning_of(name: str) -> dict:
    return {p.name: MEANING[p.name] for p in gallery[name].scheme.parameters if p.name in MEANING}


@cache
def equation_of(name: str) -> ModifiedEquation:
    return modified_equation(gallery[name].scheme, meaning_of(name))


# Source: Warming and Hyett (1974), Table 1 and Sec 4; Strikwerda (2004), Sec 3.1; LeVeque (2007), Sec 10.9.
LEADING = {
    "upwind": {2: a * dx * (1 - nu) / 2},
    "lax-wendroff": {3: -a * dx**2 * (1 - nu**2) / 6},
    "leapfrog": {3: -a * dx**2 * (1 - nu**2) / 6},
    "beam-warming": {3: a * dx**2 * (1 - nu) * (2 - nu) / 6},
    "lax-friedrichs": {2: a * dx * (1 / nu - nu) / 2},
    "implicit-upwind": {2: a * dx * (1 + nu) / 2},
    "advection-ftcs": {2: -(a**2) * dt / 2, 3: -a * dx**2 / 6 - a**3 * dt**2 / 3},
    "advection-crank-nicolson": {3: -a * dx**2 * (1 + nu**2 / 2) / 6},
    "box": {3: a * dx**2 * (1 - nu**2) / 12},
    "heat-ftcs": {4: k * dx**2 * (1 - 6 * r) / 12},
    "heat-backward-euler": {4: k * dx**2 * (1 + 6 * r) / 12},
    "heat-crank-nicolson": {4: k * dx**2 / 12},
}


@pytest.mark.parametrize("name", LEADING)
def test_leading_error_of_the_textbooks(name: str) -> None:
    found = equation_of(name)
    error = sp.expand(sp.Add(*(power * value for power, value in found.errors.items())))
    for derivative, expected in LEADING[name].items():
        part = error.coeff(D, derivative)
        assert sp.expand(part - expected) == 0


def laplacian(name: str) -> sp.Expr:
    if "r_y" in meaning_of(name):
        return k * D**2 + c * E**2
    dims = gallery[name].scheme.dims
    return k * sum(d**2 for d in DERIVATIVES[:dims])


@pytest.mark.parametrize("name", [n for n in QUICK if n.startswith("heat-")])
def test_the_heat_schemes_approximate_the_heat_equation(name: str) -> None:
    reaction = q if "reaction" in name else 0
    meaning = {**meaning_of(name), **({"r_x": r, "r_y": c * dt / dy**2} if "r_y" in meaning_of(name) else {})}
    found = modified_equation(gallery[name].scheme, meaning) if meaning != meaning_of(name) else equation_of(name)
    assert sp.expand(found.limit - laplacian(name) + reaction) == 0
    assert all(_vanishes(power, found.order.exponent + 1) for power in found.errors)


@pytest.mark.parametrize("name", list(advection.ENTRIES))
def test_the_advection_schemes_approximate_advection(name: str) -> None:
    found = equation_of(name)
    assert sp.expand(found.limit + a * D + (b * E if gallery[name].scheme.dims == 2 else 0)) == 0
    assert all(_vanishes(power, found.order.exponent) for power in found.errors)


def _vanishes(power: sp.Expr, exponent: int) -> bool:
    eps = sp.Symbol("eps", positive=True)
    return sp.limit(power.subs({dt: eps**exponent, dx: eps, dy: eps}), eps, 0) == 0


def physical_rate(scheme: GridScheme, values: dict, step: sp.Expr, limit: sp.Expr) -> sp.Expr:
    """log(xi)/dt of the root nearest to exp(limit dt), in 60 digits."""
    expr = amplification(scheme).polynomial.as_expr().subs(values)
    roots = sp.Poly(sp.expand(sp.N(expr, 60)), xi).nroots(n=50, maxsteps=400)
    target = sp.N(sp.exp(limit * step), 60)
    return sp.log(min(roots, key=lambda root: abs(root - target))) / step


SAMPLED = ["upwind", "lax-wendroff", "beam-warming", "quickest", "leapfrog", "box", "heat-ftcs", "heat-crandall", "heat-bdf2"]
SAMPLED += ["heat-reaction-imex", "sbdf2", "cnab", "advection-rk4", "heat-ab3", "airy-leapfrog", "schroedinger-leapfrog"]
SAMPLED += ["heat-dufort-frankel", "heat-saulyev", "lax-friedrichs", "leapfrog-filtered"]


@pytest.mark.parametrize("name", SAMPLED)
def test_the_physical_root_follows_the_modified_equation(name: str) -> None:
    """What is left after the leading error shrinks faster than the error: oracle by roots in many digits."""
    scheme, meaning = gallery[name].scheme, meaning_of(name)
    found = equation_of(name)
    numbers = {
        a: sp.Rational(7, 10),
        k: sp.Rational(3, 10),
        q: sp.Rational(1, 2),
        filtering: sp.Rational(1, 9),
    }
    wave, exponent = {D: sp.I * sp.Rational(6, 5)}, found.order.exponent
    errors, rests = [], []
    for n in (7, 8):
        space = sp.Rational(1, 2**n)
        grid = {**numbers, dx: space, dt: space ** (exponent + (name == "heat-saulyev" and exponent == 1)) / 3}
        limit, leading = (
            expr.subs(wave).subs(grid) for expr in (found.limit, sp.Add(*(p * found.errors[p] for p in found.order.terms)))
        )
        values = {p: (meaning.get(p.name, p)) for p in scheme.parameters}
        values = {p: sp.sympify(v).subs(grid) for p, v in values.items()}
        turn = sp.N(sp.exp(wave[D] * space), 60)
        shifts = {SHIFTS[0]: turn, COSINES[0]: (turn + 1 / turn) / 2}
        rate = physical_rate(scheme, {**values, **shifts}, grid[dt], limit)
        errors.append(abs(sp.N(rate - limit, 30)))
        rests.append(abs(sp.N(rate - limit - leading, 30)))
    observed = float(sp.log(errors[0] / errors[1], 2))
    predicted = min(_degree(power, exponent) for power in found.order.terms)
    assert observed == pytest.approx(float(predicted), abs=0.1)
    assert float(sp.log(rests[0] / rests[1], 2)) > observed + 0.8


def _degree(power: sp.Expr, exponent: int) -> sp.Expr:
    powers = power.as_powers_dict()
    return powers[dt] * exponent + powers[dx]


SPACE = {
    (2, "heat"): second,
    (4, "heat"): second_fourth,
    (2, "wave"): centred,
    (4, "wave"): centred_fourth,
    (3, "wave"): upwind_third,
}


@pytest.mark.parametrize("name", [n for n, found in integrators.items() if found.parts == 1 and n != "theta"])
@pytest.mark.parametrize(
    ("space", "kind"),
    [(2, "heat"), (2, "wave"), *(pytest.param(*key, marks=pytest.mark.slow) for key in list(SPACE) if key[0] > 2)],
)
def test_orders_in_time_and_space_are_those_of_the_parts(name: str, space: int, kind: str) -> None:
    u = GridFunction("u")
    rhs = SPACE[space, kind](u[0, 0])
    scheme = integrators[name](k * rhs / dx**2 if kind == "heat" else -a * rhs / dx, u, dt)
    found = order_of_accuracy(scheme)
    assert (found.time, found.space, found.exponent) == (integrators[name].order, space, 1)


def test_along_a_path() -> None:
    """FTCS at r = 1/6 is of fourth order; upwind at nu = 1 moves the grid values as they are."""
    ftcs = gallery["heat-ftcs"].scheme
    assert order_of_accuracy(ftcs, {"r": r}, {"dt": dx**2 / (6 * k)}).space == 4
    assert order_of_accuracy(ftcs, {"r": r}, {"dt": dx**2 / (5 * k)}).space == 2
    assert str(order_of_accuracy(gallery["upwind"].scheme, {"nu": nu}, {"dt": dx / a})) == "exact"


def test_conditional_consistency() -> None:
    """DuFort-Frankel approximates the heat equation only if dt/dx -> 0."""
    found = order_of_accuracy(gallery["heat-dufort-frankel"].scheme, {"r": r})
    assert set(found.terms) == {dx**2, dt**2 / dx**2}
    assert "consistent if dt shrinks like dx^2" in str(found)


def test_second_order_in_time() -> None:
    found = modified_equation(gallery["klein-gordon"].scheme, meaning_of("klein-gordon"))
    assert found.order_in_time == 2
    assert sp.expand(found.limit - a**2 * D**2 + M**2) == 0
    assert (found.order.time, found.order.space) == (2, 2)


def test_static_modes_are_left_out() -> None:
    """Yee's scheme keeps the divergence; the rest is the wave equation."""
    found = modified_equation(gallery["yee-2d"].scheme, meaning_of("yee-2d"))
    assert sp.expand(found.limit - a**2 * D**2 - b**2 * E**2) == 0


def test_continuum_limits_of_optimisers() -> None:
    """Gradient descent: the gradient flow. Nesterov with momentum 1 - d dt and lr = dt^2: the damped flow of Thm 5.5."""
    curvature = next(p for p in optimizers["nesterov"].parameters if p.name == "curvature")
    assert modified_equation(optimizers["gd"], {"lr": dt}).limit == -curvature
    damped = modified_equation(optimizers["nesterov"], {"lr": dt**2, "momentum": 1 - q * dt})
    assert damped.order_in_time == 2
    assert sp.expand(damped.limit + q * TIME + curvature) == 0


def test_in_grid_units() -> None:
    found = modified_equation(gallery["lax-wendroff"].scheme)
    number = gallery["lax-wendroff"].scheme.parameters[0]
    assert found.in_grid_units
    assert found.limit == -number * D
    assert sp.expand(found.errors[sp.S.One].coeff(D, 3) + number * (1 - number**2) / 6) == 0


def test_symbols_of_one_name_are_one() -> None:
    """dt of the scheme, positive or not, is dt of the meaning."""
    scheme = parse_scheme("(u[1,0] - u[0,0])/dt == h*(u[0,1] - 2*u[0,0] + u[0,-1])")
    found = order_of_accuracy(scheme, {"h": sp.Symbol("k") / sp.Symbol("dx") ** 2})
    assert (found.time, found.space) == (1, 2)


def test_equation_and_text() -> None:
    found = modified_equation(gallery["upwind"].scheme, {"nu": nu})
    t, x = sp.symbols("t x")
    u = sp.Function("u")(t, x)
    expected = -a * u.diff(x) + a * (dx - a * dt) / 2 * u.diff(x, 2)
    assert sp.simplify(found.equation.rhs - expected) == 0
    assert found.approximated == sp.Eq(u.diff(t), -a * u.diff(x))
    assert str(found).endswith("O(dt + dx)")
    assert r"\frac{\partial}{\partial t}" in found.latex()


HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (HEAT, {}, "expected parameters in terms of dt and dx, got none; give meaning"),
        (HEAT, {"meaning": {"q": dt}}, "unknown parameter 'q': expected one of r"),
        (HEAT, {"meaning": {"r": "dt/dx**2"}}, "expected an expression of dt and dx or a number, got 'dt/dx\\*\\*2'"),
        (HEAT, {"meaning": {"r": r}, "path": {"dx": dt}}, "expected a path of the form"),
        (HEAT, {"meaning": {"r": r}, "path": {"dt": dx + dx**2}}, "expected dt as a constant times a power of dx"),
        ("u[1,0] == 2*u[0,0] + r*u[0,1]", {"meaning": {"r": r}}, "expected a consistent scheme, got no root that tends to 1"),
    ],
)
def test_bad_input_is_one_clear_line(text: str, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        order_of_accuracy(parse_scheme(text), **options)
    assert "\n" not in str(caught.value)
