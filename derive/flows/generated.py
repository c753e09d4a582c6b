"""Generated torch code of the flows and the loss that the theorems derive."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from derive.errors import InputError, choose
from derive.fields.activations import activation
from derive.fields.linearize import with_activation
from derive.fields.losses import error, losses, of_response
from derive.fields.networks import g
from derive.fields.symbols import K, a, alpha
from derive.printing.codegen import compile_flow


def _nonlinear(name: str, of: str) -> sp.Expr:
    from derive.derivations import gradient_flow

    held = error(of).subs(g, gradient_flow.POOLED)
    return with_activation(gradient_flow.flow().subs(a, held), activation(name))


def _linear(name: str, of: str) -> sp.Expr:
    from derive.derivations import linearization

    return linearization.flow(name)


def _loss(name: str, of: str) -> sp.Expr:
    from derive.derivations import gradient_flow
    from derive.fields.calculus import Inner

    return with_activation(of_response(of).subs(g, gradient_flow.POOLED), activation(name)) + alpha / 2 * Inner(K, K)


_FLOWS = {"5.1": (_nonlinear, ("y", "alpha", "beta")), "5.2": (_linear, ("a", "alpha", "beta", "image_integral"))}


def flow(theorem: str, activation: str = "swish", backend: str = "torch", loss: str = "cross-entropy") -> Callable:
    """Right-hand side dK/dt of a theorem's PDE as torch code.

    Args:
        theorem: ``"5.1"``: `f(K, *, correlate, adjoint, integral, y, alpha, beta)`;
            ``"5.2"``: `f(K, *, correlate, adjoint, integral, a, alpha, beta, image_integral)`, integral unused.
        activation: name of the activation; `beta` is its parameter where it has one.
        backend: ``"torch"``.
        loss: of 5.1, a name in `losses`; 5.2 holds the output error, and is the same for all.

    Raises:
        InputError: unknown theorem, activation, loss or backend, or an activation without the derivatives that 5.2 needs.
    """
    if backend != "torch":
        raise InputError(f"unknown backend {backend!r} for a flow: expected one of torch")
    choose("flow", theorem, _FLOWS)
    choose("loss", loss, losses)
    return _compiled_flow(theorem, activation, loss)


@cache
def _compiled_flow(theorem: str, activation: str, loss: str) -> Callable:
    build, parameters = _FLOWS[theorem]
    return compile_flow("flow", build(activation, loss), parameters, f"Right-hand side of the PDE of Thm {theorem}.")


def loss(theorem: str = "5.1", activation: str = "swish", loss: str = "cross-entropy") -> Callable:
    """The loss whose gradient flow is Thm 5.1, as torch code `f(K, *, correlate, adjoint, integral, y, alpha, beta)`.

    Args:
        theorem: ``"5.1"``.
        activation: name of the activation.
        loss: a name in `losses`.

    Raises:
        InputError: one of them is unknown.
    """
    choose("loss", theorem, {"5.1": None})
    choose("loss", loss, losses)
    return _compiled_loss(activation, loss)


@cache
def _compiled_loss(activation: str, loss: str) -> Callable:
    return compile_flow("loss", _loss(activation, loss), ("y", "alpha", "beta"), f"Loss of Eq 7, {loss}.")
