"""Section 5.1: a bias leaves the form of the bounds; in the activation it changes their numbers."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from derive import theorem
from derive.derivations import bias, gradient_flow
from derive.fields.activations import activation
from derive.fields.symbols import Ibar, beta, lr, power_max, x
from derive.fields.symbols import a as error
from derive.paper.claim import Verdict
from paper_checks.brute import correlation_matrix, spectral_radius
from paper_checks.claims import PRINTED

CLAIM = "bias"
POINTS, STEP, ERROR = 6, 1e-3, 0.5


def image() -> np.ndarray:
    """Random, with a mean."""
    return np.random.default_rng(0).standard_normal((POINTS, POINTS)) + 1.0


def curvature(kind: str) -> np.ndarray:
    """Hessian of the pooled response of Swish at 0, beta = 1, in the kernel and the bias."""
    patches = correlation_matrix(image(), POINTS)
    if kind == "none":
        return patches.T @ patches / 2
    column = np.ones((len(patches), 1)) if kind == "activation" else np.zeros((len(patches), 1))
    both = np.hstack([patches, column])  # a bias in the activation is one more pixel, always 1; at the output it is linear
    return both.T @ both / 2


def radius(kind: str, a: float, decay: float) -> float:
    """Of one step of forward Euler, the error held."""
    matrix = curvature(kind)
    return spectral_radius(np.eye(len(matrix)) - STEP * (a * matrix + decay * np.eye(len(matrix))))


def derived(kind: str, sign: int) -> tuple[float, float]:
    """(alpha_min, alpha_max) with a trained bias."""
    spectrum = np.abs(np.fft.fft2(image())) ** 2
    top = power_max if kind == "output" else sp.Max(power_max, bias.added()[-1])
    values = {error: sign * ERROR, beta: 1, lr: STEP, power_max: spectrum.max(), Ibar: image().sum(), bias.outputs: POINTS**2}
    return tuple(float(equation.rhs.subs(values)) for equation in bias.bounds(sign, top))


@cache
def turning_bias() -> float:
    """beta b at which r''(b) of Swish changes its sign."""
    second = sp.lambdify(x, activation("swish").derivative(2).subs(beta, 1).rewrite(sp.exp))
    return brentq(second, 1.0, 4.0)


def bounds_are_right() -> bool:
    """Stable just inside of every derived edge and not outside: both places, both signs."""
    for kind in ("output", "activation"):
        for sign in (1, -1):
            low, high = derived(kind, sign)
            gap = 1e-4 * (high - low)
            inside = max(radius(kind, sign * ERROR, low + gap), radius(kind, sign * ERROR, high - gap))
            outside = min(radius(kind, sign * ERROR, low - gap), radius(kind, sign * ERROR, high + gap))
            if not inside < 1 < outside:
                return False
    return True


def holds() -> bool:
    """An output bias leaves the flow; two bounds of the same form are there in every case."""
    same = sp.expand(bias.at_output() - gradient_flow.flow()) == 0
    return same and bounds_are_right()


def verdict() -> Verdict:
    """What stays, and what does not."""
    plain = theorem("5.4").function("numpy")
    spectrum = np.abs(np.fft.fft2(image())) ** 2
    _, without = plain(a=ERROR, beta=1.0, lr=STEP, power_min=spectrum.min(), power_max=spectrum.max())
    return Verdict(
        CLAIM, "agrees" if holds() else "erratum", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"The conclusions stand: an upper and a lower bound of the form of Thm 5.4. A bias at the output leaves the flow of K as it is; trained it adds an eigenvalue 0, so min|Ihat|^2 becomes 0. "
        f"In the activation the numbers change: held at b, r''(b) stands for beta/2, which is 0 at |beta b| = {turning_bias():.4f} and of the other sign beyond, where a > 0 and a < 0 change "
        f"places; trained, max|Ihat|^2 becomes max(max|Ihat|^2, Ibar^2 + number of outputs). On a random {POINTS}^2 periodic image, a = {ERROR}, dt = {STEP}, alpha_max is {float(without):.1f} without a bias, "
        f"{derived('output', 1)[1]:.1f} with one at the output, {derived('activation', 1)[1]:.1f} with one in the activation; dense spectral radii turn at all derived bounds.",
        "python -m derive show bias --steps; pytest paper_checks/test_bias.py",
    )  # fmt: skip


def test_bias_at_the_output_leaves_the_flow() -> None:
    assert sp.expand(bias.at_output() - gradient_flow.flow()) == 0


def test_derived_bounds_against_spectral_radii() -> None:
    assert bounds_are_right()


def test_bias_in_the_activation_lowers_the_upper_bound() -> None:
    """Negative control of "does not change": the bound without a bias is not that with one."""
    assert derived("activation", 1)[1] < derived("output", 1)[1]
    assert radius("activation", ERROR, (derived("activation", 1)[1] + derived("output", 1)[1]) / 2) > 1


def test_curvature_changes_its_sign_at_a_large_bias() -> None:
    second = sp.lambdify(x, activation("swish").derivative(2).subs(beta, 1).rewrite(sp.exp))
    assert second(turning_bias() - 0.1) > 0 > second(turning_bias() + 0.1)
    assert second(0.3) == second(-0.3)
