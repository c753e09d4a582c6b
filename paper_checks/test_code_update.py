"""How k enters: printed (eta/k)(k g), in the authors' code (eta k)(g/k); other last bits, and none for powers of two in either."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from derive.paper.claim import Verdict
from numerics.optim import PerturbedSGD, step_bias
from paper_checks.claims import PRINTED
from paper_checks.printed_training import GRADIENT, MULTIPLE, UPDATE, WEIGHT
from paper_checks.typeset import plain

CLAIM = "code-update"
RATE, COUNT = 0.1, 10_000
ODD, POWERS = (3, 5, 7, 9, 11), (2, 4, 8)


@cache
def gradient() -> torch.Tensor:
    """Normal, float32."""
    return torch.randn(COUNT, generator=torch.Generator().manual_seed(0))


def updated(k: int, form: str) -> torch.Tensor:
    """Weights after one step from 0, so that nothing hides the update."""
    weight = torch.nn.Parameter(torch.zeros(COUNT))
    weight.grad = gradient().clone()
    PerturbedSGD([weight], lr=RATE, k=k, form=form).step()
    return weight.detach()


def apart(k: int) -> float:
    """Share of the updates whose bits differ between the forms."""
    return float((updated(k, "paper") != updated(k, "code")).double().mean())


def verdict() -> Verdict:
    """Both forms, bit by bit, and the bias of their step sizes."""
    authors = PRINTED[CLAIM].authors
    shares = ", ".join(f"k = {k}: {apart(k):.0%}" for k in ODD)
    biases = ", ".join(
        f"k = {k}: {float(step_bias(RATE, k, form='paper')):.1e} and {float(step_bias(RATE, k, form='code')):.1e}" for k in ODD
    )
    same = all(torch.equal(updated(k, form), updated(1, form)) for k in POWERS for form in ("paper", "code"))
    return Verdict(
        CLAIM, "print and code differ", PRINTED[CLAIM].latex, "",
        f"Of {COUNT:,} normal gradients in float32 at eta = {RATE:g} the forms differ in the bits of {shares} of the updates; k = "
        f"{', '.join(map(str, POWERS))} {'change' if not same else 'change not'} a bit in either. The step size itself is off by a constant share, printed form "
        f"and code: {biases}.",
        "python -m experiments run table-1 --form code",
        f"The code's update is {authors['update']}.",
        "Runs of one odd k are other runs in the two forms, so of the tables' accuracies one form at most can give back each; whether last "
        "bits spread them is asked of either.",
    )  # fmt: skip


def test_the_printed_form_is_ours() -> None:
    """The step of the printed formula, evaluated in the order in which it is printed."""
    step, direction = UPDATE.coeff(WEIGHT, 0).args[1:]
    assert [plain(part) for part in (step, direction)] == ["(dt/k)", f"({GRADIENT.name} {MULTIPLE.name})"]
    for k in ODD:
        expected = torch.zeros(COUNT).add_(gradient() * k, alpha=-(RATE / k))
        assert torch.equal(updated(k, "paper"), expected)


@pytest.mark.parametrize("k", ODD)
def test_the_codes_form_is_the_authors(k: int) -> None:
    """Their optimiser, line by line: lr = lr * k; d_p = d_p / k; param.add_(d_p, alpha=-lr)."""
    assert torch.equal(updated(k, "code"), torch.zeros(COUNT).add_(gradient() / k, alpha=-(RATE * k)))
    assert apart(k) > 0.1


@pytest.mark.parametrize("k", POWERS)
def test_powers_of_two_coincide(k: int) -> None:
    assert apart(k) == 0
    assert torch.equal(updated(k, "code"), updated(1, "paper"))
