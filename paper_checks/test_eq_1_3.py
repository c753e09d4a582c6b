"""Eq 1-3: the printed amplification factor lacks a factor 2 that its own bound needs; the bound stands."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive.derivations import heat
from derive.fields.phases import THETAS
from derive.fields.symbols import A, diffusivity, dx, lr, omega
from derive.modes.amplification import in_phases
from derive.paper.claim import Verdict
from derive.printing.text import latex
from paper_checks.brute import heat_matrix, spectral_radius
from paper_checks.claims import PRINTED
from paper_checks.typeset import plain

CLAIM = "eq-1-3"
RATIO = 0.8
POINTS = 16


def derived_amplifier() -> sp.Expr:
    """A(omega) for diffusivity 1, in the print's notation."""
    return in_phases(heat.amplifier(1)).subs({diffusivity: 1, THETAS[0]: omega * dx})


def missing_factor() -> sp.Expr:
    """Of the change in one step: derived over printed."""
    return sp.simplify((derived_amplifier() - 1) / (PRINTED[CLAIM].values["amplifier"] - 1))


def allowed_by(amplifier: sp.Expr) -> sp.Expr:
    """The step at which the shortest wave is multiplied by -1."""
    (step,) = sp.solve(amplifier.subs(omega, sp.pi / dx) + 1, lr)
    return step


def worst(amplifier: sp.Expr, ratio: float) -> float:
    """Largest |A| over the frequencies of a periodic grid."""
    values = sp.lambdify(omega, amplifier.subs({lr: ratio, dx: 1}), "numpy")(2 * np.pi * np.arange(POINTS) / POINTS)
    return float(np.abs(values).max())


def refuted() -> bool:
    """The print calls a step stable that the scheme's matrix does not; the derivation gives the matrix's radius."""
    true = spectral_radius(heat_matrix(POINTS, RATIO))
    right = abs(worst(derived_amplifier(), RATIO) - true) <= 1e-12 * true
    return right and worst(PRINTED[CLAIM].values["amplifier"], RATIO) <= 1 < true


def verdict() -> Verdict:
    """Printed and derived amplifier against the eigenvalues of the scheme's matrix."""
    printed = PRINTED[CLAIM].values["amplifier"]
    true = spectral_radius(heat_matrix(POINTS, RATIO))
    return Verdict(
        CLAIM,
        "erratum" if refuted() else "agrees",
        PRINTED[CLAIM].latex,
        rf"A(\omega) = {latex(derived_amplifier())}",
        f"At dt/dx^2 = {RATIO} on {POINTS} periodic points the matrix of the scheme has spectral radius {true:.4f}; the "
        f"derivation gives max|A| = {worst(derived_amplifier(), RATIO):.4f}, the print {worst(printed, RATIO):.4f}, which "
        "would call the diverging right half of Fig 1 stable. The printed bound dt < dx^2/2 is right (and dt = dx^2/2 "
        "still bounded); it does not follow from the printed A. Nor can |A| < 1 hold at every frequency: A(0) = 1.",
        "python -m derive show eq-1-3 --steps; pytest paper_checks/test_eq_1_3.py",
        f"{plain(sp.Eq(A, derived_amplifier()))}; the printed amplification factor lacks the factor {missing_factor()}.",
        f"None for the bound: the printed dt < {plain(PRINTED[CLAIM].values['largest_step'])} is right, and does not follow from the printed factor, which would allow "
        f"{allowed_by(printed) / allowed_by(derived_amplifier())} times the step.",
    )


def test_printed_amplifier_is_refuted() -> None:
    assert refuted()


def test_printed_bound_stands() -> None:
    assert sp.simplify(heat.bound(1).solve("lr").end.subs(diffusivity, 1) - PRINTED[CLAIM].values["largest_step"]) == 0


def test_zero_frequency_is_never_damped() -> None:
    assert derived_amplifier().subs(omega, 0) == 1
    assert PRINTED[CLAIM].values["amplifier"].subs(omega, 0) == 1


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_derived_bound_against_matrices(dims: int) -> None:
    """The condition against spectral radii at random steps, on an even grid, which carries the worst mode."""
    rng = np.random.default_rng(dims)
    stable = heat.bound(dims)
    for ratio in rng.uniform(0.01, 1.0, 40):
        if abs(ratio * 2 * dims - 1) < 2e-3:
            continue
        radius = spectral_radius(heat_matrix(4, ratio, dims))
        assert stable.holds(lr=ratio, dx=1.0, diffusivity=1.0) == (radius <= 1 + 1e-12)
