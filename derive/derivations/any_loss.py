r"""Losses other than cross-entropy: the flow and its bounds are the same, the output error a is that of the loss.

Source: "conclusions are not restricted to cross-entropy", Section 5.1.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import gradient_flow
from derive.fields.calculus import TimeDerivative
from derive.fields.linearize import linearize
from derive.fields.losses import error, losses
from derive.fields.networks import g
from derive.fields.symbols import K, a, y
from derive.paper.derivation import Derivation, Step

TITLES = {name: name.replace("-", " ").capitalize() for name in losses}


def at_zero(name: str) -> sp.Expr:
    """The output error at K = 0, where the response is 0."""
    return sp.simplify(error(name).rewrite(sp.exp).subs(g, 0))


def derive() -> Derivation:
    """The flow for any loss; the error of each loss; the error at K = 0, of which the bounds of Thm 5.4 are made."""
    written = (Step(TITLES[name], sp.Eq(a, error(name)), "a = dl/dg, the label held fixed.") for name in losses)
    values = (Step(f"{TITLES[name]}, K = 0", sp.Eq(a, at_zero(name)), "For Thm 5.4; y is 0 or 1.") for name in losses)
    steps = (
        Step("Flow", sp.Eq(TimeDerivative(K), gradient_flow.flow()), "Thm 5.1: the loss enters through a = dl/dg alone."),
        Step("Linearised", sp.Eq(TimeDerivative(K), linearize(gradient_flow.flow())), "a held: Thm 5.2 to 5.4 follow."),
        *written,
        *values,
    )
    return Derivation(
        id="any-loss",
        title="Losses other than cross-entropy",
        assumptions=("a differentiable loss of the pooled response", f"label {y} of 0 or 1"),
        steps=steps,
        result=steps[0].expression,
        source="Section 5.1",
        outputs={name.replace("-", "_"): (error(name),) for name in losses},
    )
