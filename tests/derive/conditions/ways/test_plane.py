"""One phase and two parameters: cells of the plane, against one-step matrices at random points and beside the edge."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, integrators, parse_scheme, stability
from derive.conditions.enclosing.ellipse import ellipse_bound
from derive.conditions.solve import solve_condition
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.cells import decompose
from derive.conditions.ways.plane.values import has_root_inside
from derive.conditions.ways.signs import Domain
from tests.oracles import verdict

r, nu = sp.symbols("r nu", real=True)
u, f, g = (GridFunction(name, 1) for name in "ufg")
SIDES = (0.995, 0.999, 1.001, 1.005)
BISECTIONS = 24


def laplacian(n: int) -> sp.Expr:
    return u[n, 1] - 2 * u[n, 0] + u[n, -1]


def slope(n: int) -> sp.Expr:
    return (u[n, 1] - u[n, -1]) / 2


def biharmonic(n: int) -> sp.Expr:
    return u[n, 2] - 4 * u[n, 1] + 6 * u[n, 0] - 4 * u[n, -1] + u[n, -2]


def _lattice_boltzmann() -> GridScheme:
    """D1Q2: two populations that relax towards (1 +- k)/2 of their sum, and then move apart."""
    equilibrium = lambda sign, j: (f[0, j] + g[0, j]) * (1 + sign * nu) / 2  # noqa: E731
    right = f[1, 0] - f[0, -1] - r * (equilibrium(1, -1) - f[0, -1])
    return GridScheme(right, g[1, 0] - g[0, 1] - r * (equilibrium(-1, 1) - g[0, 1]))


EXACT = {
    "laplacian and biharmonic": GridScheme(u[1, 0] - u[0, 0] - r * laplacian(0) + nu * biharmonic(0)),
    "two weights": GridScheme(u[1, 0] - u[0, 0] - r * (u[0, 1] - u[0, 0]) - nu * (u[0, -1] - u[0, 0])),
    "asymmetric": GridScheme(u[1, 0] - u[0, 0] - r * (u[0, 2] - u[0, 0]) - nu * (u[0, -1] - u[0, 0])),
    "leapfrog with diffusion": GridScheme(u[1, 0] - u[-1, 0] + 2 * nu * slope(0) - 2 * r * laplacian(-1)),
    "lattice Boltzmann": _lattice_boltzmann(),
}
SHORT = [EXACT["laplacian and biharmonic"], EXACT["asymmetric"]]
LONG = {
    "SBDF2": GridScheme(
        3 * u[1, 0] / 2 - 2 * u[0, 0] + u[-1, 0] / 2 - r * laplacian(1) + nu * (2 * slope(0) - slope(-1)),
    ),
    "CNAB": GridScheme(
        u[1, 0] - u[0, 0] - r * (laplacian(1) + laplacian(0)) / 2 + nu * (3 * slope(0) - slope(-1)) / 2,
    ),
    "AB2": GridScheme(
        u[1, 0] - u[0, 0] - 3 * (r * laplacian(0) - nu * slope(0)) / 2 + (r * laplacian(-1) - nu * slope(-1)) / 2,
    ),
}


def hold(scheme: GridScheme, rays: int = 24) -> None:
    """Exact, and right where the oracle is sure: at random points, and on rays from zero within 0.5 % of each edge."""
    found = stability(scheme, "von-neumann", seconds=60)
    assert found.status == "exact"
    for values in _places(scheme, rays):
        stable, sure = verdict(scheme, values)
        claimed = np.broadcast_to(found.holds(**{str(p): values[str(p)] for p in found.parameters}), stable.shape)
        assert not ((claimed != stable) & sure).any()


def _places(scheme: GridScheme, rays: int) -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    names = [str(p) for p in scheme.parameters]
    angle = generator.uniform(0, 2 * np.pi, rays)
    direction = dict(zip(names, (np.cos(angle), np.sin(angle)), strict=True))
    size = np.exp(generator.uniform(-4, 1, rays))
    low, high = np.full(rays, 1e-3), np.full(rays, 8.0)
    for _ in range(BISECTIONS):
        middle = np.sqrt(low * high)
        inside = verdict(scheme, {n: d * middle for n, d in direction.items()})[0]
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    edge = [{n: d * low * side for n, d in direction.items()} for side in SIDES]
    return [{n: d * size for n, d in direction.items()}, *edge]


@pytest.mark.parametrize("name", EXACT)
def test_exact_and_right(name: str) -> None:
    hold(EXACT[name], rays=12)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_of_two_steps_exact_and_right(name: str) -> None:
    assert stability(LONG[name], seconds=60).grade == "power-bounded"
    hold(LONG[name])


@pytest.mark.slow
def test_runge_kutta_of_advection_and_diffusion() -> None:
    """Three stages: against the ellipse that the symbol runs through, whose verdicts are of Sturm's theorem."""
    s, n = sp.symbols("s n", positive=True)
    scheme = integrators["RK3"](s * laplacian(0) - n * slope(0), u)
    found, ellipse = stability(scheme, seconds=60), ellipse_bound(scheme)
    assert (found.status, ellipse.necessary) == ("exact", True)
    for value in (1e-3, 0.3, 0.55):
        edge = ellipse.largest("n", s=value)
        assert found.largest("n", s=value) == pytest.approx(edge, rel=1e-9)
        assert found.holds(s=value, n=edge * np.array([0.1, 1 - 1e-6, 1 + 1e-6, 3])).tolist() == [True, True, False, False]


