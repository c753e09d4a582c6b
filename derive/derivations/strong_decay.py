r"""Step size of a network of any depth under a weight decay that outweighs the data: its limit is 2/alpha.

The gradient of a network is varied along all of its kernels at once. What the decay gives is alpha times the variation; what
the data give is a symmetric operator of it, and F is that on a mode: a multiplier over frequency for a single layer, and, where
no Fourier transform makes it one, an eigenvalue. So the update of a perturbation is :math:`1 - \Delta t(\alpha + F)`.

Source: App. F of the NeurIPS supplement (Eq 48-51).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations import multilayer
from derive.derivations.amplifier import amplifier
from derive.fields.calculus import variation
from derive.fields.layers import kernel_variation, kernels
from derive.fields.symbols import alpha, alpha_max, alpha_min, declare, lr, xi
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

F = declare("F", "F", "curvature of the data term on a mode of one kernel, or of all", "1/time", real=True)
F_min = declare("F_min", r"F_{\min}", "least curvature of the data term over the modes", "1/time", real=True)
F_max = declare("F_max", r"F_{\max}", "greatest curvature of the data term over the modes", "1/time", real=True)
VARIED = declare("dgrad_varied", r"\delta \nabla_{K_1} L", "variation of a gradient along all kernels", real=True)
DECAYED = declare("dgrad_decay", r"\delta \nabla_{K_1} L_\alpha", "the weight decay's part of it", real=True)
DEPTH = 2
"""Of the network whose kernels are varied; more layers add terms to the data's part alone."""

ratio = declare("lr_ratio", r"\frac{\Delta t_{\max}}{2/\alpha}", "largest stable step size over 2/alpha", real=True)


def varied(depth: int, layer: int) -> sp.Expr:
    """Variation of one layer's gradient along all kernels of a network: linear in their variations, a held."""
    pairs = zip(kernels(depth), map(kernel_variation, range(1, depth + 1)), strict=True)
    return sp.Add(*(variation(multilayer.direct(depth, layer), kernel, along) for kernel, along in pairs))


def of_decay(depth: int, layer: int) -> sp.Expr:
    """The part of it that the data do not give."""
    whole = varied(depth, layer)
    return sp.expand(whole - whole.subs(alpha, 0))


def mode(depth: int) -> sp.Expr:
    """Amplifier of a mode, on which the data's part is F times the variation: the same for every layer's kernel."""
    factors = set()
    for layer in range(1, depth + 1):
        own = kernel_variation(layer)
        factors.add(sp.factor((own - lr * (of_decay(depth, layer) + F * own)) / own))
    (factor,) = factors
    return factor


def one_layer() -> sp.Expr:
    """F of a single layer over frequency, from the amplifier of Thm 5.3."""
    return sp.expand((1 - amplifier()) / lr - alpha)


@cache
def bound() -> Stability:
    """|A| < 1 at every curvature between its extremes."""
    return stability(Amplification(sp.Poly(xi - mode(DEPTH), xi), {F: (F_min, F_max)}, sp.Le(F_min, F_max)), "schur", PATIENT)


def edges() -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max), in 1/time: ends of the interval of weight decays that the bound allows."""
    interval = bound().solve("alpha")
    return interval.start, interval.end


def largest_lr() -> sp.Expr:
    """Largest stable step size; none is where alpha <= -F_min."""
    return sp.Min(*(sp.solve(sp.Eq(alpha, edge), lr)[0] for edge in sp.Min.make_args(edges()[1])))


def relative() -> sp.Expr:
    """The largest step size over 2/alpha."""
    return sp.cancel(largest_lr() * alpha / 2)


def limit() -> sp.Expr:
    """As the weight decay grows, the curvature held."""
    return sp.limit(relative(), alpha, sp.oo)


def first_order() -> sp.Expr:
    """The ratio to first order in F_max/alpha."""
    small = sp.Dummy(positive=True)
    return sp.series(relative().subs(alpha, F_max / small), small, 0, 2).removeO().subs(small, F_max / alpha)


def derive() -> Derivation:
    """Demand |A| < 1 at both extremes of F; divide the largest step by 2/alpha; let alpha grow."""
    steps = (
        Step(
            "Gradient of the first layer, varied",
            sp.Eq(VARIED, varied(DEPTH, 1)),
            "Thm 5.7, two layers, along both kernels; a held. All but the decay is the data's part.",
        ),
        Step("Decay's part", sp.Eq(DECAYED, of_decay(DEPTH, 1)), "The same for any depth and layer."),
        Step("Amplification factor", sp.Eq(xi, mode(DEPTH)), "Forward Euler where the data's part is F dK (supp. Eq 49)."),
        Step("One layer", sp.Eq(F, one_layer()), "There F is a multiplier over frequency, Thm 5.3."),
        Step("Condition", bound().condition, "|A| < 1; affine in F, so the extremes of F decide."),
        Step("Weight decay", sp.Tuple(sp.Eq(alpha_min, edges()[0]), sp.Eq(alpha_max, edges()[1])), "Solved for alpha."),
        Step("Step size", sp.Lt(lr, largest_lr()), "Where alpha > -F_min (supp. Eq 50); elsewhere no step is stable."),
        Step("Over 2/alpha", sp.Eq(ratio, relative()), "How far the data moves the bound."),
        Step("First order", sp.Eq(ratio, first_order()), "From below where the data term is convex along some mode."),
        Step("Limit", sp.Eq(sp.Limit(relative(), alpha, sp.oo), limit(), evaluate=False), "F held (supp. Eq 51)."),
    )
    return Derivation(
        id="supp-eq-51",
        title="Step size under strong weight decay",
        assumptions=(
            "any network; F the eigenvalues of the data term's Hessian at the weights, over all kernels at once",
            "ratio: where alpha > -F_min; elsewhere no step is stable",
            "the limit holds F; at a minimiser the weights, and with them F, depend on alpha, but stay bounded as they shrink",
        ),
        steps=steps,
        result=bound(),
        source="supp. Eq 50, 51",
        outputs={
            "alpha_bounds": edges(),
            "largest_lr": (sp.Piecewise((largest_lr(), alpha > edges()[0]), (0, True)),),
            "ratio": (relative(),),
        },
    )
