"""Bounds by an ellipse against the integrator's roots on a fine grid of phases, and against conditions that are known."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, InputError, ellipse_bound, integrators
from derive.conditions.enclosing.corners import corners, imaginary_limit
from derive.conditions.enclosing.on_a_curve import C, Explicit, nowhere_negative
from derive.gallery.operators import backward, centred, second, second_fourth
from derive.lines.integrators import Integrator
from derive.schemes.grid import GridScheme

NAMES = ["forward-euler", "RK2", "RK3", "RK4", "AB2", "AB3"]
RK4_REAL, RK4_IMAGINARY = 2.785293563405282, np.sqrt(8)
dt, dx, k, a = sp.symbols("dt dx k a", positive=True)


@cache
def scheme(name: str, dims: int) -> GridScheme:
    """Diffusion numbers r1, r2, ... and Courant numbers n1, n2, ... along the axes."""
    u = GridFunction("u", dims)
    here = u[0, *(0,) * dims]
    rates = (
        sp.Symbol(f"r{i}", positive=True) * second(here, i) - sp.Symbol(f"n{i}", positive=True) * centred(here, i)
        for i in range(dims)
    )
    return integrators[name](sp.Add(*rates), u)


def radius(name: str, diffusion: list[float], courant: list[float], points: int) -> float:
    """Largest root of the integrator at the symbols of all waves on a grid, by numpy alone."""
    angles = np.meshgrid(*[np.linspace(-np.pi, np.pi, points)] * len(diffusion))
    z = sum(2 * r * (np.cos(t) - 1) - 1j * n * np.sin(t) for r, n, t in zip(diffusion, courant, angles, strict=True)).ravel()
    return largest(name, z)


@cache
def coefficients(name: str) -> list:
    mark = sp.Symbol("z")
    return [sp.lambdify(mark, c, "numpy") for c in integrators[name].characteristic(mark).all_coeffs()]


def largest(name: str, z: np.ndarray) -> float:
    lead, *rest = (c(z) * np.ones_like(z) for c in coefficients(name))
    companion = np.zeros((len(z), len(rest), len(rest)), dtype=complex)
    companion[:, range(1, len(rest)), range(len(rest) - 1)] = 1
    companion[:, 0] = -np.stack(rest, axis=-1) / lead[:, None]
    return float(np.abs(np.linalg.eigvals(companion)).max())


@pytest.mark.parametrize("name", ["RK2", "RK4", "AB3"])
@given(values=st.lists(st.fractions(Fraction(1, 50), 2, max_denominator=50), min_size=4, max_size=4))
@settings(max_examples=4)
def test_what_is_proved_is_stable(name: str, values: list[Fraction]) -> None:
    """In the plane; a staircase proves no more than the ellipse itself."""
    bound = ellipse_bound(scheme(name, 2))
    (r0, r1), (n0, n1) = (v / 3 for v in values[:2]), values[2:]
    numbers = {"r0": r0, "r1": r1, "n0": n0, "n1": n1}
    below = bound.condition.subs({p: sp.Rational(numbers[p.name]) for p in bound.parameters})
    if bound.holds(**numbers):
        assert radius(name, [float(r0), float(r1)], [float(n0), float(n1)], 33) <= 1 + 1e-12
    else:
        assert below == sp.false


@pytest.mark.parametrize("name", NAMES)
def test_in_one_dimension_it_is_necessary_too(name: str) -> None:
    bound = ellipse_bound(scheme(name, 1))
    assert bound.necessary
    for r, n in np.random.default_rng(2).uniform([0.01, 0.05], [0.8, 2.5], (12, 2)).round(3):
        largest = radius(name, [r], [n], 721)
        assert abs(largest - 1) < 1e-6 or bound.holds(r0=r, n0=n) == (largest <= 1)


def test_forward_euler_is_the_known_condition_in_every_dimension() -> None:
    """Sum r <= 1/2 and sum nu^2/r <= 2 are necessary and sufficient (Hindmarsh, Gresho and Griffiths 1984)."""
    for dims in (1, 2, 3):
        bound = ellipse_bound(scheme("forward-euler", dims))
        r, n = sp.symbols(f"r:{dims}", positive=True), sp.symbols(f"n:{dims}", positive=True)
        whole, ratio = sp.Add(*r), sp.Add(*(n[i] ** 2 / r[i] for i in range(dims)))
        assert bound.condition == sp.And(whole <= sp.Rational(1, 2), ratio <= 2)


def test_three_dimensions() -> None:
    bound = ellipse_bound(scheme("RK4", 3))
    slopes = {"n0": 0.3, "n1": 0.3, "n2": 0.3}  # the same along all axes: the ellipse is attained
    edge = bound.largest("n2", r0=0.1, r1=0.1, r2=0.1, n0=0.9, n1=0.9)
    assert bound.holds(r0=0.1, r1=0.1, r2=0.1, **slopes)
    assert radius("RK4", [0.1] * 3, [0.9, 0.9, edge], 25) <= 1 + 1e-12


def test_the_largest_step_is_that_of_the_roots() -> None:
    """In one dimension, where nothing is given up; all of it is below the edge."""
    bound = ellipse_bound(scheme("RK4", 1)).in_terms_of({"r0": k * dt / dx**2, "n0": a * dt / dx})
    edge = bound.largest("dt", dx=0.5, k=0.1, a=2)
    at = lambda step: radius("RK4", [0.4 * step], [4 * step], 2001)  # noqa: E731
    assert at(edge) <= 1 + 1e-12
    assert at(edge * (1 + 1e-3)) > 1 + 1e-6


def test_advection_alone_and_upwind() -> None:
    u, n = GridFunction("u", 1), sp.Symbol("n", positive=True)
    bound = ellipse_bound(integrators["RK4"](-n * centred(u[0, 0]), u))
    assert bound.largest("n") == pytest.approx(RK4_IMAGINARY, rel=1e-9)
    assert bound.largest("n") <= RK4_IMAGINARY
    assert bound.condition == (n <= imaginary_limit(integrators["RK4"]))
    upwind = ellipse_bound(integrators["forward-euler"](-n * backward(u[0, 0]), u))  # a circle
    assert (upwind.condition, upwind.largest("n")) == (n <= 1, 1.0)


def test_decay_moves_the_ellipse() -> None:
    """Exact at numbers; in closed form a larger ellipse around the same middle."""
    u, r, s = GridFunction("u", 1), *sp.symbols("r s", positive=True)
    bound = ellipse_bound(integrators["RK4"](r * second(u[0, 0]) - s * u[0, 0], u))
    longest = Fraction(RK4_REAL).limit_denominator(10**6)
    assert bound.holds(r=(longest - 1) / 4 - Fraction(1, 10**5), s=1)
    assert not bound.holds(r=(longest - 1) / 4 + Fraction(1, 10**5), s=1)
    assert bound.condition.subs({r: 0.19, s: 1}) == sp.true
    with pytest.raises(InputError, match="expected a parameter with which the ellipse grows, such as the time step, got s"):
        bound.largest("s", r=0.1)
    growth = ellipse_bound(integrators["RK4"](r * second(u[0, 0]) + s * u[0, 0], u))
    assert growth.condition == sp.false
    assert not growth.holds(r=0.1, s=0.1)


def test_a_direction_without_diffusion_is_not_enclosed() -> None:
    u, r, n = GridFunction("u", 2), *sp.symbols("r n", positive=True)
    bound = ellipse_bound(integrators["RK4"](r * second(u[0, 0, 0], 0) - n * centred(u[0, 0, 0], 1), u))
    assert (bound.condition, bound.holds(r=0.1, n=0.1)) == (sp.false, False)


def test_arrays_broadcast() -> None:
    bound = ellipse_bound(scheme("RK4", 1))
    assert bound.holds(r0=[0.3, 0.7], n0=[[1.0], [3.0]]).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("name", NAMES)
def test_corners_are_on_the_edge(name: str) -> None:
    """Each holds, and nothing 2 % larger does, by the integrator's roots on the edge of what it fills."""
    turn = np.linspace(0, np.pi, 1001)
    for corner in corners(integrators[name]):
        for share, stable in ((1, True), (1.02, False)):
            across, up = float(corner.across), float(corner.up) * share
            up = up if corner.flat else np.sqrt(up * across)
            z = across * (np.cos(turn) - 1) + 1j * up * np.sin(turn)
            if corner.flat:
                z = np.concatenate([z[turn > np.pi / 2], -across * np.linspace(0, 1, 499) + 1j * up, 1j * up * turn / np.pi])
            assert (largest(name, z) <= 1 + 1e-10) == stable


