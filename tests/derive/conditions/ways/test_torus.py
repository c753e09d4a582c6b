"""Two and three phases: known conditions, and one-step matrices at random points and within 0.5 % of the edge."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, stability
from derive.conditions.ways.feasible import solution
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.astroid import numbers
from derive.conditions.ways.torus.facts import Facts
from derive.gallery.operators import backward, centred, mean, second
from derive.modes.amplification import amplification
from tests.oracles import verdict

r_x, r_y, r_z = sp.symbols("r_x r_y r_z", positive=True)
s, a, wl = sp.symbols("s a w", positive=True)
nu_x, nu_y, nu_z, b, a_x, a_y = sp.symbols("nu_x nu_y nu_z b a_x a_y", real=True)
p, w, e, h, q = GridFunction("p", 2), GridFunction("w", 3), *(GridFunction(name, 1) for name in "ehq")
new, now = p[1, 0, 0], p[0, 0, 0]
flow = nu_x * centred(now, 0) + nu_y * centred(now, 1)
SIDES = (0.995, 0.999, 1.001, 1.005)


def diffusion(value: sp.Expr) -> sp.Expr:
    return r_x * second(value, 0) + r_y * second(value, 1)


def laplacian(value: sp.Expr) -> sp.Expr:
    return second(value, 0) + second(value, 1)


def lorentz() -> GridScheme:
    """FDTD with a lossless Lorentz medium: w = (omega dt)^2, a the strength of the resonance."""
    return GridScheme(
        h[1, 0] - h[0, 0] - s * (e[0, 1] - e[0, 0]),
        e[1, 0] - e[0, 0] - s * (h[1, 0] - h[1, -1]) + q[1, 0] - q[0, 0],
        q[1, 0] - 2 * q[0, 0] + q[-1, 0] + wl * q[0, 0] - wl * a * e[0, 0],
    )


upwind = nu_x * backward(now, 0) + nu_y * backward(now, 1)
SCHEMES = {
    "Lax-Friedrichs": (GridScheme(new - (mean(now, 0) + mean(now, 1)) / 2 + flow), nu_x**2 + nu_y**2 <= sp.Rational(1, 2)),
    "forward Euler": (
        GridScheme(new - now + flow - diffusion(now)),
        sp.And(r_x + r_y <= sp.Rational(1, 2), nu_x**2 / r_x + nu_y**2 / r_y <= 2),
    ),
    "implicit-explicit": (GridScheme(new - now + flow - diffusion(new)), nu_x**2 / r_x + nu_y**2 / r_y <= 2),
    "mixed derivative": (
        GridScheme(new - now - diffusion(now) - b * centred(centred(now, 0), 1)),
        sp.And(r_x + r_y <= sp.Rational(1, 2), b**2 <= 4 * r_x * r_y),
    ),
    "no mixed derivative": (
        GridScheme(new - now + flow - nu_x**2 * second(now, 0) / 2 - nu_y**2 * second(now, 1) / 2),
        sp.Or(sp.And(sp.Eq(nu_x, 0), nu_y**2 <= 1), sp.And(sp.Eq(nu_y, 0), nu_x**2 <= 1)),
    ),
    "any sign": (
        GridScheme(new - now + a_x * centred(now, 0) + a_y * centred(now, 1) - a_y * laplacian(new)),
        a_x**2 + a_y**2 <= 2 * a_y,
    ),
    "Crank-Nicolson": (
        GridScheme(new - now - (laplacian(a_y * (new + now)) + a_x * centred(centred(new + now, 0), 1)) / 2),
        sp.And(a_y >= 0, a_x**2 <= 4 * a_y**2),
    ),
    "upwind and diffusion": (GridScheme(new - now + upwind - diffusion(now)), None),
    "Lorentz medium": (lorentz(), sp.And(s <= 1, wl * (1 + a) <= 4, wl * (1 + a - s**2) <= 4 * (1 - s**2))),
}


def edges(scheme: GridScheme, rays: int) -> list[dict[str, np.ndarray]]:
    """Random points, and points on both sides of the edge, in random directions of the parameters' signs."""
    generator = np.random.default_rng(0)
    direction = {str(s): generator.uniform(0.05 if s.is_positive else -1, 1, rays) for s in scheme.parameters}
    low, high = np.full(rays, 1e-3), np.full(rays, 8.0)
    for _ in range(16):
        middle = np.sqrt(low * high)
        inside = verdict(scheme, {n: d * middle for n, d in direction.items()})[0]
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    size = np.exp(generator.uniform(-4, 1, rays))
    return [{n: d * scale for n, d in direction.items()} for scale in (size, *(low * side for side in SIDES))]


def hold(scheme: GridScheme, rays: int = 8) -> None:
    """Exact, and right where the oracle is sure."""
    found = stability(scheme, "von-neumann")
    assert found.status == "exact"
    for values in edges(scheme, rays):
        stable, sure = verdict(scheme, values)
        claimed = np.broadcast_to(found.holds(**{str(s): values[str(s)] for s in found.parameters}), stable.shape)
        assert not ((claimed != stable) & sure).any()


