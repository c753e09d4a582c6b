r"""The gradient-descent PDE linearised about K = 0, the output error a held constant.

Source: Thm 5.2 (Eq 10), App. D.2.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import gradient_flow
from derive.fields.activations import activation
from derive.fields.calculus import TimeDerivative, Windowed
from derive.fields.linearize import linearize, with_activation
from derive.fields.symbols import K
from derive.paper.derivation import Derivation, Step


def flow(name: str = "swish") -> sp.Expr:
    """Right-hand side of Thm 5.2 for an activation.

    Raises:
        InputError: unknown activation, or one without r'(0) or r''(0).
    """
    return sp.expand(with_activation(linearize(gradient_flow.flow()), activation(name)))


def derive() -> Derivation:
    """Taylor-expand the flow of Thm 5.1 in K, insert Swish, restrict to the window."""
    dt_K = TimeDerivative(K)
    steps = (
        Step("Flow", sp.Eq(dt_K, gradient_flow.flow()), "Thm 5.1 with a = yhat - y, held constant."),
        Step(
            "First order in K",
            sp.Eq(dt_K, linearize(gradient_flow.flow())),
            "r'(K*I) = r'(0) + r''(0) K*I + O(K^2); a constant correlated with I is a multiple of the integral of I.",
        ),
        Step("Swish", sp.Eq(dt_K, flow()), "r'(0) and r''(0) from the derivation 'swish'."),
        Step("With the window", sp.Eq(dt_K, Windowed(flow())), "Restricted to the kernel's support (Eq 10)."),
    )
    return Derivation(
        id="5.2",
        title="Linearised PDE",
        assumptions=("about K = 0", "a constant with respect to K", "Swish activation"),
        steps=steps,
        result=sp.Eq(dt_K, Windowed(flow())),
        source="Thm 5.2",
    )
