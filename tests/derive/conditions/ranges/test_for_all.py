"""Worst cases over ranges: both sides of every derived edge against roots by numpy, of polynomials written down by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pytest
import sympy as sp

from derive import GridScheme, InputError, Stability, parse_scheme, stability
from derive.conditions.ranges.constants import in_constants
from derive.conditions.sampling import PHASES
from derive.gallery import gallery

N, M, R = sp.symbols("N M R", positive=True)
BURGERS = "u[1,0] - u[0,0] == -lam*(u[0,1]**2 - u[0,-1]**2)/4 + r*(u[0,1] - 2*u[0,0] + u[0,-1])"
VALUES = 9
Waves = tuple[np.ndarray, ...]


def advection_diffusion(at: dict[str, float], theta: Waves) -> list:
    along = zip(("nu_x", "nu_y"), ("r_x", "r_y"), theta, strict=True)
    return [1, -1 + sum(1j * at[nu] * np.sin(t) + 2 * at[r] * (1 - np.cos(t)) for nu, r, t in along)]


def ftcs(at: dict[str, float], theta: Waves) -> list:
    return [1, -1 + 1j * at["nu"] * np.sin(theta[0]) + 2 * at["r"] * (1 - np.cos(theta[0]))]


def burgers(at: dict[str, float], theta: Waves) -> list:
    return ftcs({"nu": at["U"] * at["lam"], "r": at["r"]}, theta)


def lax_wendroff(at: dict[str, float], theta: Waves) -> list:
    return [1, -1 + 1j * at["nu"] * np.sin(theta[0]) + at["nu"] ** 2 * (1 - np.cos(theta[0]))]


def heat_theta(at: dict[str, float], theta: Waves) -> list:
    z = 2 * at["r"] * (1 - np.cos(theta[0]))
    return [1 + at["theta"] * z, -1 + (1 - at["theta"]) * z]


def klein_gordon(at: dict[str, float], theta: Waves) -> list:
    return [1, -2 + 2 * at["nu"] ** 2 * (1 - np.cos(theta[0])) + at["m"] ** 2, 1]


def sbdf2(at: dict[str, float], theta: Waves) -> list:
    """3/2 u' - 2 u + u''/2 + 2 N u - N u'' = L u', N = i nu sin, L = 2 r (cos - 1)."""
    wind, heat = 1j * at["nu"] * np.sin(theta[0]), 2 * at["r"] * (np.cos(theta[0]) - 1)
    return [1.5 - heat, -2 + 2 * wind, 0.5 - wind]


@dataclass(frozen=True)
class Case:
    """A scheme, ranges, whose edge is looked at, and numbers for what is left."""

    scheme: Callable[[], GridScheme]
    by_hand: Callable[[dict[str, float], Waves], list]
    ranges: dict[str, tuple]
    edge: str
    others: dict[str, float] = field(default_factory=dict)
    below: float = 0.0


CASES = {
    "courant number": Case(lambda: gallery["advection-diffusion-ftcs"].scheme, ftcs, {"nu": (-N, N)}, "N", {"r": 0.17}),
    "not about zero": Case(lambda: gallery["advection-diffusion-ftcs"].scheme, ftcs, {"nu": (-N / 3, N)}, "N", {"r": 0.4}),
    "both": Case(lambda: gallery["advection-diffusion-ftcs"].scheme, ftcs, {"nu": (0, N), "r": (0.1, 0.45)}, "N"),
    "diffusion": Case(lambda: gallery["advection-diffusion-ftcs"].scheme, ftcs, {"r": (0.1, R)}, "R", {"nu": 0.3}, 0.1),
    "one parameter": Case(lambda: gallery["lax-wendroff"].scheme, lax_wendroff, {"nu": (-N, N)}, "N"),
    "a weight": Case(lambda: gallery["heat-theta"].scheme, heat_theta, {"theta": (0.2, 0.9)}, "r"),
    "of second order": Case(lambda: gallery["klein-gordon"].scheme, klein_gordon, {"nu": (-N, N)}, "N", {"m": 0.8}),
    "a state": Case(
        lambda: parse_scheme(BURGERS, freeze=["u = U"], positive=["r", "lam"]),
        burgers,
        {"U": (-M, M)},
        "lam",
        {"M": 1.7, "r": 0.3},
    ),
    "two dimensions": Case(
        lambda: gallery["advection-diffusion-ftcs-2d"].scheme,
        advection_diffusion,
        {"nu_x": (-N, N), "nu_y": (0, 2 * N)},
        "N",
        {"r_x": 0.1, "r_y": 0.2},
    ),
}


LONG = ("two dimensions",)


def stable(case: Case, edge: float) -> bool:
    """By the roots at phases and at values of the ranges, inside and at their ends."""
    numbers = {**case.others, case.edge: edge}
    known = {s: numbers[s.name] for s in (N, M, R) if s.name in numbers}
    ends = [[float(sp.sympify(end).subs(known)) for end in pair] for pair in case.ranges.values()]
    dims = case.scheme().dims
    axis = np.linspace(-np.pi, np.pi, PHASES[dims] + 1)
    theta = tuple(grid.ravel() for grid in np.meshgrid(*[axis] * dims))
    for values in product(*(np.linspace(*pair, VALUES) for pair in ends)):
        phi = case.by_hand({**numbers, **dict(zip(case.ranges, values, strict=True))}, theta)
        lead, *rest = np.broadcast_arrays(*(np.asarray(c, dtype=complex) for c in phi))
        companion = np.zeros((len(lead), len(rest), len(rest)), dtype=complex)
        companion[:, 0, :] = -np.stack(rest, axis=-1) / lead[:, None]
        companion[:, range(1, len(rest)), range(len(rest) - 1)] = 1
        if np.abs(np.linalg.eigvals(companion)).max() > 1 + 1e-7:
            return False
    return True


def bisected(worst: Stability, case: Case) -> float:
    """Where stable values do not begin at zero."""
    low, high = 1.05 * case.below, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if worst.holds(**{**case.others, case.edge: middle}) else (low, middle)
    return low


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in CASES])
def test_both_sides_of_the_edge(name: str) -> None:
    case = CASES[name]
    worst = stability(case.scheme()).for_all(case.ranges)
    assert worst.status == "exact"
    assert not {*map(str, worst.parameters)} & {*case.ranges}
    edge = worst.largest(case.edge, **case.others) if not case.below else bisected(worst, case)
    assert case.below < edge < np.inf
    for factor, holds in ((0.98, True), (1.02, False)):
        assert worst.holds(**{**case.others, case.edge: factor * edge}) == holds
        assert stable(case, factor * edge) == holds


@pytest.mark.slow
def test_alternatives_in_two_parameters() -> None:
    """SBDF2: nu^2 <= r or a sextic; what is worst lies at the ends, which is shown by cells of the plane."""
    found = stability(gallery["sbdf2"].scheme)
    case = Case(lambda: gallery["sbdf2"].scheme, sbdf2, {"nu": (-N, N)}, "N", {"r": 0.7})
    edge = found.for_all(case.ranges).largest("N", r=0.7)
    assert [stable(case, factor * edge) for factor in (0.98, 1.02)] == [True, False]
    c, C, D, dt, dx = sp.symbols("c C D dt dx", positive=True)
    meant = in_constants(found, {"nu": c * dt / dx, "r": D * dt / dx**2}, {"c": (sp.S.Zero, C)})
    assert meant.holds(C=0.98 * edge, D=0.7, dt=1.0, dx=1.0)
    assert not meant.holds(C=1.02 * edge, D=0.7, dt=1.0, dx=1.0)


def test_what_is_assumed_is_asked_of_the_range() -> None:
    theta = stability(gallery["heat-theta"].scheme)
    top = sp.Symbol("top", positive=True)
    assert theta.for_all({"theta": (0, top)}).assumptions == (top <= 1)
    assert theta.for_all({"r": (0, R)}).assumptions == (theta.assumptions)  # r > 0 leaves the end zero out, and R is positive
    for wrong in ({"theta": (0, 1.5)}, {"theta": (-0.5, 1)}, {"r": (-R, R)}):
        with pytest.raises(InputError, match="within what is assumed of it"):
            theta.for_all(wrong)


def test_numbers_never_always_and_one_value() -> None:
    upwind = stability(gallery["upwind"].scheme)
    assert upwind.for_all({"nu": (0, 0.7)}).condition == sp.true
    never = upwind.for_all({"nu": (-0.1, 0.7)})
    assert never.condition == sp.false
    assert "at nu = -1/10, theta_1 = pi an amplification factor has |xi| = 1.2" in " ".join(str(never).split())
    assert upwind.for_all({"nu": (0.5, 0.5)}).condition == sp.true
    assert upwind.for_all({"nu": (-N, N)}).condition == sp.false
    a, b = sp.symbols("a b", real=True)
    assert upwind.for_all({"nu": (a, b)}).condition == sp.And(a >= 0, b <= 1)
    assert upwind.for_all({"nu": (a, b)}).assumptions == (a < b)


def test_ends_in_parameters_of_the_scheme() -> None:
    found = stability(gallery["advection-diffusion-ftcs"].scheme)
    r = sp.Symbol("r")
    assert found.for_all({"nu": (-2 * r, r)}).condition == found.for_all({"nu": (-r, r)}).condition  # r <= 1/2 is enough


def test_what_can_be_asked_of_it() -> None:
    """z3 proves it for all values; in other terms its ends are too; it says what it is about."""
    worst = stability(gallery["advection-diffusion-ftcs"].scheme).for_all({"nu": (-N, N)})
    k, c, dt, dx = sp.symbols("k c dt dx", positive=True)
    meant = worst.in_terms_of({"r": k * dt / dx**2, "N": c * dt / dx})
    assert meant.solve("dt").end == sp.Min(2 * k / c**2, dx**2 / (2 * k))
    assert {q.name: ends for q, ends in meant.box.items()}["nu"] == (-c * dt / dx, c * dt / dx)
    assert "stable for all -N <= nu <= N if and only if" in str(worst)
    assert "where nu varies in space or time, this is the condition with coefficients\nfrozen" in str(worst)
    assert "for all -N &lt;= nu &lt;= N" in worst._repr_markdown_()
    with pytest.raises(InputError, match="without nu, for all values of which"):
        worst.in_terms_of({"N": sp.Symbol("nu")})


@pytest.mark.slow
def test_a_proof_is_of_all_values() -> None:
    pytest.importorskip("z3")
    assert stability(gallery["advection-diffusion-ftcs"].scheme).for_all({"nu": (-N, N)}).prove().verdict == "proved"


def test_what_is_refused() -> None:
    upwind = stability(gallery["upwind"].scheme)
    for ranges, told in (
        ({"mu": (0, 1)}, "unknown parameter 'mu'"),
        ({"nu": (1, 0)}, "the least value of nu first"),
        ({"nu": 3}, r"such as \(-C, C\)"),
        ({"nu": ("0", "1")}, "a number or an expression"),
        ({"nu": (0, sp.oo)}, "a finite real number"),
        ({"nu": (0, 1 / N)}, "a finite real number"),
        ({"nu": (0, sp.I)}, "a finite real number"),
        ({"nu": (0, sp.Symbol("nu"))}, "without nu, which has a range itself"),
    ):
        with pytest.raises(InputError, match=told):
            upwind.for_all(ranges)
    with pytest.raises(InputError, match=r"expected parameters and their ranges, such as .*, got 'nu'"):
        upwind.for_all("nu")
    decided = replace(stability(gallery["advection-diffusion-ftcs"].scheme), status="decided")
    with pytest.raises(InputError, match=r"it is decided, without a formula.*give numbers for r"):
        decided.for_all({"nu": (-N, N)})


def test_what_fails_within_a_range_may_be_stable_in_a_part_of_it() -> None:
    heat, upwind = (
        stability(parse_scheme("u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])")),
        stability(gallery["upwind"].scheme),
    )
    assert str(heat.for_all({"r": (0, sp.Rational(3, 5))})).startswith(
        "not stable for all 0 <= r <= 3/5; for instance, at r = 3/5"
    )
    assert str(heat.for_all({"r": (0, sp.Rational(1, 2))})).startswith("stable for all 0 <= r <= 1/2\n")
    assert str(upwind.for_all({"nu": (-N, N)})).startswith("at no value of N stable for all -N <= nu <= N; for instance, at")