def test_a_parameter_of_one_sign() -> None:
    """It is looked at through its square where the margins are even in it, and as it is where they are not."""
    positive = sp.Symbol("nu", positive=True)
    for scheme in (EXACT["leapfrog with diffusion"], GridScheme(EXACT["two weights"].residuals[0].subs(nu, positive))):
        places = _places(scheme, 8)
        found = stability(scheme, "von-neumann")
        for values in places:
            values = {**values, "nu": abs(values["nu"])}
            stable, sure = verdict(scheme, values)
            assert not ((found.holds(**values) != stable) & sure).any()


def test_lattice_boltzmann_is_also_stable_without_relaxation() -> None:
    """A piece without interior: r = 0, whatever the speed."""
    found = stability(EXACT["lattice Boltzmann"])
    assert found.holds(r=0.0, nu=[-3.0, 0.5, 3.0]).tolist() == [True] * 3
    assert found.holds(r=[-1e-9, 2.0, 2.0, 2.0 + 1e-9], nu=[0.5, 1.0, 1.0 + 1e-9, 0.5]).tolist() == [False, True, False, False]


def test_leapfrog_with_diffusion() -> None:
    """nu^2 + 4 r <= 1, and the diffusion does not run backwards."""
    found = stability(EXACT["leapfrog with diffusion"], "von-neumann")
    assert {part.canonical for part in found.condition.args} == {r >= 0, sp.Le(nu**2 + 4 * r, 1).canonical}


def test_roots_are_counted() -> None:
    c = sp.Symbol("c")
    generator = np.random.default_rng(0)
    for _ in range(100):
        coefficients = [int(k) for k in generator.integers(-9, 10, generator.integers(2, 8))]
        poly = sp.Poly(coefficients[::-1], c)
        if poly.degree() > 0 and poly.eval(1) * poly.eval(-1) * poly.discriminant() != 0:
            assert has_root_inside(coefficients) == (poly.count_roots(-1, 1) > 0)


WITHOUT_FLINT = """
import sympy as sp
from derive import stability
from tests.derive.conditions.ways.test_plane import SHORT
print(sp.external.gmpy.GROUND_TYPES, *(stability(scheme).condition for scheme in SHORT), sep="\\n")
"""


