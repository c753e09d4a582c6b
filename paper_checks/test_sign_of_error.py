"""After Thm 5.4: what the sign of a says of the lower bound; true, but for alpha = 0 on an image that lacks a frequency."""

from __future__ import annotations

import numpy as np
import pytest

from derive import theorem
from derive.derivations import sign_of_error
from derive.paper.claim import Verdict
from derive.printing.text import latex
from paper_checks.brute import euler_matrix, spectral_radius
from paper_checks.claims import PRINTED

CLAIM = "sign-of-error"
POINTS, STEP = 6, 1e-3


def image(seed: int, mean: float | None = None) -> np.ndarray:
    """A random one; its mean put to a value, so that a frequency may be lacking."""
    found = np.random.default_rng(seed).standard_normal((POINTS, POINTS))
    return found if mean is None else found - found.mean() + mean


def radius(picture: np.ndarray, a: float, alpha: float) -> float:
    """Of one step of forward Euler at a small step size, by dense eigenvalues."""
    return spectral_radius(euler_matrix(picture, POINTS, alpha, a, 1.0, STEP))


def least_decay(picture: np.ndarray, a: float) -> float:
    """The least stable weight decay, from the derived bound."""
    power = np.abs(np.fft.fft2(picture)) ** 2
    low, _ = theorem("5.4").function("numpy")(a=a, beta=1.0, lr=STEP, power_min=power.min(), power_max=power.max())
    return float(low)


def holds() -> bool:
    """a > 0 is stable without decay; a < 0 is not, and turns stable at the derived decay."""
    up = all(radius(image(seed), 0.5, 0.0) < 1 for seed in range(5))
    down = all(
        radius(image(s), -0.5, 0.0) > 1 and radius(image(s), -0.5, 0.99 * d) > 1 > radius(image(s), -0.5, 1.01 * d)
        for s in range(5)
        for d in (least_decay(image(s), -0.5),)
    )
    return up and down


def verdict() -> Verdict:
    """Radii without decay for both signs, and for an image without a mean."""
    dark = radius(image(0, 0.0), 0.5, 0.0)
    needed = least_decay(image(0), -0.5)
    return Verdict(
        CLAIM, "agrees" if holds() else "erratum", PRINTED[CLAIM].latex,
        r";\quad ".join(latex(step.expression) for step in theorem(CLAIM).steps if step.title.startswith("Lower")),
        f"On random {POINTS}^2 periodic images, beta = 1, dt = {STEP}, alpha = 0: the spectral radius is {radius(image(0), 0.5, 0.0):.6f} for a = 0.5 and "
        f"{radius(image(0), -0.5, 0.0):.4f} for a = -0.5, which turns stable at alpha = {needed:.1f}, the derived bound. The bound for a > 0 is -a beta min|Ihat|^2/2 (Thm 5.4), not "
        f"the printed one; it is not above 0 either. Without decay and with an image that lacks a frequency it is 0, and that mode neither decays nor grows (radius {dark:.6f} for an "
        "image without a mean): then |A| < 1 needs a decay, however small, for a > 0 too.",
        "python -m derive show sign-of-error --steps; pytest paper_checks/test_sign_of_error.py",
    )  # fmt: skip


def test_sign_decides_whether_decay_is_needed() -> None:
    assert holds()


def test_a_frequency_that_is_lacking_is_neutral_without_decay() -> None:
    assert radius(image(0, 0.0), 0.5, 0.0) == pytest.approx(1, abs=1e-12)
    assert radius(image(0, 0.0), 0.5, 1e-3) < 1


def test_the_sign_alone_is_not_asked_more_than_it_says() -> None:
    assert sign_of_error.says(1).rel_op == "<="
    assert sign_of_error.says(-1).rel_op == ">"
