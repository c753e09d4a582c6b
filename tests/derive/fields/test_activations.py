"""Activations: against torch's own, and their derivatives at 0."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp
import torch

from derive.errors import InputError
from derive.fields.activations import activation, activations
from derive.fields.symbols import beta, x
from derive.printing.codegen import compile_outputs
from numerics.nets.activations import ACTIVATIONS
from tests.demands import demand


def test_every_activation_has_a_peer() -> None:
    """Which trains with it, and which it is held against, here and in its regimes."""
    demand("torch module, in ACTIVATIONS of numerics/nets/activations.py", ACTIVATIONS, activations)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_against_torch(name: str) -> None:
    """Value and derivative; torch's softplus drops terms below 2e-9 beyond its threshold of 20."""
    u = torch.linspace(-12, 12, 98, dtype=torch.float64, requires_grad=True)
    theirs = ACTIVATIONS[name](2.5)(u)
    (slope,) = torch.autograd.grad(theirs.sum(), u)
    for order, expected in ((0, theirs.detach()), (1, slope)):
        ours = compile_outputs("r", (activation(name).derivative(order),), "torch", "r", (x, beta))
        torch.testing.assert_close(ours(x=u.detach(), beta=2.5), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["swish", "silu", "gelu", "softplus", "tanh", "sigmoid"])
@pytest.mark.parametrize("order", [1, 2])
def test_derivative_at_zero_is_the_difference_quotient(name: str, order: int) -> None:
    function = sp.lambdify((x, beta), activation(name).expression.rewrite(sp.exp), "mpmath")
    with mpmath.workprec(200):
        step = mpmath.mpf(1) / 10**8
        points = [function(n * step, mpmath.mpf(3)) for n in (-1, 0, 1)]
        first, second = (points[2] - points[0]) / (2 * step), (points[0] - 2 * points[1] + points[2]) / step**2
    expected = float(activation(name).at(order).subs(beta, 3))
    assert float(first if order == 1 else second) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "order"), [("relu", 1), ("relu", 2), ("leaky-relu", 1), ("elu", 2)])
def test_missing_derivative_is_reported_with_both_sides(name: str, order: int) -> None:
    with pytest.raises(InputError, match=f"'{name}' has no derivative of order .* from the left and .* from the right"):
        activation(name).at(order)


def test_kinks_are_only_at_zero() -> None:
    assert activation("relu").at(1, sp.Integer(1)) == 1
    assert activation("leaky-relu").at(1, sp.Integer(-1)) == sp.Rational(1, 100)


def test_taylor_polynomial_of_swish() -> None:
    assert activation("swish").taylor(2) == [0, sp.Rational(1, 2), beta / 4]


def test_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(InputError, match=r"unknown activation 'swich': expected one of swish, .*did you mean 'swish'"):
        activation("swich")


def test_registry_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        activations["mine"] = activation("relu")  # type: ignore[index]
    assert np.isfinite(float(activation("gelu").at(2)))
