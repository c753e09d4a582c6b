r"""A bias in the network: at the output, in the activation held fixed, in the activation trained; and the bounds then.

Source: "the bias is not included in the network as it does not impact our analysis nor conclusions", Section 5.1.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations.amplifier import amplifier
from derive.derivations.stability_bounds import for_sign
from derive.fields.activations import activation
from derive.fields.calculus import Correlation, TimeDerivative, Total, expand_linear, gradient, pointwise
from derive.fields.linearize import linearize
from derive.fields.networks import r
from derive.fields.symbols import A, I, K, a, alpha, alpha_max, alpha_min, declare, power_max, power_min
from derive.fields.symbols import Ibar as image_integral
from derive.paper.derivation import Derivation, Step

bias = declare("b", "b", "bias", real=True)
rate = declare("rate_b", r"\partial_t b", "rate of the bias", real=True)
curves = tuple(
    declare(
        f"curve_{end}", rf"\kappa_{{{end}}}", "curvature of the pooled response over r''(0), of a mode with the bias", real=True
    )
    for end in ("low", "high")
)
outputs = declare("outputs", "|O|", "number of outputs of the layer", positive=True)


def inside() -> sp.Expr:
    """The pooled response with a bias in the activation."""
    return Total(r(Correlation(K, I) + bias))


def flow(response: sp.Expr) -> sp.Expr:
    """Gradient descent of the kernel, the error a held."""
    return -a * expand_linear(gradient(response, K)) - alpha * K


def at_output() -> sp.Expr:
    """With a bias added to the pooled response: its gradient in K is the same."""
    return flow(Total(r(Correlation(K, I))) + bias)


def of_output_bias() -> sp.Expr:
    """Gradient descent of a bias added to the pooled response, which decays like the kernel."""
    return -sp.diff(a * (Total(r(Correlation(K, I))) + bias) + alpha / 2 * bias**2, bias)


def first_order() -> sp.Expr:
    """About K = 0 with the bias in the activation held."""
    return sp.expand(linearize(flow(inside())))


def held() -> sp.Expr:
    """A(omega) with r''(b) in place of r''(0), which is beta/2 for Swish."""
    second = pointwise("r", None, 2)
    drive = sp.expand(amplifier()).coeff(a) * a
    return amplifier() - drive + drive / activation("swish").at(2) * second(bias)


@cache
def joint() -> sp.Matrix:
    """Second derivative, over r''(0), of the pooled response in the constant mode of K and in b, both of norm 1."""
    mode, by = sp.symbols("mode by", real=True)
    response = image_integral * mode / sp.sqrt(outputs) + by  # the same at every output
    return sp.hessian(outputs * response**2 / 2, (mode, by))


def added() -> tuple[sp.Expr, ...]:
    """Its eigenvalues: what stands for the one at omega = 0."""
    return tuple(sorted(map(sp.factor, joint().eigenvals()), key=sp.count_ops))


def bounds(sign: int, highest: sp.Expr) -> sp.Tuple:
    """The bounds of Thm 5.4 for a sign of a, with an eigenvalue 0 and a greatest one."""
    edges = (edge.subs({power_min: 0, power_max: highest}) for edge in for_sign(sign))
    return sp.Tuple(*map(sp.Eq, (alpha_min, alpha_max), edges))


def derive() -> Derivation:
    """Flows with each bias, the amplifier with a fixed one, the eigenvalues that a trained one adds, the bounds then."""
    with_bias = sp.Max(power_max, added()[-1])
    steps = (
        Step("At the output", sp.Eq(TimeDerivative(K), at_output()), "Added to the pooled response: the flow of Thm 5.1."),
        Step(
            "At the output, trained",
            sp.Eq(rate, of_output_bias()),
            "It is not in its own rate but by the decay: eigenvalue 0.",
        ),
        Step("In the activation", sp.Eq(TimeDerivative(K), flow(inside())), "Before r, the same everywhere."),
        Step("In the activation, K = 0", sp.Eq(TimeDerivative(K), first_order()), "To first order; b held."),
        Step("In the activation, amplifier", sp.Eq(A, held()), "r''(b) for r''(0) = beta/2: same form, other numbers."),
        Step(
            "In the activation, trained",
            sp.Tuple(*map(sp.Eq, curves, added())),
            "Of the mode at 0 with b, about K = b = 0.",
        ),
        Step("Bounds, output, a > 0", bounds(1, power_max), "Thm 5.4 with an eigenvalue 0."),
        Step("Bounds, output, a < 0", bounds(-1, power_max), "The same."),
        Step("Bounds, activation, a > 0", bounds(1, with_bias), "Both eigenvalues of a trained bias."),
        Step("Bounds, activation, a < 0", bounds(-1, with_bias), "The same."),
    )
    return Derivation(
        id="bias",
        title="Bias and the bounds",
        assumptions=(
            "a held constant",
            "Swish",
            "periodic image, as many outputs as the kernel has cells",
            "a bias decays like K",
        ),
        steps=steps,
        result=steps[4].expression,
        source="Section 5.1",
    )