def test_the_same_without_flint() -> None:
    """Answers do not depend on whether python-flint is installed."""
    ours = [str(stability(scheme).condition) for scheme in SHORT]
    environment = {**os.environ, "SYMPY_GROUND_TYPES": "python"}
    found = subprocess.run([sys.executable, "-c", WITHOUT_FLINT], capture_output=True, text=True, env=environment, check=True)
    assert found.stdout.splitlines() == ["python", *ours]


eighths = st.integers(-8, 8).map(lambda k: sp.Rational(k, 8))


@pytest.mark.slow
@settings(max_examples=60)
@given(first=st.tuples(*[eighths] * 4), second=st.tuples(*[eighths] * 4), old=st.sampled_from([0, 0, sp.Rational(1, 2)]))
def test_random_schemes_beside_the_edge(first: tuple, second: tuple, old: sp.Rational) -> None:
    """Stencils of five points with two open weights, of one step or of two (Adams-Bashforth); half of them are decided."""
    offsets = (-2, -1, 1, 2)
    change = lambda n: sum(  # noqa: E731
        (r * a + nu * b) * (u[n, j] - u[n, 0]) for a, b, j in zip(first, second, offsets, strict=True)
    )
    scheme = GridScheme(u[1, 0] - u[0, 0] - (1 + old) * change(0) + old * change(-1))
    if len(scheme.parameters) == 2 and stability(scheme, "von-neumann", seconds=60).status == "exact":
        hold(scheme)


CORNERED = "u[1,0] == u[0,0] - p*(u[0,0]-u[0,-1]) - q*(u[0,2]-4*u[0,1]+6*u[0,0]-4*u[0,-1]+u[0,-2])"
FAR_CUT = "(p/12+q)*u[1,-2] - (2*p/3+4*q)*u[1,-1] + (1+6*q)*u[1,0] + (2*p/3-4*q)*u[1,1] + (q-p/12)*u[1,2] == u[0,0]"  # implicit


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (CORNERED, [("1", "-1/8"), ("1", "0"), ("1/2", "1/16"), ("0", "1/8"), ("0", "0"), ("1", "1/100")]),
        (FAR_CUT, [("1/4", "-1/8"), ("0", "-1/8"), ("0", "0"), ("3", "-144"), ("-3", "-144"), ("1/9", "0")]),
    ],
)
def test_all_that_a_formula_says_on_and_off_its_curves(text: str, more: list[tuple[str, str]]) -> None:
    """At a corner where all weak inequalities are met and roots leave the disc; on pieces of a cut that no curve passes."""
    found = stability(parse_scheme(text))
    assert found.status == "exact"
    exactly, claim = AtNumbers(found.amplification), sp.And(found.condition, *found.assumed)
    grid = [(str(p), str(q)) for p in ("-1", "1/10", "1/3", "7/8") for q in ("-1/7", "-1/100", "1/50", "1/9", "2")]
    for p, q in (*grid, *more):
        place = {"p": sp.Rational(p), "q": sp.Rational(q)}
        claimed = claim.subs({s: place[s.name] for s in found.parameters}) == sp.true
        assert claimed == exactly.stable(place, "power-bounded"), place


def test_a_corner_that_is_left_out_in_code_margin_and_solution() -> None:
    found = stability(parse_scheme(CORNERED))
    assert found.holds(p=[1, 1, 0.5], q=[-0.125, 0, 0.01]).tolist() == [False, True, True]
    assert found.margin()(p=1.0, q=-0.125) == 0
    left_out = sp.Or(sp.Ne(sp.Symbol("p", real=True), 1), sp.Ne(sp.Symbol("q", real=True), 2))
    (p, q) = sorted(left_out.free_symbols, key=str)
    solved = solve_condition(sp.And(left_out, p <= q), p, Domain.of([p, q]))
    within = {at: [value for value in (-5, 0, 1, 2, 3, 4) if solved.subs(q, at).contains(value) == sp.true] for at in (2, 3)}
    assert within == {2: [-5, 0, 2], 3: [-5, 0, 1, 2, 3]}


