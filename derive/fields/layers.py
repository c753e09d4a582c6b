"""Fields of a network of several layers: of one generic layer l, and of numbered layers.

Source: Eq 20, 21.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.errors import InputError
from derive.fields.symbols import Field, declare

K_l = declare("K_l", r"K_l", "kernel of layer l", kind=Field, real=True)
I_prev = declare("I_prev", r"I_{l-1}", "input of layer l", kind=Field, real=True)
I_l = declare("I_l", r"I_l", "output of layer l", kind=Field, real=True)
g_l = declare("g_l", r"g_l", "gradient of the pooled output with respect to the output of layer l", kind=Field, real=True)
g_prev = declare("g_prev", r"g_{l-1}", "the same with respect to the input of layer l", kind=Field, real=True)
u_l = declare("u_l", r"u_l", "K_l * I_{l-1}, the argument of layer l's activation", kind=Field, real=True)

dK_l = declare("dK_l", r"\delta K_l", "a variation of the kernel of layer l", kind=Field, real=True)
dI_prev = declare("dI_prev", r"\delta I_{l-1}", "a variation of the input of layer l", kind=Field, real=True)
dI_l = declare("dI_l", r"\delta I_l", "the variation of the output of layer l", kind=Field, real=True)
dg_l = declare("dg_l", r"\delta g_l", "the variation of g_l", kind=Field, real=True)
dg_prev = declare("dg_prev", r"\delta g_{l-1}", "the variation of g_{l-1}", kind=Field, real=True)

error_slope = declare("a'", r"a'", "derivative of the output error a in the pooled response", real=True)
weight = declare("weight", r"w_p", "weight of the pooling: 1 for the sum, 1/(number of outputs) for the mean", positive=True)


@cache
def kernel(layer: int) -> sp.Symbol:
    """The kernel of a numbered layer, 1 being next to the image."""
    return declare(f"K_{layer}", rf"K_{{{layer}}}", f"kernel of layer {layer}", kind=Field, real=True)


@cache
def kernel_variation(layer: int) -> sp.Symbol:
    """A variation dK_l of that kernel: the direction that a functional is differentiated along."""
    return declare(
        f"dK_{layer}", rf"\delta K_{{{layer}}}", f"a variation of the kernel of layer {layer}", kind=Field, real=True
    )


def kernels(depth: int) -> tuple[sp.Symbol, ...]:
    """The kernels of a network of `depth` layers, from the image up.

    Raises:
        InputError: a depth that is not a positive integer.
    """
    if not isinstance(depth, int) or depth < 1:
        raise InputError(f"expected a number of layers of at least 1, got {depth!r}")
    return tuple(kernel(layer) for layer in range(1, depth + 1))


def checked_layer(depth: int, layer: int) -> int:
    """A layer's number, from 1 to `depth`.

    Raises:
        InputError: otherwise.
    """
    if not isinstance(layer, int) or not 1 <= layer <= depth:
        raise InputError(f"expected a layer from 1 to {depth}, got {layer!r}")
    return layer
