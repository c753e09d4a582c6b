"""Generated torch code of the flow of an image: that of Eq 4."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from derive.printing.codegen import compile_image_flow

_PARAMETERS = ("fidelity", "epsilon")


@cache
def beltrami_flow() -> Callable:
    """Minus the gradient: `flow(u, f, *, gradient, divergence, integral, fidelity, epsilon)`, integral unused."""
    from derive.derivations import beltrami

    return compile_image_flow("flow", beltrami.flow(), _PARAMETERS, "Right-hand side of the Beltrami flow.")
