"""Thm 5.5: scheme and flow agree, both ways; and by convergence on a loss that is not quadratic."""

from __future__ import annotations

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

import derive
from derive.derivations import nesterov_limit
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "5.5"
DAMPING, END = 1.5, 2.0


def same() -> bool:
    """Flow and scheme as printed."""
    values = PRINTED[CLAIM].values
    printed = (values["step"], values["momentum"])
    scheme = all(sp.simplify(d - p) == 0 for d, p in zip(nesterov_limit.coefficients(), printed, strict=True))
    limit = nesterov_limit.limit()
    return scheme and sp.expand(limit.lhs - values["damped"]) == 0 == sp.expand(limit.rhs - values["flow"])


def gradient(kernel: float) -> float:
    """Of the quartic loss K^4/4 + K^2/2."""
    return kernel**3 + kernel


def error(dt: float, ahead: bool) -> float:
    """Distance of the printed scheme at time 2 from the flow's solution, found by an adaptive method; from rest at 1."""
    step, momentum = 2 * dt**2 / (2 + DAMPING * dt), (2 - DAMPING * dt) / (2 + DAMPING * dt)
    now, before = 1.0, 1.0 - dt**2 / 2 * gradient(1.0)
    for _ in range(round(END / dt)):
        point = now + momentum * (now - before)
        now, before = point - step * gradient(point if ahead else now), now

    def flow(_, state):
        return state[1], -DAMPING * state[1] - gradient(state[0])

    exact = solve_ivp(flow, (0, END), (1.0, 0.0), rtol=1e-12, atol=1e-13).y[0, -1]
    return abs(now - exact)


def slope(ahead: bool) -> float:
    """Order of convergence in dt."""
    steps = [0.02, 0.01, 0.005]
    return float(np.polyfit(np.log(steps), np.log([error(dt, ahead) for dt in steps]), 1)[0])


def verdict() -> Verdict:
    """Equality, and the measured orders."""
    return Verdict(
        CLAIM, "agrees" if same() else "erratum", PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(),
        "Central differences of the flow, solved for K_next, with the gradient moved to the look-ahead point give the printed scheme; "
        "its Taylor expansion gives the printed flow. On the loss K^4/4 + K^2/2 the scheme converges to the flow with order "
        f"{slope(True):.2f} in dt, the explicit scheme with order {slope(False):.2f}, as derived: the look-ahead costs one order.",
        "python -m derive show 5.5 --steps; pytest paper_checks/test_theorem_5_5.py",
    )  # fmt: skip


def test_printed_scheme_and_flow() -> None:
    assert same()


def test_orders_of_convergence() -> None:
    assert abs(slope(True) - 1) < 0.1
    assert abs(slope(False) - 2) < 0.1


def test_wrong_coefficient_would_be_seen() -> None:
    """Negative control: 1 - d dt has the same limit, but is not the scheme."""
    from derive.fields.symbols import damping, lr

    assert sp.simplify(nesterov_limit.coefficients()[1] - (1 - damping * lr)) != 0
