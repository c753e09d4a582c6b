"""Linearisation of a flow about a state: F(K0 + K) = F(K0) + dF(K0)[K] + O(K^2).

Source: Thm 5.2 and App. D.2.
"""

from __future__ import annotations

import sympy as sp

from derive.errors import InputError
from derive.fields.activations import Activation
from derive.fields.calculus import expand_linear, variation
from derive.fields.given import expression
from derive.fields.symbols import I, Ibar, K, dK, x
from derive.shown import quoted


def linearize(flow: sp.Expr, state: sp.Expr = sp.S.Zero) -> sp.Expr:
    """First-order Taylor polynomial of a flow's right-hand side about the kernel `state`, in the deviation K.

    Raises:
        InputError: not an expression of the kernel K, such as an equation of a grid.
    """
    _check_flow(flow)
    state = expression(state)
    constant = at_state(flow, state)
    first = at_state(variation(flow, K, dK), state).xreplace({dK: K})
    return expand_linear(constant + first, {I: Ibar})


def _check_flow(flow: object) -> None:
    """What holds no K would come back as it is, linear or not."""
    if isinstance(flow, sp.Basic) and flow.has(sp.Indexed):
        raise InputError(
            f"expected the right-hand side of a flow of the kernel K, got an equation of a grid, {quoted(flow)}; GridScheme "
            "names its nonlinear terms and what they read linearised about a constant state"
        )
    if not isinstance(flow, sp.Expr) or not flow.has(K):
        raise InputError(
            f"expected the right-hand side of a flow of the kernel K (derive.fields.symbols.K), got {quoted(flow)}"
        )


def at_state(expr: sp.Expr, state: sp.Expr = sp.S.Zero) -> sp.Expr:
    """The expression at K = `state`; operators re-evaluate, so that a correlation with 0 is 0."""
    if not expr.args:
        return state if expr == K else expr
    return expr.func(*(at_state(arg, state) for arg in expr.args))


def with_activation(expr: sp.Expr, activation: Activation, function: str = "r") -> sp.Expr:
    """Replace the unspecified r, r', r'', ... by those of an activation, wherever they are taken.

    Args:
        expr: an expression of `calculus`.
        activation: what to insert.
        function: the unspecified function's name: ``"r"``, or ``"s"`` for the output nonlinearity.

    Raises:
        InputError: a derivative is needed where the activation has none.
    """
    inside = tuple(with_activation(arg, activation, function) for arg in expr.args)
    if getattr(expr, "base", None) != function:
        return expr.func(*inside) if inside else expr
    (u,) = inside
    return activation.at(expr.order, u) if u.is_number else activation.derivative(expr.order).subs(x, u)
