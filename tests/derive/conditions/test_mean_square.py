"""Stability in mean square against the Kronecker square of steps written by hand, at a curvature of two values h - s, h + s."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp

from derive import InputError, maximal_curvature, mean_square, mean_square_edge, optimizers, parse_scheme, stability
from derive.__main__ import main
from derive.fields.symbols import curvature, deviation, lr, momentum
from tests.derive.one_step import STEPS
from tests.derive.schemes.test_optimizers import edge_function

OWN = {"lr": 0.3, "momentum": 0.7, "dampening": 0.4, "nesterov": 1, "weight_decay": 0.2, "beta1": 0.8}
OWN |= {"denominator": 2.0, "bias_correction1": 0.4, "averaging": 0.3, "look_ahead": 0.75, "gradient_weight": 0.3}
sigma = sp.Symbol("sigma", nonnegative=True)


def one_step(name: str, h: float, **values: float) -> np.ndarray:
    step = STEPS[name]
    return np.array([step(*unit, g=lambda x: h * x, **values) for unit in np.eye(step.__code__.co_argcount)]).T


def moments(name: str, h: float, s: float, **values: float) -> np.ndarray:
    """E[M (x) M], all entries; the mean over two equally likely curvatures."""
    return sum(np.kron(m, m) for m in (one_step(name, h + sign * s, **values) for sign in (1, -1))) / 2


def radius(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def of(name: str, values: dict[str, float] = OWN) -> dict[str, float]:
    return {str(p): values[str(p)] for p in optimizers[name].parameters if p != curvature}


LONG = ("sgd", "schedule-free", "nadam", "nadam-at-step", "adamw-at-step")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in optimizers])
def test_condition_and_edges_against_the_kronecker_square(name: str) -> None:
    found, own, generator = mean_square(name), of(name), np.random.default_rng(0)
    assert found.status == "exact"
    top = edge_function(name)(**own)
    verdicts = set()
    for _ in range(60):
        h, share = top * generator.uniform(0.02, 1.1), generator.uniform(0, 1.5)
        seen = radius(moments(name, h, share * h, **own))
        stable = found.holds(curvature=h, deviation=share * h, **own)
        assert stable == (seen < 1) or abs(seen - 1) < 1e-9
        assert not stable or h < top  # moments that decay make the mean decay
        verdicts.add(stable)
    assert verdicts == {True, False}
    values = own | {"curvature": 0.2 * top, "deviation": 0.3 * top}
    curved, rate = (mean_square_edge(name, parameter, values) for parameter in ("curvature", "lr"))
    assert radius(moments(name, curved, 1.5 * curved, **own)) == pytest.approx(1, abs=1e-6)
    assert radius(moments(name, 0.2 * top, 0.3 * top, **own | {"lr": rate})) == pytest.approx(1, abs=1e-6)
    assert mean_square_edge(name, "curvature", values | {"deviation": 0.0}) == pytest.approx(top, rel=1e-9)


def test_heavy_ball_in_closed_form_and_its_limits() -> None:
    """Found by hand from the recurrence of E x_t^2, E x_t x_(t-1), E x_(t-1)^2."""
    b, h, s = momentum, curvature, deviation
    edge = mean_square("heavy-ball").solve("lr").end
    assert sp.cancel(edge - 2 * (1 - b) * h / (s**2 + h**2 * (1 - b) / (1 + b))) == 0
    assert sp.cancel(edge.subs(s, 0) * h / lr - maximal_curvature("heavy-ball")) == 0
    assert sp.cancel(edge.subs(s, h) - (1 - b) * (1 + b) / h) == 0  # 2 (1 - b) / h as b -> 1
    assert sp.cancel(edge.subs(s, h * sp.sqrt(2 * b / (1 + b))) - 2 * (1 - b) / h) == 0


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "nesterov", "adam", "adamw"])
def test_without_noise_the_noise_free_condition_is_left(name: str) -> None:
    found, quiet, own = mean_square(name), stability(optimizers[name]), of(name)
    top = edge_function(name)(**own)
    h = top * np.array([1e-6, 0.5, 0.999999, 1.000001, 3.0])
    assert found.holds(curvature=h, deviation=0.0, **own).tolist() == quiet.holds(curvature=h, **own).tolist()
    assert found.holds(curvature=h, deviation=0.0, **own).tolist() == [True, True, True, False, False]


def test_moments_are_those_of_all_paths() -> None:
    """Eight steps, 256 paths, no chance in it."""
    own, h, s = {"lr": 0.3, "momentum": 0.7}, 2.0, 1.5
    start = np.array([1.0, -0.4])
    ends = []
    for signs in product((1, -1), repeat=8):
        state = start
        for sign in signs:
            state = one_step("heavy-ball", h + sign * s, **own) @ state
        ends.append(np.outer(state, state))
    expected = np.linalg.matrix_power(moments("heavy-ball", h, s, **own), 8) @ np.kron(start, start)
    assert np.mean(ends, axis=0).ravel() == pytest.approx(expected, rel=1e-12)
    polynomial = sp.Poly(
        mean_square("heavy-ball").polynomial.as_expr().subs({lr: 0.3, momentum: 0.7, curvature: h, deviation: s})
    )
    roots = np.abs(np.roots([float(c) for c in polynomial.all_coeffs()]))
    assert roots.max() == pytest.approx(radius(moments("heavy-ball", h, s, **own)), rel=1e-9)


def test_paths_may_die_out_while_the_second_moment_grows() -> None:
    """Negative control: 1 - lr h is 0.55 or -1.7; E log |.| < 0, so almost all paths converge."""
    found = {"lr": 0.9, "curvature": 1.75, "deviation": 1.25}
    factors = 1 - 0.9 * np.array([0.5, 3.0])
    assert np.log(np.abs(factors)).mean() < 0
    assert not mean_square("gd").holds(**found)


def test_one_mode_does_not_speak_for_several() -> None:
    """Hessians that do not commute with what is looked at: along both axes all is quiet, and the noise couples them."""
    rate, s = 1.9, 0.5
    hessians = [np.array([[1, sign * s], [sign * s, 1]]) for sign in (1, -1)]
    steps = [np.eye(2) - rate * hessian for hessian in hessians]
    assert all(hessian.diagonal().tolist() == [1, 1] for hessian in hessians)
    assert mean_square("gd").holds(lr=rate, curvature=1.0, deviation=0.0)
    assert radius(sum(np.kron(m, m) for m in steps) / 2) == pytest.approx((1 - rate) ** 2 + (rate * s) ** 2)
    assert not mean_square("gd").holds(lr=rate, curvature=1.0, deviation=s)  # along (1, 1)


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "adam"])
def test_z3_proves_it_from_the_moments(name: str) -> None:
    pytest.importorskip("z3")
    assert mean_square(name).prove(20).verdict == "proved"


HEAT = "u[1, 0] == u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
WIND = "u[1, 0] == u[0, 0] - r*(u[0, 0] - u[0, -1])"
PLANE = "u[1,0,0] == u[0,0,0] + r*(u[0,1,0] + u[0,-1,0] + u[0,0,1] + u[0,0,-1] - 4*u[0,0,0])"
FACTORS = {  # g at r, by hand; the phases are where E|g|^2 can be greatest
    HEAT: lambda r, t: 1 - 2 * r * (1 - np.cos(t)),
    WIND: lambda r, t: 1 - r * (1 - np.exp(-1j * t)),
    PLANE: lambda r, t: 1 - 4 * r * (1 - np.cos(t)),  # along the diagonal
}


@pytest.mark.parametrize("text", FACTORS)
def test_schemes_of_one_step_against_the_mean_square_of_their_factor(text: str) -> None:
    scheme, generator, phases = parse_scheme(text), np.random.default_rng(1), np.linspace(-np.pi, np.pi, 2001)
    found = mean_square(scheme, {scheme.parameters[0]: sigma})
    assert (found.status, found.grade) == ("exact", "power-bounded")
    for r, s in zip(generator.uniform(-0.2, 1.2, 60), generator.uniform(0, 0.5, 60), strict=True):
        size = (np.abs(FACTORS[text](r + s, phases)) ** 2 + np.abs(FACTORS[text](r - s, phases)) ** 2) / 2
        assert found.holds(r=r, sigma=s) == (size.max() <= 1 + 1e-12)


@pytest.mark.slow
def test_a_scheme_of_two_steps_is_sampled() -> None:
    """Adams-Bashforth for diffusion; the pencil's Kronecker square by hand."""
    text = "u[2,0] == u[1,0] + r*(3*(u[1,1] - 2*u[1,0] + u[1,-1]) - (u[0,1] - 2*u[0,0] + u[0,-1]))/2"
    scheme = parse_scheme(text)
    found = mean_square(scheme, {scheme.parameters[0]: sigma})
    for r, s in ((0.1, 0.05), (0.2, 0.05), (0.2, 0.2), (0.3, 0.01)):
        worst = 0.0
        for z in 2 * np.cos(np.linspace(0, np.pi, 200)) - 2:
            steps = [np.array([[1 + 1.5 * q * z, -0.5 * q * z], [1, 0]]) for q in (r + s, r - s)]
            worst = max(worst, radius(sum(np.kron(m, m) for m in steps) / 2))
        assert found.holds(r=r, sigma=s) == (worst < 1 + 1e-6)


