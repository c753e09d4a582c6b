"""Section 6's example: the step size is 2 over the curvature, which is 2; so the lost function is x^2, up to a line."""

from __future__ import annotations

import sympy as sp
import torch

from derive import theorem
from derive.derivations import quadratic
from derive.fields.symbols import curvature
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "quadratic"


def orbit(steps: int = 100) -> list[float]:
    """Torch's own gradient descent on x^2 from the first printed point, at the printed step size."""
    printed = PRINTED[CLAIM].values
    at = torch.tensor(printed["points"][0], dtype=torch.float64, requires_grad=True)
    optimizer, found = torch.optim.SGD([at], lr=printed["lr"]), []
    for _ in range(steps):
        found.append(at.item())
        optimizer.zero_grad()
        (at**2).backward()
        optimizer.step()
    return found


def curvature_at_the_printed_step() -> sp.Expr:
    """That at which the printed step turns a point into its mirror image."""
    (found,) = sp.solve(sp.Eq(quadratic.turning_step(), sp.Rational(PRINTED[CLAIM].values["lr"])), curvature)
    return found


def holds() -> bool:
    """The orbit is the printed pair for ever, and the derived curvature is the example's."""
    return (
        orbit() == list(PRINTED[CLAIM].values["points"]) * 50
        and curvature_at_the_printed_step() == quadratic.curvature_of_example()
    )


def verdict() -> Verdict:
    """Orbit and curvature."""
    return Verdict(
        CLAIM, "agrees" if holds() else "not reproduced", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"Gradient descent turns x into -x at dt = 2/h; the printed step means h = {curvature_at_the_printed_step()}, so the lost function is x^2. "
        "torch's SGD on it goes 1, -1, 1, ... exactly, 100 steps. The amplitude is that of the start: any other start oscillates as well, a step a little "
        "smaller decays and a little larger diverges; nothing restrains it.",
        "python -m derive show quadratic --steps; pytest paper_checks/test_quadratic.py",
    )  # fmt: skip


def test_orbit_and_curvature() -> None:
    assert holds()
