"""Thm 5.1: the derived flow against the print, and its generated code against autograd on a conv2d network."""

from __future__ import annotations

import pytest
import sympy as sp
import torch

import derive
from derive.derivations import gradient_flow
from derive.fields.networks import output_error
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "5.1"


def printed_flow() -> sp.Expr:
    """The print's right-hand side inside the window."""
    return PRINTED[CLAIM].values["flow"].args[0]


def network_gradient(kernel: torch.Tensor, image: torch.Tensor, y: float, decay: float, beta: float) -> torch.Tensor:
    """-grad of the loss by autograd through conv2d and torch's own cross-entropy."""
    weights = kernel.clone().requires_grad_()
    response = torch.nn.functional.conv2d(image[None, None], weights[None, None])
    pooled = (response * torch.sigmoid(beta * response)).sum()
    label = torch.tensor(y, dtype=image.dtype)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(pooled, label) + decay / 2 * (weights**2).sum()
    return -torch.autograd.grad(loss, weights)[0]


def derived_gradient(kernel: torch.Tensor, image: torch.Tensor, y: float, decay: float, beta: float) -> torch.Tensor:
    """The generated flow with slow, direct correlations."""
    conv = torch.nn.functional.conv2d
    return derive.flow("5.1")(
        kernel,
        correlate=lambda k: conv(image[None, None], k[None, None])[0, 0],
        adjoint=lambda phi: conv(image[None, None], phi[None, None])[0, 0],
        integral=lambda phi: phi.sum(),
        y=y, alpha=decay, beta=beta,
    )  # fmt: skip


def sample(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A random kernel and image, small enough that the sigmoid does not saturate."""
    generator = torch.Generator().manual_seed(seed)
    kernel = torch.randn(3, 3, generator=generator, dtype=torch.float64) / 5
    return kernel, torch.randn(7, 7, generator=generator, dtype=torch.float64) / 3


def worst_error() -> float:
    """Largest relative difference over ten random networks."""
    errors = []
    for seed in range(10):
        arguments = (*sample(seed), float(seed % 2), 0.1, 1.5)
        reference = network_gradient(*arguments)
        errors.append(float((derived_gradient(*arguments) - reference).norm() / reference.norm()))
    return max(errors)


def verdict() -> Verdict:
    """The flow and the error term; autograd as the independent witness."""
    same = sp.simplify(gradient_flow.flow() - printed_flow()) == 0
    same_error = sp.simplify(output_error() - PRINTED[CLAIM].values["error"]) == 0
    return Verdict(
        CLAIM, "agrees" if same and same_error else "erratum", PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(),
        f"The derived flow equals the print; against autograd through conv2d on ten random networks (float64, CPU, seeds "
        f"0-9) the largest relative difference is {worst_error():.1e}.",
        "python -m derive show 5.1 --steps; pytest paper_checks/test_theorem_5_1.py",
    )  # fmt: skip


def test_flow_is_the_printed_one() -> None:
    assert sp.simplify(gradient_flow.flow() - printed_flow()) == 0


def test_cross_entropy_error_is_the_printed_one() -> None:
    assert sp.simplify(output_error() - PRINTED[CLAIM].values["error"]) == 0


def test_generated_flow_is_the_gradient_of_the_network() -> None:
    assert worst_error() < 1e-13


def test_a_convolution_in_place_of_the_correlation_would_be_seen() -> None:
    """Negative control: flipping the kernel, as signal processing's convolution does, is not the gradient."""
    kernel, image = sample(0)
    reference = network_gradient(kernel, image, 1.0, 0.1, 1.5)
    flipped = derived_gradient(kernel.flip(0, 1), image, 1.0, 0.1, 1.5)
    assert (flipped - reference).norm() / reference.norm() > 1e-2


@pytest.mark.parametrize("name", ["silu", "gelu", "softplus", "tanh", "sigmoid"])
def test_other_activations(name: str) -> None:
    """Any pointwise activation: the generated flow against autograd of torch's own activation."""
    ours = {
        "silu": torch.nn.functional.silu,
        "gelu": torch.nn.functional.gelu,
        "softplus": torch.nn.functional.softplus,
    }
    function = ours.get(name) or getattr(torch, name)
    kernel, image = sample(1)
    conv = torch.nn.functional.conv2d
    weights = kernel.clone().requires_grad_()
    logit = function(conv(image[None, None], weights[None, None])).sum()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.tensor(1.0, dtype=torch.float64))
    (reference,) = torch.autograd.grad(loss, weights)
    flow = derive.flow("5.1", activation=name)(
        kernel,
        correlate=lambda k: conv(image[None, None], k[None, None])[0, 0],
        adjoint=lambda phi: conv(image[None, None], phi[None, None])[0, 0],
        integral=lambda phi: phi.sum(),
        y=1.0, alpha=0.0, beta=1.0,
    )  # fmt: skip
    torch.testing.assert_close(-flow, reference, rtol=1e-12, atol=1e-14)
