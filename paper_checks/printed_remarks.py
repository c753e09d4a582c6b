r"""What the paper PRINTS in passing, beside its theorems: remarks that have a row of their own. Nothing here is derived."""

from __future__ import annotations

import sympy as sp

from derive.derivations.error_recursion import error, i, n, uhat
from derive.fields.symbols import A, a, alpha, beta, lr, power_max, z
from paper_checks.typeset import claim

BACKGROUND = [
    claim(
        "eq-3", "3", "Recursion of the error",
        "With epsilon_n the error that step n of Eq 2 adds, {step}, or {solved}, i from 0 to n - 1: errors are attenuated over iterations where "
        "|A| < 1, and amplified where |A| >= 1.", "NeurIPS Eq 3, Section 3.1",
        {
            "step": sp.Eq(uhat(n + 1), A * uhat(n) + error(n)),
            "solved": sp.Eq(uhat(n), A**n * uhat(0) + sp.Sum(A**i * error(n - i), (i, 0, n - 1))),
        },
    ),
    claim(
        "convergence", "3", "Stability implies convergence",
        "If the discretisation error of the operator on the right-hand side is less than O(dx), stability also implies convergence to the solution "
        "of the PDE as dt -> 0.", "Section 3.1",
    ),
]  # fmt: skip

NETWORK = [
    claim(
        "relu", "4", "ReLU, its slope at 0, and Swish",
        "As beta -> oo Swish approaches ReLU. The gradient of ReLU is sensitive to fluctuations around {kink:g}; implementations take {values[0]:g}, "
        "{values[1]:g} or {values[2]:g} at {kink:g}, but this has the same sensitivity.", "Section 4.2",
        values=(0.0, 0.5, 1.0), kink=0.0,
    ),
    claim(
        "indicators", "5.1", "Kernel of indicator functions",
        "For K a sum of variably weighted indicator functions centred around the pixels, gradient descent of the weights is the right-hand side of "
        "Eq 8 evaluated at the location of the indicator functions.", "Section 5.1, after Eq 9",
    ),
    claim(
        "bias", "5.1", "Bias",
        "The bias is not included in the network, as it does not impact the analysis nor the conclusions.", "Section 5.1, after Eq 6",
    ),
    claim(
        "any-loss", "5.1", "Losses other than cross-entropy",
        "Conclusions are not restricted to cross-entropy, which makes some expressions simpler.", "Section 5.1, after Eq 7",
    ),
    claim(
        "sign-of-error", "5.2", "Weight decay and the sign of the error",
        "For a > 0 the second condition, {condition}, is met automatically, since beta > 0; for a < 0 the weight decay must be chosen large enough.",
        "Section 5.2, after Thm 5.4",
        {"condition": sp.Gt(alpha, -a * beta * power_max / 2)},
    ),
    claim(
        "generous", "5.5", "Nesterov's step sizes",
        "Nesterov momentum does not change the existence of bounds, though Nesterov's scheme has more generous step sizes: {nesterov} by Eq 73, where "
        "gradient descent has {descent}.", "v4, after Thm 5.6",
        {"nesterov": sp.Lt(lr, 2 / sp.sqrt(3 * z)), "descent": sp.Lt(lr, 2 / z)},
    ),
]  # fmt: skip

EDGE = [
    claim(
        "quadratic", "6", "A quadratic at the edge of stability",
        "A function (its formula is lost) whose gradient descent oscillates between {points[0]:g} and {points[1]:g} when the step size is {lr:g}, which is at the "
        "edge of stability.", "v4, Section 6",
        points=(1.0, -1.0), lr=1.0,
    ),
]  # fmt: skip
