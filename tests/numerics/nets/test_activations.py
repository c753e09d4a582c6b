"""Swish against the expression that the theory derives with, its gradient against the derived derivative."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from derive.fields.activations import activations
from derive.fields.symbols import beta, x
from numerics.nets.activations import maker
from tests.numerics.nets.cases import made

POINTS = torch.linspace(-9, 9, 181, dtype=torch.float64)


def derived(order: int, value: float) -> np.ndarray:
    """Of Swish, at the points."""
    expression = activations["swish"].derivative(order).doit().rewrite(sp.exp)
    return sp.lambdify((x, beta), expression, "numpy")(POINTS.numpy(), value)


@pytest.mark.parametrize("value", [1, 1.0, 5.0, 0.3])
def test_swish_and_its_gradient_are_the_derived_ones(value):
    points = POINTS.clone().requires_grad_()
    swish = maker("swish", value)()(points)
    swish.sum().backward()
    assert np.allclose(swish.detach(), derived(0, value), rtol=1e-13, atol=1e-15)
    assert np.allclose(points.grad, derived(1, value), rtol=1e-12, atol=1e-14)


def test_relu_is_relu():
    assert torch.equal(maker("relu", 3.0)()(POINTS), POINTS.clamp(min=0))


@pytest.mark.parametrize("name", ["tiny", "resnet-8", "vgg16-bn", "chain-4"])
def test_a_net_has_the_activation_asked_for_in_all_places(name):
    kinds = [
        (type(layer).__name__, getattr(layer, "beta", None)) for layer in made(name, activation="swish", beta=5.0).modules()
    ]
    kinds = [kind for kind in kinds if kind[0] in ("Swish", "ReLU")]
    assert set(kinds) == {("Swish", 5.0)}
    plain = [layer for layer in made(name).modules() if isinstance(layer, nn.ReLU)]
    assert len(plain) == len(kinds) > 0
