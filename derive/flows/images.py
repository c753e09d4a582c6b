"""Generated torch code of the flows and losses of images: those of Eq 4."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from derive.printing.codegen import compile_image_flow

_PARAMETERS = ("fidelity", "epsilon")


@cache
def beltrami_flow() -> Callable:
    """Right-hand side of the Beltrami flow, as `beltrami_loss` takes its arguments; integral unused."""
    from derive.derivations import beltrami

    return compile_image_flow("flow", beltrami.flow(), _PARAMETERS, "Right-hand side of the Beltrami flow.")


@cache
def beltrami_loss() -> Callable:
    """Loss of Eq 4, `loss(u, f, *, gradient, divergence, integral, fidelity, epsilon)`; divergence unused."""
    from derive.derivations import beltrami

    return compile_image_flow("loss", beltrami.loss(), _PARAMETERS, "Loss of Eq 4.")