def test_an_irrational_corner_is_left_out_by_a_box() -> None:
    """Two curves touch at p = 0.1090..., q = -1.3865...: weak inequalities hold there, and nothing around is stable."""
    behind = "(3/4)*p*u[0,-2] + (1/4)*q*u[0,-1] + (3/4*p - q)*u[0,0]"
    found = stability(parse_scheme(f"u[1,0] == u[0,0] - ({behind} - (3/4)*p*u[0,1] + (3/4*q - 3/4*p)*u[0,2])"))
    assert found.status == "exact"
    places = [{"p": sp.Rational(p), "q": sp.Rational(q)} for p, q in (("0.10901047", "-1.3865409"), ("0.11", "-1.38"))]
    assert not any(AtNumbers(found.amplification).stable(place, "power-bounded") for place in places)
    inside = {s: places[0][s.name] for s in found.parameters}
    (box,) = (part for part in sp.And.make_args(found.condition) if isinstance(part, sp.Or) and len(part.args) == 4)
    assert box.subs(inside) == sp.false


_c = sp.Symbol("c", real=True)


def _of_two_roots(total: sp.Expr, product: sp.Expr) -> GridScheme:
    """xi^2 - total xi + product, polynomials in c = cos(theta) and the parameters."""
    shift = sp.Symbol("w", real=True)

    def level(expr: sp.Expr, n: int) -> sp.Expr:
        laurent = sp.Poly(sp.expand(expr.subs(_c, (shift + 1 / shift) / 2) * shift**8), shift)
        return sp.Add(*(k * u[n, j - 8] for (j,), k in laurent.terms()))

    return GridScheme(u[1, 0] - level(total, 0) + level(product, -1))


def _touching(at: int, power: int) -> GridScheme:
    """xi^2 - 2 A xi + B, stable beside q^2 = 2 with roots 1 and 1 on it at cos(theta) = at: A = 1 - h - f/64, B = 1 - 2 h."""
    f = ((sp.Symbol("q", real=True) ** 2 - 2) ** 2 + (_c - at) ** 2) ** power
    h = sp.Symbol("p", positive=True) * f
    return _of_two_roots(2 - 2 * h - f / 32, 1 - 2 * h)


_p, _q = sp.symbols("p q", real=True)


@pytest.mark.parametrize(
    ("line", "one", "other", "place"), [(_q, _c, _c - _p, (0, 0)), (_q - 1, _c - _p, _c + _p - 1, (sp.Rational(1, 2), 1))]
)
def test_roots_that_meet_where_two_margins_touch_zero_at_one_phase(line: sp.Expr, one: sp.Expr, other: sp.Expr, place) -> None:
    """1 - B = F/64 and phi(1) = G/32: both have double roots all along a line, and at one point of it the same."""
    first, second = line**2 + one**2, line**2 + other**2
    found = stability(_of_two_roots(2 - first / 64 - second / 32, 1 - first / 64), "power-bounded")
    assert (found.status, found.grade) == ("exact", "power-bounded")
    for aside, stable in ((0, False), (sp.Rational(1, 3), True)):
        values = {"p": sp.Rational(place[0]) + aside, "q": sp.Rational(place[1])}
        assert AtNumbers(found.amplification).stable(values, "power-bounded") == stable
        assert found.condition.subs({s: values[s.name] for s in found.parameters}) == stable


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("at", [0, -1])
def test_roots_that_meet_on_an_irrational_curve_beside_which_all_is_stable(at: int, power: int) -> None:
    """A margin touches zero there, by a factor of odd or of even power."""
    found = stability(_touching(at, power))
    (q,) = (s for s in found.parameters if s.name == "q")
    p = next(s for s in found.parameters if s != q)
    assert found.holds(q=sp.Rational(7, 5), p=sp.Rational(1, 1000))
    claims_all = found.status == "exact" and found.grade == "power-bounded"
    assert not claims_all or found.condition.subs({q: sp.sqrt(2), p: sp.Rational(1, 1000)}) == sp.false


