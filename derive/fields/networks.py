r"""The networks and their losses, as expressions of `calculus`.

One layer: :math:`f(I) = s\left[\int r(K \star I)\,dx\right]`, :math:`L(K) = \ell(y, f(I)) + \tfrac{\alpha}{2}\|K\|^2`.
Several: :math:`I_l = r(K_l \star I_{l-1})` from the image :math:`I_0` up, the last of them pooled.

Source: Eq 6, Eq 7; Eq 20-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.fields.calculus import Correlation, Inner, Total, pointwise
from derive.fields.special import Sigmoid
from derive.fields.symbols import I, K, alpha, y, yhat

r = pointwise("r")
"""The activation, unspecified."""

s = pointwise("s")
"""The output nonlinearity, unspecified."""

ell = pointwise("ell", r"\ell_y")
"""The loss l(y, .) as a function of the network's output, the label y held fixed; unspecified."""

g = sp.Symbol("g", real=True)
"""The pooled response, the argument of the output nonlinearity."""


def response(kernel: sp.Expr = K, image: sp.Expr = I) -> sp.Expr:
    """One layer's response before pooling, r(K * I)."""
    return r(Correlation(kernel, image))


def output(kernel: sp.Expr = K, image: sp.Expr = I) -> sp.Expr:
    """The network's output f(I), a number: the response, integrated, goes through s."""
    return s(Total(response(kernel, image)))


def loss(kernel: sp.Expr = K, image: sp.Expr = I) -> sp.Expr:
    """The regularised loss L(K) for any l, s and r."""
    return ell(output(kernel, image)) + alpha / 2 * Inner(kernel, kernel)


def layers(kernels: Sequence[sp.Expr], image: sp.Expr = I) -> list[sp.Expr]:
    """I_0 (the image), I_1, ..., I_L: every layer's response to the one below."""
    fields = [image]
    for kernel in kernels:
        fields.append(response(kernel, fields[-1]))
    return fields


def deep_loss(kernels: Sequence[sp.Expr], image: sp.Expr = I) -> sp.Expr:
    """The regularised loss of a network of several layers, for any l, s and r."""
    decay = sp.Add(*(Inner(kernel, kernel) for kernel in kernels))
    return ell(s(Total(layers(kernels, image)[-1]))) + alpha / 2 * decay


def cross_entropy(prediction: sp.Expr = yhat) -> sp.Expr:
    """Cross-entropy between the label y and a prediction in (0, 1)."""
    return -y * sp.log(prediction) - (1 - y) * sp.log(1 - prediction)


def cross_entropy_of_logit(logit: sp.Expr = g) -> sp.Expr:
    """Cross-entropy after the sigmoid, in the form that neither overflows nor cancels: softplus(g) - y g."""
    from derive.fields.special import Softplus

    return Softplus(logit) - y * logit


def output_error() -> sp.Expr:
    """s'(g) dl/dyhat for the sigmoid and the cross-entropy, as a function of the output yhat = s(g)."""
    slope = sp.diff(Sigmoid(g), g).rewrite(sp.exp)
    logit = sp.log(yhat / (1 - yhat))
    return sp.simplify(sp.diff(cross_entropy(), yhat) * slope.subs(g, logit))
