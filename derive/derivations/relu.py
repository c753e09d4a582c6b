r"""ReLU as the limit of Swish: away from 0, at 0, and how sharply the slope turns.

Source: Section 4.2, "Perturbed SGD with Swish".
"""

from __future__ import annotations

import sympy as sp

from derive.fields.activations import activation
from derive.fields.calculus import pointwise
from derive.fields.symbols import beta, declare, x
from derive.paper.derivation import Derivation, Step

positive = sp.Symbol("p", positive=True)
jump = declare("jump", r"r'(0^+) - r'(0^-)", "jump of the slope at 0", real=True)
NAMES = [pointwise("r", None, order) for order in range(3)]
LIMIT, SLOPE = pointwise("r_oo", r"r_\infty"), pointwise("r_oo", r"r_\infty", 1)


def swish(order: int, at: sp.Expr) -> sp.Expr:
    """A derivative of Swish as exponentials."""
    return activation("swish").derivative(order).rewrite(sp.exp).subs(x, at)


def sharp(order: int, sign: int) -> sp.Expr:
    """Its limit as beta grows, at a place of this sign."""
    return sp.limit(swish(order, sign * positive), beta, sp.oo)


def scaled() -> sp.Expr:
    """The slope at x for beta is that at beta x for 1: the turn from 0 to 1 has a width of order 1/beta."""
    swished = swish(1, x / beta)
    assert not sp.simplify(swished).has(beta)
    return sp.simplify(swished).subs(x, beta * x)


def slopes_of_relu() -> tuple[sp.Expr, sp.Expr]:
    """Of ReLU itself, from the left and from the right."""
    relu = activation("relu").derivative()
    return tuple(sp.piecewise_fold(relu.subs(x, sign * positive)) for sign in (-1, 1))


def derive() -> Derivation:
    """Limits of Swish and its slope on both sides, the slope at 0 for any beta, its curvature there, ReLU's jump."""
    sides = {1: "x > 0", -1: "x < 0"}
    left, right = slopes_of_relu()
    values = [Step(f"Limit, {s}", sp.Eq(LIMIT(n * positive), sharp(0, n)), "beta -> oo, p > 0.") for n, s in sides.items()]
    slopes = [Step(f"Slope, {s}", sp.Eq(SLOPE(n * positive), sharp(1, n)), "beta -> oo, p > 0.") for n, s in sides.items()]
    steps = (
        *values,
        *slopes,
        Step("Slope at 0", sp.Eq(NAMES[1](0), activation("swish").at(1)), "For every beta, so in the limit: between 0 and 1."),
        Step("Curvature at 0", sp.Eq(NAMES[2](0), activation("swish").at(2)), "It grows without bound with beta."),
        Step("Slope by scale", sp.Eq(NAMES[1](x), scaled()), "A function of beta x alone: it turns within a width of 1/beta."),
        Step("ReLU's jump", sp.Eq(jump, right - left), "Between the sides, whatever value is taken at 0 itself."),
    )
    return Derivation(
        id="relu",
        title="ReLU as the limit of Swish",
        assumptions=("beta > 0", "pointwise limits; at 0 the slope of Swish stays 1/2"),
        steps=steps,
        result=sp.Tuple(*(step.expression for step in steps[:4])),
        source="Section 4.2",
    )
