"""Section 5.1: losses other than cross-entropy; flows against autograd, and the bounds at K = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

import derive
from derive import theorem
from derive.derivations import any_loss, stability_bounds
from derive.fields.losses import losses
from derive.fields.symbols import y as label
from derive.paper.claim import Verdict
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear, nonlinear_loss
from paper_checks.brute import euler_matrix, spectral_radius
from paper_checks.claims import PRINTED

CLAIM = "any-loss"
DECAY, BETA, POINTS = 0.1, 1.5, 6
BY_TORCH: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": functional.binary_cross_entropy_with_logits,
    "squared": lambda logit, y: functional.mse_loss(torch.sigmoid(logit), y) / 2,
    "exponential": lambda logit, y: torch.exp((1 - 2 * y) * logit),
    "squared-hinge": lambda logit, y: functional.relu(1 - (2 * y - 1) * logit) ** 2 / 2,
}


def sample(seed: int) -> tuple[Tensor, Tensor]:
    """A small random kernel and image."""
    generator = torch.Generator().manual_seed(seed)
    kernel = torch.randn(3, 3, generator=generator, dtype=torch.float64) / 5
    return kernel, torch.randn(7, 7, generator=generator, dtype=torch.float64) / 3


def by_autograd(name: str, kernel: Tensor, image: Tensor, y: float) -> Tensor:
    """Minus the gradient through conv2d and torch's own loss."""
    weights = kernel.clone().requires_grad_()
    response = functional.conv2d(image[None, None], weights[None, None])
    logit = (response * torch.sigmoid(BETA * response)).sum()
    whole = BY_TORCH[name](logit, torch.tensor(y, dtype=image.dtype)) + DECAY / 2 * (weights**2).sum()
    return -torch.autograd.grad(whole, weights)[0]


def generated(name: str, kernel: Tensor, image: Tensor, y: float) -> Tensor:
    """The derived flow."""

    def conv(k: Tensor) -> Tensor:
        return functional.conv2d(image[None, None], k[None, None])[0, 0]

    operators = {"correlate": conv, "adjoint": conv, "integral": lambda phi: phi.sum()}
    return derive.flow("5.1", loss=name)(kernel, **operators, y=y, alpha=DECAY, beta=BETA)


def worst_error(name: str) -> float:
    """Largest relative difference over ten random networks."""
    found = []
    for seed in range(10):
        arguments = (*sample(seed), float(seed % 2))
        reference = by_autograd(name, *arguments)
        found.append(float((generated(name, *arguments) - reference).norm() / reference.norm()))
    return max(found)


def bounds_at_zero(name: str, y: int) -> tuple[float, float, float, float]:
    """Spectral radii just inside and outside the two bounds of Thm 5.4 with the loss's own error at K = 0."""
    picture, step = np.random.default_rng(0).standard_normal((POINTS, POINTS)), 1e-2
    at = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (error,) = torch.autograd.grad(BY_TORCH[name](at, torch.tensor(float(y), dtype=torch.float64)), at)
    power, derived = np.abs(np.fft.fft2(picture)) ** 2, float(any_loss.at_zero(name).subs(label, y))
    bounds = stability_bounds.derive().function("numpy")
    low, high = bounds(a=derived, beta=1.0, lr=step, power_min=power.min(), power_max=power.max())
    gap = 1e-3 * (high - low)
    tried = (low - gap, low + gap, high - gap, high + gap)
    return tuple(spectral_radius(euler_matrix(picture, POINTS, alpha, float(error), 1.0, step)) for alpha in tried)


def bounded(name: str) -> bool:
    """They turn there, for both labels."""
    radii = [bounds_at_zero(name, y) for y in (0, 1)]
    return all(r[0] > 1 > r[1] and r[2] < 1 < r[3] for r in radii)


def holds() -> bool:
    """All losses."""
    return all(worst_error(name) < 1e-12 and bounded(name) for name in losses)


def verdict() -> Verdict:
    """The flows and the bounds."""
    told = ", ".join(f"{name} {worst_error(name):.0e}" for name in losses)
    return Verdict(
        CLAIM, "agrees" if holds() else "not reproduced", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"The loss enters the flow through a = dl/dg alone. Generated flows against autograd through conv2d, ten random networks, float64, largest relative difference: {told}. Spectral radii "
        f"turn at the bounds of Thm 5.4 with each loss's own error at K = 0, for either label. The sign of a is that of the label for all four; its size is not: "
        f"{', '.join(f'{name} {abs(float(any_loss.at_zero(name).subs(label, 0))):g}' for name in losses)}. All hold a constant, as the paper does.",
        "python -m derive show any-loss --steps; pytest paper_checks/test_any_loss.py",
    )  # fmt: skip


@pytest.mark.parametrize("name", list(losses))
def test_generated_flow_is_the_gradient(name: str) -> None:
    assert worst_error(name) < 1e-12


@pytest.mark.parametrize("name", list(losses))
def test_bounds_with_the_error_of_the_loss(name: str) -> None:
    assert bounded(name)


@pytest.mark.parametrize("name", list(losses))
def test_numeric_flow_is_minus_the_gradient_of_the_numeric_loss(name: str) -> None:
    kernel, image = sample(3)
    arguments = (Correlation(image, 3), DECAY, BETA, 1.0)
    weights = kernel.clone().requires_grad_()
    (reference,) = torch.autograd.grad(nonlinear_loss(*arguments, loss=name)(weights), weights)
    torch.testing.assert_close(nonlinear(*arguments, loss=name)(kernel), -reference, rtol=1e-10, atol=1e-12)


def test_losses_are_told_apart() -> None:
    """Negative control: the flow of one is not the gradient of another."""
    arguments = (*sample(0), 1.0)
    found = {name: generated(name, *arguments) for name in losses}
    assert all((found[p] - found[q]).norm() > 1e-3 * found[p].norm() for p in losses for q in losses if p != q)


def test_an_unknown_loss_is_named() -> None:
    with pytest.raises(derive.InputError, match="unknown loss 'hinge': expected one of cross-entropy"):
        derive.flow("5.1", loss="hinge")