def test_signs_between_roots() -> None:
    x = sp.Poly(C, C, domain="QQ")
    third = sp.Rational(1, 3)
    assert nowhere_negative((x - third) ** 2 * (1 - x**2))
    assert not nowhere_negative((x - third) ** 3)
    assert not nowhere_negative(x * 0 - 1)
    assert nowhere_negative(x - third + sp.Rational(4, 3))


def test_margins_that_vanish_all_along_say_nothing() -> None:
    """Of several steps: here two roots stay on the circle, and whether a third leaves it is not looked at."""
    zero, terms = sp.Poly(0, C, domain="QQ"), (((2, 0, sp.S.One),), ((0, 0, sp.S.One),))  # x^2 and 1
    assert [Explicit(terms, steps).stable_on(zero, zero) for steps in (1, 2)] == [True, False]
    assert Explicit.of(integrators["leapfrog"]) is None


@pytest.mark.parametrize("name", ["backward-euler", "crank-nicolson", "theta", "BDF2", "imex-euler"])
def test_implicit_ones_are_refused(name: str) -> None:
    u, r = GridFunction("u", 1), sp.Symbol("r", positive=True)
    rate = r * second(u[0, 0])
    made: Integrator = integrators[name]
    with pytest.raises(InputError, match="expected an explicit integrator of one unknown"):
        ellipse_bound(made(rate if made.parts == 1 else (rate, rate), u))


