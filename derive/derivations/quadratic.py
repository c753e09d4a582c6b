r"""A quadratic at its edge of stability: gradient descent jumps between a point and its mirror image.

Source: Section 6.
"""

from __future__ import annotations

import sympy as sp

from derive.fields.calculus import pointwise
from derive.fields.symbols import curvature, lr, x, xi
from derive.modes.amplification import amplification
from derive.paper.derivation import Derivation, Step
from derive.schemes.optimizers import optimizers

path = pointwise("x", "x")
n = sp.Symbol("n", integer=True, nonnegative=True)
f = pointwise("f")
EXAMPLE = x**2


def factor() -> sp.Expr:
    """Of one step of gradient descent on a quadratic."""
    lead, rest = amplification(optimizers["gd"]).polynomial.all_coeffs()
    return sp.expand(-rest / lead)


def turning_step() -> sp.Expr:
    """The step size that turns a point into its mirror image."""
    (step,) = sp.solve(sp.Eq(factor(), -1), lr)
    return step


def curvature_of_example() -> sp.Expr:
    """The curvature h of `EXAMPLE`, its second derivative."""
    return EXAMPLE.diff(x, 2)


def derive() -> Derivation:
    """Factor, step at which it is -1, the example's step and orbit."""
    at_edge = {curvature: curvature_of_example()}
    step = turning_step().subs(at_edge)
    orbit = factor().subs({**at_edge, lr: step}) ** n * path(0)
    steps = (
        Step("Factor", sp.Eq(xi, factor()), "x -> x - dt h x, h the curvature."),
        Step("Turning step", sp.Eq(lr, turning_step()), "xi = -1: the edge of stability, sharpness 2/dt."),
        Step("Example", sp.Eq(f(x).diff(x, 2), curvature_of_example()), f"f(x) = {EXAMPLE}."),
        Step("Its step", sp.Eq(lr, step), "The turning step of that curvature."),
        Step("Orbit", sp.Eq(path(n), orbit), "From x(0) = 1 it is 1, -1, 1, ...; from any start its own mirror image."),
    )
    return Derivation(
        id="quadratic",
        title="A quadratic at the edge of stability",
        assumptions=("one mode of curvature h > 0", "exact arithmetic"),
        steps=steps,
        result=steps[-1].expression,
        source="Section 6",
    )
