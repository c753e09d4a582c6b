r"""The gradient-descent PDE of the one-layer network, for any loss and activation, then for cross-entropy.

Source: Thm 5.1 (Eq 8, 9), App. D.1.
"""

from __future__ import annotations

import sympy as sp

from derive.fields import networks
from derive.fields.calculus import Correlation, Inner, TimeDerivative, Total, Windowed, expand_linear, pullback, variation
from derive.fields.networks import ell, g, r, s
from derive.fields.symbols import I, K, L, a, alpha, dK, dL, grad_L, y, yhat
from derive.paper.derivation import Derivation, Step

POOLED = Total(r(Correlation(K, I)))
ERROR = ell(s(g)).diff(g)


def first_variation() -> sp.Expr:
    """Of the loss, for any l, s and r, g the pooled response."""
    return variation(networks.loss(), K, dK).xreplace({POOLED: g})


def adjoint() -> sp.Eq:
    """The one integral of the variation in which the direction is correlated, and what its adjoint makes of it."""
    field = r(g).diff(g).func(Correlation(K, I))
    along = Correlation(dK, I)
    return sp.Eq(Inner(field, along), Inner(pullback(along, field, dK), dK), evaluate=False)


def loss_gradient() -> sp.Expr:
    """L2 gradient of the loss: the adjoint of its first variation; numbers drawn out of the operators."""
    return expand_linear(pullback(first_variation(), sp.S.One, dK))


def flow() -> sp.Expr:
    """Right-hand side of Thm 5.1, the error s'(g) l'(s(g)) called a."""
    return sp.expand(-loss_gradient().subs(ERROR, a))


def derive() -> Derivation:
    """First variation, adjoint, gradient, cross-entropy, flow, window."""
    dt_K = TimeDerivative(K)
    error = networks.output_error()
    cross_entropy_flow = flow().subs(a, error)
    steps = (
        Step("Loss", sp.Eq(L, networks.loss()), "Eq 6, 7. ell is any loss of the output, y held fixed."),
        Step("First variation", sp.Eq(dL, first_variation()), "Product and chain rule; g the pooled response, dK any."),
        Step(
            "Adjoint of the correlation",
            adjoint(),
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
