"""Generated torch code of the flows and the loss that the theorems derive."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from derive.activations import activation
from derive.codegen import compile_flow
from derive.errors import InputError, choose
from derive.linearize import with_activation
from derive.networks import cross_entropy_of_logit, output_error
from derive.special import Sigmoid
from derive.symbols import K, a, alpha, yhat


def _nonlinear(name: str) -> sp.Expr:
    from derive.theorems import gradient_flow

    error = output_error().subs(yhat, Sigmoid(gradient_flow.POOLED))
    return with_activation(gradient_flow.flow().subs(a, error), activation(name))


def _linear(name: str) -> sp.Expr:
    from derive.theorems import linearization

    return linearization.flow(name)


def _loss(name: str) -> sp.Expr:
    from derive.calculus import Inner
    from derive.theorems import gradient_flow

    return with_activation(cross_entropy_of_logit(gradient_flow.POOLED), activation(name)) + alpha / 2 * Inner(K, K)


_FLOWS = {"5.1": (_nonlinear, ("y", "alpha", "beta")), "5.2": (_linear, ("a", "alpha", "beta", "image_integral"))}


def flow(theorem: str, activation: str = "swish", backend: str = "torch") -> Callable:
    """Right-hand side dK/dt of a theorem's PDE as torch code.

    Args:
        theorem: ``"5.1"``: `f(K, *, correlate, adjoint, integral, y, alpha, beta)`, cross-entropy loss;
            ``"5.2"``: `f(K, *, correlate, adjoint, integral, a, alpha, beta, image_integral)`, integral unused.
        activation: name of the activation; `beta` is its parameter where it has one.
        backend: ``"torch"``.

    Raises:
        InputError: unknown theorem, activation or backend, or an activation without the derivatives that 5.2 needs.
    """
    if backend != "torch":
        raise InputError(f"unknown backend {backend!r} for a flow: expected one of torch")
    choose("flow", theorem, _FLOWS)
    return _compiled_flow(theorem, activation)


@cache
def _compiled_flow(theorem: str, activation: str) -> Callable:
    build, parameters = _FLOWS[theorem]
    return compile_flow("flow", build(activation), parameters, f"Right-hand side of the PDE of Thm {theorem}.")


@cache
def loss(theorem: str = "5.1", activation: str = "swish") -> Callable:
    """The loss whose gradient flow is Thm 5.1, as torch code `f(K, *, correlate, adjoint, integral, y, alpha, beta)`."""
    choose("loss", theorem, {"5.1": None})
    return compile_flow("loss", _loss(activation), ("y", "alpha", "beta"), "Loss of Eq 7 with cross-entropy.")