def test_curves_that_only_come_close_over_an_irrational_number_are_not_taken_to_meet() -> None:
    """q = 2 and q = p^2 do meet at p^2 = 2; with 2 + 1e-15 for 2 in one of them they are told apart, with 2 + 1e-40 refused."""
    p, q = sp.symbols("p q", real=True)
    cut, parabola = sp.Poly(p**2 - 2, p, q), sp.Poly(q - p**2, p, q)
    for level, meeting in ((sp.Poly(q - 2, p, q), 2), (sp.Poly(10**15 * (q - 2) - 1, p, q), 0)):
        corners = [cell for cell in decompose([cut, level, parabola]) if cell.kind == "corner"]
        assert sum(cell.signs == (0, 0, 0) for cell in corners) == meeting
    with pytest.raises(NoClosedForm):
        list(decompose([cut, sp.Poly(10**40 * (q - 2) - 1, p, q), parabola]))


def test_the_edge_of_leapfrog_in_two_parameters_is_open() -> None:
    """|a sin + b sin 2| < 1 at all phases: both roots are on the circle throughout, and meet where that is 1."""
    text = "u[1, 0] - u[-1, 0] == -a*(u[0, 1] - u[0, -1]) - b*(u[0, 2] - u[0, -2])"
    found = stability(parse_scheme(text))
    assert (found.status, found.grade) == ("exact", "power-bounded")
    exactly = AtNumbers(found.amplification)
    numbers = [sp.Rational(k, 4) for k in range(-4, 5)]
    for x, y in ((x, y) for x in numbers for y in numbers):
        values = {"a": x, "b": y}
        claimed = found.condition.subs({s: values[s.name] for s in found.parameters})
        assert claimed == exactly.stable(values, "power-bounded"), values


def test_on_an_irrational_edge_of_leapfrog() -> None:
    """a sin + b sin 2 is 1 where it is greatest, at cos = 1/3."""
    text = "u[1, 0] - u[-1, 0] == -a*(u[0, 1] - u[0, -1]) - b*(u[0, 2] - u[0, -2])"
    found = stability(parse_scheme(text))
    c = sp.Rational(1, 3)
    sine, ratio = sp.sqrt(1 - c**2), -c / (2 * (2 * c**2 - 1))  # a cos + 2 b cos 2 = 0
    a = 1 / (sine + 2 * ratio * sine * c)
    values = {"a": sp.radsimp(a), "b": sp.radsimp(ratio * a)}
    there = {s: values[s.name] for s in found.parameters}
    for scale, stable in ((1 - sp.Rational(1, 10**6), True), (1, False), (1 + sp.Rational(1, 10**6), False)):
        assert sp.simplify(found.condition.subs({s: scale * v for s, v in there.items()})) == stable


@pytest.mark.parametrize("offset", [1, 2])
def test_corners_on_a_closed_end_of_a_range(offset: int) -> None:
    """q is looked at through its square, which is 0 at the least: roots meet at q = 0 where p^2 + p is 1, or 2."""
    line = _p**2 + _p - offset
    first, second = _q**2 + _c**2, _q**2 + (_c - line) ** 2
    found = stability(_of_two_roots(2 - first / 64 - second / 32, 1 - first / 64), "power-bounded")
    values = {"p": (sp.sqrt(1 + 4 * offset) - 1) / 2, "q": sp.S.Zero}
    claimed = found.condition.subs({s: values[s.name] for s in found.parameters}) if found.has_formula else sp.false
    assert found.status != "exact" or found.grade != "power-bounded" or sp.simplify(claimed) == sp.false
    cells = list(decompose([sp.Poly(_q, _p, _q), sp.Poly(line, _p, _q)], lambda axis, value: axis == 0 or value.low >= 0))
    assert sum(cell.kind == "corner" and cell.q.exact == 0 for cell in cells) == 2
