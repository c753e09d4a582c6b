"""Generated torch code of networks of several layers: loss, gradients, fields between the layers, Hessian blocks.

Every function is `f(I, kernels, *, correlate, convolve, integral, ...)`: `correlate(A, B)` and `convolve(A, B)` are
the two operators of the calculus on the grid, `integral` sums, I is the
image, `kernels` lists those of the layers, from the image up, and `weight` is 1 where the outputs are summed.

Source: Thm 5.7, Eq 20-25.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sympy as sp

from derive.derivations import layer_hessian, multilayer
from derive.fields.activations import Activation
from derive.fields.activations import activation as activation_called
from derive.fields.calculus import Inner, Total
from derive.fields.layers import checked_layer, error_slope, kernel_variation, kernels, weight
from derive.fields.linearize import with_activation
from derive.fields.networks import cross_entropy_of_logit, g, layers
from derive.fields.symbols import a, alpha
from derive.printing.codegen import compile_statements, temporaries
from derive.printing.printers import LayerPrinter

OPERATORS = ("correlate", "convolve", "integral")
LOSS = cross_entropy_of_logit(weight * g)
"""The loss as a function of the integral of I_L. The mean in place of the sum is another output nonlinearity, s(weight g),
and Thm 5.7 holds for any; so the output error a carries the weight, and g_L stays 1."""


@cache
def layer_loss(depth: int, activation: str = "swish") -> Callable:
    """The loss of Eq 22 with cross-entropy: `f(I, kernels, *, ..., y, alpha, beta, weight)` -> (..., 1, 1)."""
    decay = sp.Add(*(Inner(kernel, kernel) for kernel in kernels(depth)))
    loss = _at_output(LOSS, depth) + alpha / 2 * decay
    return _compiled("loss", depth, loss, activation, _TRAINING, "Loss of Eq 22 with cross-entropy.")


@cache
def layer_gradients(depth: int, activation: str = "swish") -> Callable:
    """Gradients for all kernels, from the image up: `f(I, kernels, *, ..., y, alpha, beta, weight)` -> tuple.

    Raises:
        InputError: not a number of layers, or an unknown activation.
    """
    gradients = [_with_error(multilayer.direct(depth, layer), depth) for layer in range(1, depth + 1)]
    return _compiled("gradients", depth, gradients, activation, _TRAINING, "Gradients of Thm 5.7 for every kernel.")


@cache
def layer_fields(depth: int, activation: str = "swish") -> Callable:
    """What stands between the layers: `f(I, kernels, *, ..., y, beta, weight)` -> (I_1, ..., I_L, g_1, ..., g_{L-1}, a)."""
    downward = [multilayer.downward(depth, layer) for layer in range(1, depth)]
    outputs = [*layers(kernels(depth))[1:], *downward, _with_error(a, depth)]
    return _compiled("fields", depth, outputs, activation, _STATE, "Fields between the layers, and the output error.")


@cache
def layer_products(depth: int, layer: int, activation: str = "swish") -> Callable:
    """One layer's Hessian block on a direction, in parts: `f(I, kernels, direction, *, ..., y, beta, weight)` -> tuple.

    The parts are those of `layer_hessian.parts`, without the weight decay: g_l and a held, through g_l, through a.
    """
    parts = layer_hessian.parts(depth, checked_layer(depth, layer))
    products = [_with_error(part, depth) for part in parts]
    title = f"Hessian block of layer {layer} on a direction: g and a held, through g, through a."
    return _compiled("products", depth, products, activation, _STATE, title, kernel_variation(layer))


_STATE = ("y", "beta", "weight")
_TRAINING = ("y", "alpha", "beta", "weight")


def _with_error(expr: sp.Expr, depth: int) -> sp.Expr:
    """The output error and its slope as the derivatives of the loss in the pooled response."""
    given = {a: LOSS.diff(g), error_slope: LOSS.diff(g, 2)}
    return expr.xreplace({symbol: _at_output(value, depth) for symbol, value in given.items()})


def _at_output(expr: sp.Expr, depth: int) -> sp.Expr:
    return expr.xreplace({g: Total(layers(kernels(depth))[-1])})


def _compiled(
    name: str,
    depth: int,
    outputs: sp.Expr | Sequence[sp.Expr],
    activation: str,
    parameters: Sequence[str],
    title: str,
    direction: sp.Symbol | None = None,
) -> Callable:
    """One result where an expression is given, a tuple where several are."""
    fields = ["I", "kernels", *([str(direction)] if direction else [])]
    keywords, several = [*OPERATORS, *parameters], not isinstance(outputs, sp.Expr)
    shared, results = _statements(outputs if several else [outputs], activation_called(activation), [*fields, *keywords])
    returned = results if several else results[0]
    return compile_statements(name, fields, keywords, title, shared, returned, LayerPrinter, {"kernels": kernels(depth)})


def _statements(
    outputs: Sequence[sp.Expr], chosen: Activation, used: Sequence[str]
) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Common parts one by one, then the results; the activation is inserted last: before, it would double them per layer."""
    calls = {call for expr in outputs for call in expr.atoms(sp.Function) if getattr(call, "base", None) == "r"}
    # Asked for as well, so that every argument of an activation is common and has a name.
    arguments = sorted({call.args[0] for call in calls}, key=sp.default_sort_key)
    shared, reduced = sp.cse([*outputs, *arguments], symbols=temporaries(used))
    named = [(symbol, with_activation(value, chosen)) for symbol, value in shared]
    return named, [with_activation(value, chosen) for value in reduced[: len(outputs)]]