def test_an_oscillator_whose_stiffness_is_random() -> None:
    scheme = parse_scheme("u[1] == 2*u[0] - u[-1] - q*u[0] - d*(u[0] - u[-1])")
    names = {p.name: p for p in scheme.parameters}
    found = mean_square(scheme, {names["q"]: sigma})
    for q, d, s in product((0.5, 2.5), (0.3, 1.2), (0.1, 0.5, 1.5)):
        steps = [np.array([[2 - k - d, d - 1], [1, 0]]) for k in (q + s, q - s)]
        assert found.holds(q=q, d=d, sigma=s) == (radius(sum(np.kron(m, m) for m in steps) / 2) < 1)


HEAVY = {"lr": 0.1, "momentum": 0.9, "curvature": 1.0, "deviation": 0.5}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_square("lion"), "no stability edge for 'lion'"),
        (lambda: mean_square(3), "expected the name of an optimiser or a GridScheme, got int"),
        (lambda: mean_square(parse_scheme(HEAT)), "expected a random parameter of the scheme"),
        (lambda: mean_square("gd", {}), "got none"),
        (lambda: mean_square("gd", {curvature: lr}), "a deviation of a new name"),
        (lambda: mean_square("gd", {curvature: -1}), "from 0 on, got -1"),
        (lambda: _of("u[1] == (1 - r**2)*u[0]"), "affine in the random r, got a higher power"),
        (lambda: _of("u[1] == u[0] - r*u[1]"), "new values without random factors, got r"),
        (lambda: _of("u[3] == r*u[0] + u[-1]"), "at most 3 values that a step starts from, got 4"),
        (lambda: mean_square_edge("gd", "momentum", HEAVY), "unknown parameter 'momentum'"),
        (lambda: mean_square_edge("gd", "lr", HEAVY), "expected values for curvature, deviation, lr; got"),
        (lambda: mean_square_edge("heavy-ball", "lr", HEAVY | {"momentum": 1.5}), "expected momentum < 1"),
        (lambda: mean_square_edge("heavy-ball", "lr", HEAVY | {"curvature": float("nan")}), "a finite number for curvature"),
    ],
)
def test_bad_input_is_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def _of(text: str):
    scheme = parse_scheme(text)
    return mean_square(scheme, {scheme.parameters[0]: sigma})


def test_command_line_takes_a_random_parameter(capsys) -> None:
    assert main(["scheme", HEAT, "--random", "r: sigma", "--latex"]) == 0
    assert capsys.readouterr().out.strip() == r"2 r^{2} + 2 \sigma^{2} \leq r"
    for wrong in ("q: sigma", "r", "r: a+b", "r: -1", "r: 1e999999999"):
        assert main(["scheme", HEAT, "--random", wrong]) == 2
