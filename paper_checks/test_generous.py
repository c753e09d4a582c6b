"""After Thm 5.6: in which sense Nesterov's steps are more generous, and in which they are not."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from scipy.optimize import brentq

from derive import theorem
from derive.derivations import generous
from derive.fields.symbols import momentum, z
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED
from paper_checks.typeset import plain

CLAIM = "generous"


def grows(curvature: float, lr: float, **options: float | bool) -> float:
    """Log of the factor over 300 steps of torch's SGD on a quadratic."""
    at = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([at], lr=lr, **options)
    for _ in range(300):
        at.grad = curvature * at.detach()
        optimizer.step()
    return float(at.detach().abs().clamp(1e-300, 1e300).log())


def torch_edge(curvature: float, by: float) -> float:
    """Largest stable learning rate of torch's own class, by bisection."""
    options = {"momentum": by, "nesterov": True} if by else {}
    return brentq(lambda lr: grows(curvature, lr, **options), 1.0 / curvature, 2.3 / curvature, xtol=1e-4 / curvature)


def printed_says_generous(size: float) -> bool:
    """The printed step sizes of the two schemes compared at a curvature."""
    nesterov, descent = (PRINTED[CLAIM].values[name].subs(z, size) for name in ("nesterov", "descent"))
    return bool(nesterov > descent)


def refuted() -> bool:
    """Not by the print's own formulas at a small curvature; not in torch's learning rate at any."""
    return printed_says_generous(5.0) and not printed_says_generous(1.0) and torch_edge(5.0, 0.9) < torch_edge(5.0, 0.0)


def ratios(by: float) -> tuple[float, float]:
    """(in torch's learning rate, along a constant gradient), as derived."""
    return tuple(float(r.subs(momentum, by)) for r in (generous.over_descent(), generous.over_descent_in_reach()))


def verdict() -> Verdict:
    """Both senses, with torch as the witness."""
    in_lr, reach = ratios(0.9)
    measured = torch_edge(5.0, 0.9) / torch_edge(5.0, 0.0)
    return Verdict(
        CLAIM, "erratum" if refuted() else "agrees", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"The print's two bounds cross at z = 3: at z = 1 gradient descent allows dt < 2, Nesterov's scheme dt < {2 / 3**0.5:.3f}. As derived they cross at "
        f"{plain(generous.when_in_dt())}, mu the momentum coefficient; the two dt are of different flows, of first and of second order. In torch's learning rate "
        f"the edge is {plain(generous.over_descent())} of that of gradient descent, at mu = 0.9 {in_lr:.3f}; torch's SGD on a quadratic, by bisection: {measured:.3f}. "
        f"Along a constant gradient, where momentum adds 1/(1 - mu), it is {reach:.2f} times that at mu = 0.9, and above 1 for every mu in (0, 1).",
        "python -m derive show generous --steps; pytest paper_checks/test_generous.py",
        f"Larger dt only on modes with {plain(sp.Gt(z, generous.when_in_dt()))}; a smaller torch learning rate at any mu > 0, {plain(generous.over_descent())} of "
        "that of gradient descent; a longer way along a constant gradient.",
        "A learning rate that is at the edge without momentum is beyond it with Nesterov's.",
    )  # fmt: skip


def test_the_sentence_is_not_true_without_a_condition() -> None:
    assert refuted()


@pytest.mark.parametrize("by", [0.3, 0.9])
def test_ratio_of_learning_rates_against_torch(by: float) -> None:
    assert torch_edge(5.0, by) / torch_edge(5.0, 0.0) == pytest.approx(ratios(by)[0], rel=5e-3)


def test_reach_is_above_one_for_every_momentum() -> None:
    """(1 + mu)/((1 + 2 mu)(1 - mu)) - 1 = 2 mu^2/((1 + 2 mu)(1 - mu))."""
    extra = sp.together(generous.over_descent_in_reach() - 1)
    numerator, denominator = sp.fraction(sp.factor(extra))
    assert sp.expand(numerator * (1 + 2 * momentum) * (1 - momentum) - 2 * momentum**2 * denominator) == 0