LONG = ("Lorentz medium", "implicit-explicit")
KNOWN = [name for name, (_, known) in SCHEMES.items() if known is not None]


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in KNOWN])
def test_known_conditions(name: str) -> None:
    scheme, known = SCHEMES[name]
    found = stability(scheme)
    assert found.status == "exact"
    points = np.random.default_rng(1).integers(-30, 31, (16, len(scheme.parameters)))
    for point in points:
        pairs = zip(scheme.parameters, map(int, point), strict=True)
        place = {p: sp.Rational(abs(k) + 1 if p.is_positive else k, 40) for p, k in pairs}
        assert found.condition.subs(place) == known.subs(place)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_exact_and_right(name: str) -> None:
    hold(SCHEMES[name][0])


@pytest.mark.slow
def test_three_dimensions() -> None:
    """Hindmarsh, Gresho and Griffiths: the sum of r is at most 1/2, that of nu^2/r at most 2."""
    value = w[0, 0, 0, 0]
    pairs = list(zip((nu_x, nu_y, nu_z), (r_x, r_y, r_z), range(3), strict=True))
    change = sum(r * second(value, k) - nu * centred(value, k) for nu, r, k in pairs)
    hold(GridScheme(w[1, 0, 0, 0] - value - change), rays=3)


def lax_wendroff(*n: sp.Expr, weight: sp.Expr | int = 1) -> GridScheme:
    """Second order in time and space, with all mixed differences: (D u)^2/2 but for second differences along an axis."""
    u = GridFunction("u", len(n))
    value, after = u[(0,) * (len(n) + 1)], u[(1,) + (0,) * len(n)]
    along = sum(k * centred(value, i) - k**2 * second(value, i) / 2 for i, k in enumerate(n))
    mixed = sum(n[i] * n[j] * centred(centred(value, i), j) for i in range(len(n)) for j in range(i))
    return GridScheme(after - value + along - weight * mixed)


@pytest.mark.parametrize("n", [(nu_x, nu_y), pytest.param((r_x, r_x - 2 * nu_x), marks=pytest.mark.slow)])
def test_astroid(n: tuple[sp.Expr, sp.Expr]) -> None:
    """Turkel: sum |nu|^(2/3) <= 1, against matrices beside this edge and elsewhere."""
    scheme = lax_wendroff(*n)
    found, generator = stability(scheme), np.random.default_rng(2)
    assert (found.status, found.grade) == ("exact", "power-bounded")
    direction = {str(s): generator.uniform(0.05 if s.is_positive else -1, 1, 12) for s in scheme.parameters}
    size = sum(np.abs(k) ** (2 / 3) for k in sp.lambdify(scheme.parameters, n)(**direction)) ** -1.5
    for scale in (*(size * side for side in SIDES), *np.exp(generator.uniform(-3, 0.5, (4, 12)))):
        values = {name: d * scale for name, d in direction.items()}
        claimed = found.holds(**values)
        assert (claimed == (scale < size)).all()
        stable, sure = verdict(scheme, values)
        assert not ((claimed != stable) & sure).any()


def test_other_steps_are_no_astroid() -> None:
    """Other weights, or none, of the mixed difference."""
    assert numbers(amplification(lax_wendroff(nu_x, nu_y))) == [nu_x, nu_y]
    for weight in (0, sp.Rational(9, 10), b):
        assert numbers(amplification(lax_wendroff(nu_x, nu_y, weight=weight))) is None


@pytest.mark.slow
def test_astroid_of_equal_numbers_in_three_dimensions() -> None:
    """3 nu^(2/3) <= 1."""
    assert stability(lax_wendroff(s, s, s)).condition == (s <= sp.sqrt(3) / 9)


def test_never_where_lead_and_constant_have_one_modulus() -> None:
    """The leapfrog with diffusion at the middle level is unstable for every r > 0; without it, it is not."""
    old = p[-1, 0, 0]
    for grade in ("von-neumann", "power-bounded"):
        found = stability(GridScheme(new - old + 2 * flow - 2 * diffusion(now)), grade)
        assert (found.status, found.condition) == ("exact", sp.false)
    scheme = GridScheme(new - old + 2 * flow - 2 * b * second(now, 0))
    assert stability(scheme, "von-neumann").condition != sp.false


def test_facts_are_not_too_many() -> None:
    """2 r_x <= 1 and 2 r_y <= 1 do not say that r_x + r_y <= 1/2."""
    facts = Facts(Domain.of([r_x, r_y]), (1 - 2 * r_x, 1 - 2 * r_y))
    assert not facts.imply(1 - 2 * r_x - 2 * r_y)
    assert facts.imply(1 - r_x - r_y)


rows = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(-3, 3), min_size=m + 1, max_size=m + 1), min_size=1, max_size=5)
)


@settings(max_examples=60)
@given(rows)
def test_linear_programmes(table: list[list[int]]) -> None:
    """A solution is one; and where there is none, scipy finds none."""
    linprog = pytest.importorskip("scipy.optimize").linprog
    matrix, right = [row[:-1] for row in table], [row[-1] for row in table]
    found = solution([{k: sp.QQ(v) for k, v in enumerate(row) if v} for row in matrix], [sp.QQ(v) for v in right])
    known = linprog([0] * len(matrix[0]), A_eq=matrix, b_eq=right).status == 0
    assert (found is not None) == known
    if found is not None:
        assert all(v >= 0 for v in found.values())
        assert [sum(v * found.get(k, 0) for k, v in enumerate(row)) for row in matrix] == right
