"""Forward Euler of the linearised PDE: gradient descent with step size dt.

Source: Eq 11.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import linearization
from derive.fields.calculus import TimeDerivative, Windowed
from derive.fields.symbols import Field, K, declare, lr
from derive.paper.derivation import Derivation, Step

K_next = declare("K_next", r"K^{n+1}", "the kernel after one more iteration", kind=Field, real=True)


def update() -> sp.Expr:
    """K^{n+1} - K^n without the window."""
    return sp.expand(lr * linearization.flow())


def derive() -> Derivation:
    """Replace the time derivative by a forward difference."""
    continuous = sp.Eq(TimeDerivative(K), Windowed(linearization.flow()))
    discrete = sp.Eq(K_next - K, Windowed(update()))
    steps = (
        Step("Linearised PDE", continuous, "Thm 5.2."),
        Step("Forward Euler", discrete, "dK/dt = (K_next - K)/lr; K is the kernel of iteration n."),
    )
    return Derivation("eq-11", "Forward Euler of the linearised PDE", ("lr > 0",), steps, discrete, "Eq 11")
