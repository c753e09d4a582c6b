r"""Gradient of the loss with respect to the kernel of any layer, for any number of layers, loss and activation.

One generic layer :math:`I_l = r(K_l \star I_{l-1})` is differentiated once, by the adjoints of the calculus. If
:math:`g_l` is the gradient of the pooled output with respect to :math:`I_l`, the adjoint in :math:`I_{l-1}` turns it into
:math:`g_{l-1}`, and the adjoint in :math:`K_l` into the gradient for :math:`K_l`. With :math:`g_L = 1` that is an induction
from the top down, so it holds for every depth L; `direct` differentiates a network of given depth whole, to compare.

Source: Thm 5.7 (Eq 20-24), App. F.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations.gradient_flow import ERROR
from derive.fields import networks
from derive.fields.calculus import Convolution, Correlation, Inner, Total, expand_linear, gradient, pullback, variation
from derive.fields.layers import I_l, I_prev, K_l, checked_layer, dI_l, dI_prev, dK_l, g_l, g_prev, kernels
from derive.fields.networks import g
from derive.fields.symbols import L, a, alpha, grad_L, yhat
from derive.paper.derivation import Derivation, Step

LAYER = networks.response(K_l, I_prev)


def to_input() -> sp.Expr:
    """g_{l-1} from g_l: the adjoint of one layer in its input."""
    return pullback(LAYER, g_l, I_prev)


def to_kernel() -> sp.Expr:
    """Gradient of the pooled output with respect to K_l from g_l: the adjoint of one layer in its kernel."""
    return pullback(LAYER, g_l, K_l)


def top() -> sp.Expr:
    """g_L: gradient of the pooling."""
    return gradient(Total(I_l), I_l)


def layer_gradient() -> sp.Expr:
    """Gradient of the loss with respect to K_l, the error s'(g) l'(s(g)) called a, g_l from the recursion."""
    return a * to_kernel() + gradient(alpha / 2 * Inner(K_l, K_l), K_l)


@cache
def downward(depth: int, layer: int) -> sp.Expr:
    """g_l of a network of given depth, by the recursion."""
    above, fields = top(), networks.layers(kernels(depth))
    for upper in range(depth, checked_layer(depth, layer), -1):
        above = to_input().xreplace({K_l: kernels(depth)[upper - 1], I_prev: fields[upper - 1], g_l: above})
    return above


def by_recursion(depth: int, layer: int) -> sp.Expr:
    """Gradient for a numbered layer, by the recursion."""
    fields, own = networks.layers(kernels(depth)), kernels(depth)[checked_layer(depth, layer) - 1]
    return layer_gradient().xreplace({K_l: own, I_prev: fields[layer - 1], g_l: downward(depth, layer)})


@cache
def direct(depth: int, layer: int) -> sp.Expr:
    """The same by differentiating the loss of the whole network: no recursion, no induction."""
    own = kernels(depth)[checked_layer(depth, layer) - 1]
    whole = Total(networks.layers(kernels(depth))[-1])
    derivative = gradient(networks.deep_loss(kernels(depth)), own).xreplace({whole: g})
    return sp.expand(expand_linear(derivative).subs(ERROR, a))


def derive() -> Derivation:
    """One layer forward, its two adjoints, the recursion, its start; a network of two layers whole, to compare."""
    forward = variation(LAYER, K_l, dK_l) + variation(LAYER, I_prev, dI_prev)
    steps = (
        Step("Layer", sp.Eq(I_l, LAYER), "Eq 20. Cross-correlation, (K*I)(x) = sum of K(z) I(x + z) over z; I_0 is the image."),
        Step(
            "Loss, of two layers",
            sp.Eq(L, networks.deep_loss(kernels(2))),
            "Eq 21, 22; I_2 is pooled. Every further layer is one more correlation and r inside, and one more decay.",
        ),
        Step("Variation of one layer", sp.Eq(dI_l, forward), "Any directions dK_l and dI_{l-1}."),
        Step("Adjoints", _adjoints(), "Exchange the integrals: in the kernel again a correlation, in the image a convolution."),
        Step("Top", sp.Eq(g_l, top()), "l = L: the pooling is an integral, so g_L = 1."),
        Step(
            "One layer down",
            sp.Eq(g_prev, to_input()),
            "<g_l, dI_l> = <g_{l-1}, dI_{l-1}>. With g_L = 1 this gives every g_l, for any L (Eq 24).",
        ),
        Step("Gradient", sp.Eq(grad_L, layer_gradient()), "<g_l, dI_l> for a direction dK_l, times a (Eq 23)."),
        Step("Cross-entropy", sp.Eq(a, networks.output_error()), f"s the sigmoid, {yhat} = s(g)."),
        Step("Two layers, whole, K_1", sp.Eq(grad_L, direct(2, 1)), "Differentiated without the recursion; the same."),
        Step("Two layers, whole, K_2", sp.Eq(grad_L, direct(2, 2)), "Likewise; of the form of Thm 5.1 on the image I_1."),
    )
    return Derivation(
        id="5.7",
        title="Gradient of any layer of an L-layer network",
        assumptions=(
            "one channel; any number of layers L",
            "any pointwise activation r, differentiable where it is taken; any loss",
            "the kernel's window, where there is one, multiplies the gradient as in Thm 5.1",
        ),
        steps=steps,
        result=sp.Tuple(sp.Eq(grad_L, layer_gradient()), sp.Eq(g_prev, to_input())),
        source="Thm 5.7",
    )


def _adjoints() -> sp.Tuple:
    """<g, dK * I> = <g * I, dK>, and <g, K * dI> = <conv(K, g), dI>: both sides from the calculus."""
    in_kernel = Inner(g_l, Correlation(dK_l, I_prev)), Inner(pullback(Correlation(K_l, I_prev), g_l, K_l), dK_l)
    in_image = Inner(g_l, Correlation(K_l, dI_prev)), Inner(pullback(Correlation(K_l, I_prev), g_l, I_prev), dI_prev)
    assert in_image[1].has(Convolution)
    return sp.Tuple(*(sp.Eq(*pair, evaluate=False) for pair in (in_kernel, in_image)))
