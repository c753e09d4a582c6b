r"""How the gradient for one layer's kernel changes with that kernel: its Hessian block, exactly, in parts.

The gradient is :math:`a\,(r'(u_l)\,g_l) \star I_{l-1} + \alpha K_l` with :math:`u_l = K_l \star I_{l-1}`. A variation of K_l
moves r'(u_l), but also g_l, through the layers above, and a, through the output. The layer-wise theory keeps the first.

Source: App. F (Eq 94-99), where the second is argued away; the third as in App. D.4.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations import multilayer
from derive.derivations.gradient_flow import ERROR
from derive.fields import networks
from derive.fields.calculus import Correlation, Inner, variation
from derive.fields.layers import (
    I_prev,
    K_l,
    checked_layer,
    dg_l,
    dg_prev,
    dI_prev,
    dK_l,
    error_slope,
    g_l,
    kernel_variation,
    kernels,
    u_l,
)
from derive.fields.networks import g
from derive.fields.symbols import a, alpha, declare
from derive.paper.derivation import Derivation, Step

d_grad = declare("dgrad_L", r"\delta \nabla L", "variation of the gradient of the loss", real=True)


def kept() -> sp.Expr:
    """Variation of the pooled output's gradient through r'(u_l), g_l held."""
    return variation(multilayer.to_kernel(), K_l, dK_l)


def through_g() -> sp.Expr:
    """The same through g_l, whose variation is dg_l."""
    return variation(multilayer.to_kernel(), g_l, dg_l)


def through_error() -> sp.Expr:
    """Variation of a, times the pooled output's gradient."""
    return error_slope * Inner(multilayer.to_kernel(), dK_l) * multilayer.to_kernel()


def downward() -> sp.Expr:
    """dg_{l-1} from dg_l and dI_{l-1}: the recursion of g, varied."""
    return variation(multilayer.to_input(), I_prev, dI_prev) + variation(multilayer.to_input(), g_l, dg_l)


@cache
def parts(depth: int, layer: int) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The block of a numbered layer on a direction, without weight decay: (g_l and a held, through g_l, through a).

    Here dg_l is the variation of the whole of g_l, as the layers above spell it out: no recursion.
    """
    own, direction = kernels(depth)[checked_layer(depth, layer) - 1], kernel_variation(layer)
    above = multilayer.downward(depth, layer)
    numbered = {K_l: own, dK_l: direction, I_prev: networks.layers(kernels(depth))[layer - 1]}
    numbered |= {g_l: above, dg_l: variation(above, own, direction)}
    return tuple(part.xreplace(numbered) for part in (a * kept(), a * through_g(), through_error()))


def derive() -> Derivation:
    """Vary the gradient of Thm 5.7 in its own kernel; vary the recursion of g."""
    first, second, third = (_short(part) for part in (a * kept(), a * through_g(), through_error()))
    whole = sp.Eq(d_grad, first + second + third + alpha * dK_l)
    down = sp.Eq(dg_prev, _short(downward()))
    steps = (
        Step(
            "Through r'(u_l)",
            sp.Eq(d_grad, first),
            "u_l = K_l * I_{l-1}; g_l and a held: all that the layer-wise theory keeps.",
        ),
        Step(
            "Through g_l",
            sp.Eq(d_grad, second),
            "g_l depends on K_l through I_l, which every layer above responds to. App. F argues that dg_l is nearly 0.",
        ),
        Step(
            "dg_l, from the top",
            sp.Eq(dg_l, sp.S.Zero),
            "l = L: g_L = 1 for every kernel, so nothing is lost in the last layer.",
        ),
        Step(
            "dg_l, one layer down",
            down,
            "The recursion of Thm 5.7 varied. By induction each term has a factor r'' of some layer above l: where r'' = 0 "
            "above, g_l does not depend on K_l. It depends on the kernels above l in any case.",
        ),
        Step("Through a", sp.Eq(d_grad, third), "The derivative of a in the pooled response is called a'."),
        Step(
            "a'", sp.Eq(error_slope, ERROR.diff(g)), "For any loss and output; s(g) (1 - s(g)) for sigmoid and cross-entropy."
        ),
        Step("Block", whole, "The three parts and the weight decay."),
    )
    return Derivation(
        id="layer-hessian",
        title="Hessian block of one layer",
        assumptions=("twice differentiable activation", "the other layers' kernels held"),
        steps=steps,
        result=sp.Tuple(whole, down),
        source="for Eq 25",
    )


def _short(expr: sp.Expr) -> sp.Expr:
    return expr.xreplace({Correlation(K_l, I_prev): u_l})
