"""Losses of the networks, and the linearisation of their flows."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import GridFunction, InputError
from derive.fields.activations import activation
from derive.fields.calculus import Correlation, pointwise
from derive.fields.linearize import at_state, linearize, with_activation
from derive.fields.networks import cross_entropy, cross_entropy_of_logit, g, loss, output_error
from derive.fields.special import Sigmoid
from derive.fields.symbols import I, Ibar, K, alpha, y, yhat


@pytest.mark.parametrize("label", [0, 1, sp.Rational(1, 3)])
@pytest.mark.parametrize("logit", [-3, -0.1, 0.4, 5])
def test_stable_form_of_the_cross_entropy(label: sp.Expr, logit: float) -> None:
    plain = cross_entropy(Sigmoid(g)).rewrite(sp.exp).subs({y: label, g: logit})
    stable = cross_entropy_of_logit().rewrite(sp.exp).subs({y: label, g: logit})
    assert float(plain - stable) == pytest.approx(0, abs=1e-13)


def test_output_error_is_the_slope_of_the_stable_form() -> None:
    slope = sp.diff(cross_entropy_of_logit(), g)
    assert sp.simplify(slope - output_error().subs(yhat, Sigmoid(g))) == 0


def test_loss_at_zero_kernel_is_that_of_the_constant_network() -> None:
    assert not at_state(loss()).has(K)


def test_linearisation_of_a_polynomial_flow() -> None:
    """A flow that is linear already is its own linearisation."""
    flow = -Correlation(Correlation(K, I), I) - alpha * K
    assert sp.expand(linearize(flow) - flow) == 0
    assert linearize(sp.Integer(3) * K) == 3 * K


def test_linearisation_about_zero_keeps_the_constant_term() -> None:
    prime = pointwise("r", None, 1)
    found = linearize(Correlation(prime(Correlation(K, I)), I))
    assert found.coeff(Ibar) == prime(0)
    assert with_activation(found, activation("tanh")) == Ibar


def test_what_is_no_flow_of_the_kernel_is_refused() -> None:
    u = GridFunction("u")
    burgers = sp.Eq(u[1, 0] - u[0, 0], -u[0, 0] * (u[0, 1] - u[0, -1]) / 2)
    for given in (burgers, burgers.lhs - burgers.rhs, sp.Symbol("q") ** 2, 3, "K**2"):
        with pytest.raises(InputError, match="expected the right-hand side of a flow of the kernel K"):
            linearize(given, 1)
