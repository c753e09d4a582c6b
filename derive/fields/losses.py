"""Losses of one output: name -> expression in the pooled response g and the label y (0 or 1).

Adding one is one entry of `losses`. The derivative in g is the output error a, all that the flow of Thm 5.1 takes of a loss.

Source: Eq 7; "not restricted to cross-entropy".
"""

from __future__ import annotations

import sympy as sp

from derive.fields.networks import cross_entropy_of_logit, g
from derive.fields.special import Sigmoid
from derive.fields.symbols import y
from derive.registry import Registry

_SIDE = 2 * y - 1  # the label as -1 or 1
_SHORT = 1 - _SIDE * g

losses: Registry[sp.Expr] = Registry(
    "loss",
    {
        "cross-entropy": cross_entropy_of_logit(),
        "squared": (Sigmoid(g) - y) ** 2 / 2,
        "exponential": sp.exp(-_SIDE * g),
        "squared-hinge": sp.Piecewise((_SHORT**2 / 2, _SHORT > 0), (0, True)),
    },
)
"""Of the sigmoid's output: cross-entropy, squared error; of the response itself: exponential, squared hinge."""


def of_response(name: str) -> sp.Expr:
    """The loss called `name`, as a function of g.

    Raises:
        InputError: unknown name; the message lists the valid ones.
    """
    return losses[name]


def error(name: str) -> sp.Expr:
    """The output error a = dl/dg of a loss."""
    return of_response(name).diff(g)
