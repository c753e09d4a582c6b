r"""The gradient-descent PDE of the one-layer network, for any loss and activation, then for cross-entropy.

Source: Thm 5.1 (Eq 8, 9), App. D.1.
"""

from __future__ import annotations

import sympy as sp

from derive import networks
from derive.calculus import Correlation, Inner, TimeDerivative, Total, Windowed, expand_linear, gradient, variation
from derive.derivation import Derivation, Step
from derive.networks import ell, g, r, s
from derive.symbols import I, K, L, a, alpha, dK, dL, grad_L, y, yhat

POOLED = Total(r(Correlation(K, I)))
ERROR = ell(s(g)).diff(g)


def loss_gradient() -> sp.Expr:
    """L2 gradient of the loss, for any l, s and r; numbers drawn out of the operators, g for the pooled response."""
    return expand_linear(gradient(networks.loss(), K).xreplace({POOLED: g}))


def flow() -> sp.Expr:
    """Right-hand side of Thm 5.1, the error s'(g) l'(s(g)) called a."""
    return sp.expand(-loss_gradient().subs(ERROR, a))


def derive() -> Derivation:
    """First variation, adjoint, gradient, cross-entropy, flow, window."""
    dt_K = TimeDerivative(K)
    first = variation(networks.loss(), K, dK).xreplace({POOLED: g})
    prime = r(g).diff(g).func(Correlation(K, I))
    error = networks.output_error()
    cross_entropy_flow = flow().subs(a, error)
    steps = (
        Step("Loss", sp.Eq(L, networks.loss()), "Eq 6, 7. ell is any loss of the output, y held fixed."),
        Step("First variation", sp.Eq(dL, first), "Product and chain rule, g the pooled response, dK any direction."),
        Step(
            "Adjoint of the correlation",
            sp.Eq(Inner(prime, Correlation(dK, I)), Inner(Correlation(prime, I), dK), evaluate=False),
            "Exchange the two integrals; correlation with I is its own adjoint in form.",
        ),
        Step("Gradient", sp.Eq(grad_L, loss_gradient()), "Read off dL = <grad L, dK>; any loss so far."),
        Step(
            "Cross-entropy",
            sp.Eq(ERROR, error, evaluate=False),
            f"s the sigmoid, ell(yhat) = {networks.cross_entropy(yhat)}, yhat = s(g).",
        ),
        Step("Gradient descent PDE", sp.Eq(dt_K, cross_entropy_flow), "dK/dt = -grad L (Eq 8)."),
        Step("With the window", sp.Eq(dt_K, Windowed(cross_entropy_flow)), "Only variations inside the window (Eq 9)."),
    )
    return Derivation(
        id="5.1",
        title="Gradient descent PDE of the one-layer network",
        assumptions=(
            "any pointwise activation r, differentiable where it is taken",
            f"label {y}, weight decay {alpha}",
        ),
        steps=steps,
        result=sp.Eq(dt_K, cross_entropy_flow),
        source="Thm 5.1",
    )
