"""Thm 5.4: right for a < 0; for a > 0 the extremes of |Ihat|^2 are exchanged, in both bounds."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive.derivations import stability_bounds
from derive.fields.symbols import a as error
from derive.fields.symbols import alpha_max, alpha_min, beta, lr, power_max, power_min
from derive.paper.claim import Verdict
from derive.printing.text import latex
from paper_checks.brute import euler_matrix, spectral_radius
from paper_checks.claims import PRINTED

CLAIM = "5.4"
POINTS = 6
SIDES = (alpha_min, alpha_max)


def printed_edges() -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max) as printed."""
    return tuple(PRINTED[CLAIM].values[str(side)] for side in SIDES)


def image(seed: int) -> np.ndarray:
    """A random image whose kernel fills the whole periodic grid: the large-window limit, exactly."""
    return np.random.default_rng(seed).standard_normal((POINTS, POINTS))


def numbers(edges: tuple[sp.Expr, sp.Expr], picture: np.ndarray, a: float, step: float) -> tuple[float, float]:
    """Edges at numbers, beta = 1."""
    power = np.abs(np.fft.fft2(picture)) ** 2
    values = {error: a, beta: 1, lr: step, power_min: power.min(), power_max: power.max()}
    return tuple(float(edge.subs(values)) for edge in edges)


def radius(picture: np.ndarray, alpha: float, a: float, step: float) -> float:
    """Spectral radius of one step of forward Euler, by dense eigenvalues."""
    return spectral_radius(euler_matrix(picture, POINTS, alpha, a, 1.0, step))


def counterexample() -> dict[str, float]:
    """a > 0 and a weight decay that the print calls stable and the spectral radius does not."""
    picture, a, step = image(0), 0.5, 1e-2
    derived = numbers(stability_bounds.for_sign(1), picture, a, step)
    printed = numbers(printed_edges(), picture, a, step)
    alpha = (derived[1] + printed[1]) / 2
    return {
        "a": a, "step": step, "alpha": alpha, "derived": derived[1], "printed": printed[1],
        "radius": radius(picture, alpha, a, step), "below": radius(picture, 0.99 * derived[1], a, step),
    }  # fmt: skip


def refuted() -> bool:
    """Stable by the print, unstable by the spectral radius, which turns at the derived bound."""
    found = counterexample()
    return found["derived"] < found["alpha"] < found["printed"] and found["below"] < 1 < found["radius"]


def verdict() -> Verdict:
    """The counterexample for a > 0, the agreement for a < 0."""
    c = counterexample()
    positive = r",\quad ".join(f"{latex(s)} = {latex(e)}" for s, e in zip(SIDES, stability_bounds.for_sign(1), strict=True))
    return Verdict(
        CLAIM, "erratum" if refuted() else "agrees", PRINTED[CLAIM].latex, rf"a > 0:\quad {positive}",
        f"For a < 0 the print agrees. For a > 0 it exchanges min and max: with a = {c['a']}, beta = 1, dt = {c['step']} and a random "
        f"{POINTS}^2 periodic image the printed alpha_max is {c['printed']:.1f}, the derived {c['derived']:.1f}; at alpha = "
        f"{c['alpha']:.1f}, which the print calls stable, the spectral radius of the scheme is {c['radius']:.3f} (at 0.99 of the "
        f"derived bound: {c['below']:.3f}). The printed alpha_min is too low for a > 0 as well.",
        "python -m derive show 5.4 --steps; pytest paper_checks/test_theorem_5_4.py",
        "For a > 0 minimum and maximum of |Ihat|^2 change places in both bounds; for a < 0 the print is right.",
        "For a > 0 the print calls divergent weight decays stable.",
    )  # fmt: skip


def test_print_agrees_for_negative_error() -> None:
    assert all(sp.expand(d - p) == 0 for d, p in zip(stability_bounds.for_sign(-1), printed_edges(), strict=True))


def test_print_fails_for_positive_error() -> None:
    assert refuted()


def test_printed_lower_bound_fails_for_positive_error() -> None:
    picture = image(1)
    low = numbers(stability_bounds.for_sign(1), picture, 0.5, 1e-2)[0]
    printed = numbers(printed_edges(), picture, 0.5, 1e-2)[0]
    assert printed < low
    assert radius(picture, (low + printed) / 2, 0.5, 1e-2) > 1


@pytest.mark.parametrize("sign", [-1, 1])
def test_derived_condition_against_spectral_radii(sign: int) -> None:
    """400 random parameter points in all, none wrong outside a margin of 2e-3 around the unit circle."""
    rng = np.random.default_rng(sign + 1)
    holds = stability_bounds.bound().function("numpy")
    for seed in range(20):
        picture = image(seed)
        power = np.abs(np.fft.fft2(picture)) ** 2
        for _ in range(10):
            a, step = sign * rng.uniform(0.05, 1), 10 ** rng.uniform(-3, -1)
            alpha = rng.uniform(-0.3, 1.3) * (2 / step)
            rho = radius(picture, alpha, a, step)
            stable = holds(alpha=alpha, a=a, beta=1.0, lr=step, power_min=power.min(), power_max=power.max())
            assert abs(rho - 1) < 2e-3 or stable == (rho < 1)


def test_derived_step_size_against_spectral_radius() -> None:
    picture, a, alpha = image(2), -0.02, 3.0
    power = np.abs(np.fft.fft2(picture)) ** 2
    from derive import theorem

    largest = theorem("5.4").function("numpy", "largest_lr")
    edge = largest(a=a, alpha=alpha, beta=1.0, power_min=power.min(), power_max=power.max())
    assert radius(picture, alpha, a, 0.999 * edge) < 1 < radius(picture, alpha, a, 1.001 * edge)