def test_wider_stencils_and_typed_schemes_are_refused() -> None:
    u, r = GridFunction("u", 1), sp.Symbol("r", positive=True)
    with pytest.raises(InputError, match="its next neighbours along each axis"):
        ellipse_bound(integrators["RK4"](r * second_fourth(u[0, 0]), u))
    with pytest.raises(InputError, match="its next neighbours along each axis"):
        ellipse_bound(GridScheme(u[1, 0] - u[0, 0] - r * second(u[0, 0])))


def test_as_a_stability_bound() -> None:
    bound = ellipse_bound(scheme("RK3", 1)).stability
    assert (bound.status, bound.grade) == ("sufficient", "power-bounded")
    meant = bound.in_terms_of({"r0": k * dt / dx**2, "n0": a * dt / dx}).solve("dt")
    edges = [float(meant.sup.subs({k: 1, a: 1, dx: 1})), ellipse_bound(scheme("RK3", 1)).largest("n0", r0=0.47)]
    assert edges[0] == pytest.approx(0.6275)
    assert edges[1] >= 1.73


def test_for_all_speeds() -> None:
    """What suffices for every speed up to N: by NumPy, at the fastest on either side; r = 0 is enclosed too."""
    nu, r, N, u = *sp.symbols("nu r", real=True), sp.Symbol("N", positive=True), GridFunction("u", dims=1)
    moving = -nu * (u[0, 1] - u[0, -1]) / 2 + r * (u[0, 1] - 2 * u[0, 0] + u[0, -1])
    worst = ellipse_bound(integrators["RK4"](moving, u)).stability.for_all({"nu": (-N, N)})
    theta, told = np.linspace(0, np.pi, 400), set()
    for fast, rate in product((0.5, 2.3, 2.8, 3.2), (-0.1, 0.0, 0.1, 0.5, 0.9)):
        z = 2 * rate * (np.cos(theta) - 1) - 1j * fast * np.sin(theta)
        stable = abs(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24).max() <= 1 + 1e-12
        told.add((worst.holds(N=fast, r=rate), bool(stable)))
    assert told >= {(True, True), (False, False)}
    assert (True, False) not in told
    assert (worst.status, worst.witnesses, worst.holds(N=2.8, r=0.0)) == ("sufficient", (), True)
