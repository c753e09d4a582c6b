"""Swish and its derivatives, and their values at the switching point.

Source: "Swish" in Section 5; App. D.2.
"""

from __future__ import annotations

import sympy as sp

from derive.fields.activations import activation
from derive.fields.calculus import pointwise
from derive.fields.symbols import x
from derive.paper.derivation import Derivation, Step


def derive() -> Derivation:
    """Differentiate twice; take the values at 0."""
    swish = activation("swish")
    names = [pointwise("r", None, order)(x) for order in range(3)]
    shown = [sp.factor(sp.together(swish.derivative(order).rewrite(sp.exp))) for order in range(3)]
    why = ("Definition: x times the sigmoid of beta x.", "Product rule.", "Product rule again.")
    steps = [Step(f"Order {n}", sp.Eq(names[n], shown[n]), why[n]) for n in range(3)]
    values = [Step(f"Order {n} at 0", sp.Eq(names[n].subs(x, 0), swish.at(n)), "Value at 0.") for n in (1, 2)]
    return Derivation(
        id="swish",
        title="Swish and its derivatives",
        assumptions=("beta > 0",),
        steps=(*steps, *values),
        result=sp.Tuple(*(step.expression for step in values)),
        source="Section 5.1, App. D.2",
        outputs={name: (swish.derivative(order),) for order, name in enumerate(("r", "r_prime", "r_second"))},
    )
