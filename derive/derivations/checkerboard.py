r"""The nonlinear flow on a checkerboard image, reduced to its one active mode.

On :math:`I = \pm 1` with :math:`I(x + z) = I(x) I(z)` the response is :math:`(K \star I)(x) = \varkappa I(x)` with
:math:`\varkappa = \langle K, I\rangle`. So K moves along I alone, and every kernel orthogonal to I only decays.

Source: explains Fig 5, whose threshold between stable and restrained the paper reads off.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import gradient_flow
from derive.fields.activations import activation
from derive.fields.calculus import Correlation, TimeDerivative, Total, expand_linear
from derive.fields.linearize import with_activation
from derive.fields.networks import output_error, response, s
from derive.fields.special import Sigmoid
from derive.fields.symbols import I, K, a, alpha, area, kappa, lr, pooled, share, yhat
from derive.paper.derivation import Derivation, Step


def _on_character(expr: sp.Expr) -> sp.Expr:
    """Use I(x + z) = I(x) I(z): K * I = kappa I, and F * I = I <F, I> for a field F of the outputs."""
    if isinstance(expr, Correlation):
        left = _on_character(expr.args[0])
        return kappa * I if left == K else I * Total(left * I)
    return expr.func(*map(_on_character, expr.args)) if expr.args else expr


def _pool(expr: sp.Expr) -> sp.Expr:
    """Evaluate integrals of functions of I, which is +1 on a share p of the outputs and -1 on the others."""
    if isinstance(expr, Total):
        (field,) = expr.args
        return pooled * (share * field.subs(I, 1) + (1 - share) * field.subs(I, -1))
    return expr.func(*map(_pool, expr.args)) if expr.args else expr


def unspecified_rate() -> sp.Expr:
    """d kappa / dt = <I, dK/dt> for any activation, the output error called a."""
    along = sp.expand(_on_character(gradient_flow.flow()) * I)
    projected = expand_linear(Total(along)).subs(Total(I * K), kappa)
    data, decay = _pool(projected.subs(Total(I**2), area)).as_independent(alpha)
    return sp.factor(sp.expand(data)) + decay


def pooled_response() -> sp.Expr:
    """The argument of the output's sigmoid."""
    return _pool(Total(_on_character(response())))


def error(name: str = "swish") -> sp.Expr:
    """The output error a on the active mode."""
    return output_error().subs(yhat, Sigmoid(with_activation(pooled_response(), activation(name))))


def rate(name: str = "swish") -> sp.Expr:
    """d kappa / dt as a function of kappa."""
    return with_activation(unspecified_rate(), activation(name)).subs(a, error(name))


def derive() -> Derivation:
    """Insert the checkerboard, project on it, differentiate for the edge."""
    slope = sp.diff(rate(), kappa)
    rho = sp.Function("F")(kappa)
    steps = (
        Step("Flow", sp.Eq(TimeDerivative(K), gradient_flow.flow()), "Thm 5.1, a = yhat - y."),
        Step("Checkerboard", sp.Eq(Correlation(K, I), kappa * I, evaluate=False), "I(x + z) = I(x) I(z), kappa = <K, I>."),
        Step(
            "Active mode",
            sp.Eq(TimeDerivative(kappa), unspecified_rate()),
            "Project on I; <I, I> is the area of the window, p the share of the outputs on a +1 cell.",
        ),
        Step("Output error", sp.Eq(a, output_error().subs(yhat, s(pooled_response()))), "s the sigmoid."),
        Step(
            "Other modes",
            sp.Eq(TimeDerivative(K), -alpha * K),
            "Orthogonal to I: stable iff lr < 2/alpha (Thm 5.4, P = 0).",
            argued=True,
        ),
        Step(
            "Edge between stable and restrained",
            sp.Lt(lr, -2 / rho.diff(kappa)),
            "At a fixed point F(kappa) = 0 of d kappa/dt = F the update has amplifier 1 + lr F'(kappa).",
        ),
    )
    return Derivation(
        id="checkerboard",
        title="The active mode of a checkerboard",
        assumptions=(
            "image +-1 in a checkerboard, outputs where the window lies inside the image",
            "N = 1 for mean pooling, the number of outputs for sum pooling",
            "numeric outputs: Swish activation",
        ),
        steps=steps,
        result=sp.Eq(TimeDerivative(kappa), unspecified_rate()),
        source="for Fig 5",
        outputs={"rate": (rate(),), "slope": (slope,), "error": (error(),), "mode_loss": (_mode_loss(),)},
    )


def _mode_loss(name: str = "swish") -> sp.Expr:
    """Loss on the active mode alone, up to the decay of the others."""
    from derive.fields.networks import cross_entropy_of_logit

    logit = with_activation(pooled_response(), activation(name))
    return cross_entropy_of_logit(logit) + alpha / 2 * kappa**2 / area
