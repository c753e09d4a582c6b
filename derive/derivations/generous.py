r"""Nesterov's scheme against gradient descent on one mode: whose step may be larger, in which unit of a step.

Source: the sentence after Thm 5.6.
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.curvature_edge import maximal_curvature
from derive.derivations.nesterov_limit import coefficients, damping_for_momentum
from derive.derivations.nesterov_step import largest_by_momentum, largest_step
from derive.fields.symbols import damping, declare, lr, momentum, z
from derive.paper.derivation import Derivation, Step

plain_dt = declare("dt_gd", r"\Delta t_{\mathrm{gd}}", "largest step of gradient descent", "time", positive=True)
nesterov_dt = declare("dt_nesterov", r"\Delta t_{\mathrm{N}}", "largest step of Nesterov's scheme", "time", positive=True)
own = declare("s_nesterov", r"s_{\mathrm{N}}", "largest factor of the gradient in Nesterov's scheme, torch's lr", positive=True)
in_lr = declare("ratio_lr", r"s_{\mathrm{N}}/\Delta t_{\mathrm{gd}}", "of torch's learning rates at the edge", positive=True)
in_reach = declare(
    "ratio_reach", r"s_{\mathrm{N}}/((1-\mu)\Delta t_{\mathrm{gd}})", "of the ways along a constant gradient", positive=True
)
_SIZE = sp.Symbol("size", positive=True)


def descent_edge() -> sp.Expr:
    """Largest step of gradient descent at a given curvature z > 0."""
    (edge,) = sp.solve(sp.Eq(maximal_curvature("gd"), _SIZE), lr)
    return edge.subs(_SIZE, z)


def torch_edge() -> sp.Expr:
    """What the gradient is multiplied with at Nesterov's edge."""
    factor = sp.cancel(coefficients()[0].subs(damping, damping_for_momentum()))
    return sp.factor(factor.subs(lr, largest_step()))


def over_descent() -> sp.Expr:
    """Torch's learning rates at the two edges, one over the other."""
    return sp.factor(sp.cancel(torch_edge() / descent_edge()))


def over_descent_in_reach() -> sp.Expr:
    """The same, each over 1 - mu: a constant gradient is followed by the sum of a geometric series."""
    return sp.factor(over_descent() / (1 - momentum))


def when_in_dt() -> sp.Expr:
    """The curvature above which Nesterov's largest dt is the greater one."""
    (step,) = sp.solve(sp.Eq((largest_step() / descent_edge()).subs(z, _SIZE), 1), _SIZE)
    return step


def when_in_decay() -> sp.Expr:
    """The dt below which Nesterov's edge in z, and so in alpha, is the higher one."""
    (step,) = sp.solve(sp.Eq(largest_by_momentum() / maximal_curvature("gd"), 1), lr)
    return step


def derive() -> Derivation:
    """Both edges; compared in the flow's time, in torch's learning rate, along a constant gradient, and in weight decay."""
    steps = (
        Step("Gradient descent", sp.Eq(plain_dt, descent_edge()), "Its edge on a mode of curvature z > 0."),
        Step("Nesterov", sp.Eq(nesterov_dt, largest_step()), "Eq 73 as derived; momentum coefficient in [0, 1)."),
        Step("More generous in dt", sp.Gt(z, when_in_dt()), "dt_N > dt_gd; else gradient descent is."),
        Step(
            "More generous in weight decay", sp.Lt(lr, when_in_decay()), "The same of the edges in z, so in alpha, at one dt."
        ),
        Step("Nesterov, torch's lr", sp.Eq(own, torch_edge()), "The factor of the gradient, 2 dt^2/(2 + d dt), at the edge."),
        Step("In torch's lr", sp.Eq(in_lr, over_descent()), "From 1 at mu = 0 down to 2/3 as mu -> 1: less generous."),
        Step("Along a constant gradient", sp.Eq(in_reach, over_descent_in_reach()), "Momentum adds 1/(1 - mu): more generous."),
    )
    return Derivation(
        id="generous",
        title="Nesterov's steps against those of gradient descent",
        assumptions=("one mode of curvature z > 0", "momentum coefficient in [0, 1)"),
        steps=steps,
        result=steps[2].expression,
        source="after Thm 5.6",
        outputs={"ratio_lr": (over_descent(),), "ratio_reach": (over_descent_in_reach(),), "least_curvature": (when_in_dt(),)},
    )
