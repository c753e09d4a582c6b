r"""One layer inside a deep network, by regime of its activation: is g_l independent of K_l, and which bounds follow.

In a regime the activation has a constant slope r' and bend r''. Then g_l is a constant G_l away from the border, its
variation is a multiplier S_l over frequency, and the layer's curvature is :math:`F = a|\hat I_{l-1}|^2 (r'' G_l + r'^2 S_l)`.
The layer-wise theory has S_l = 0. That is right where r'' = 0 above l; in the transitioning regime the kernels above
decide, and S_l can outweigh the rest.

Source: Eq 25 and the text around it, App. F (Eq 94-99).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations import layer_hessian, multilayer, stability_bounds
from derive.fields.activations import activation
from derive.fields.calculus import Correlation, expand_linear, pointwise, variation
from derive.fields.dft import TRANSFORMS, transform
from derive.fields.layers import I_prev, K_l, dg_l, dI_prev, dK_l, g_l
from derive.fields.networks import r
from derive.fields.symbols import Field, a, alpha, alpha_max, alpha_min, declare, lr, power, power_max, power_min, x, xi
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

slope = declare("slope", r"r'", "slope of the activation in a regime", real=True)
bend = declare("bend", r"r''", "second derivative of the activation in a regime", real=True)
G_l = declare("G_l", r"G_l", "constant value of g_l", real=True)
G_prev = declare("G_prev", r"G_{l-1}", "constant value of g_{l-1}", real=True)
S_l = declare("S_l", r"S_l", "transform of dg_l over that of dI_l", real=True)
S_prev = declare("S_prev", r"S_{l-1}", "transform of dg_{l-1} over that of dI_{l-1}", real=True)
a_l = declare("a_l", r"a_l", "output error times the constant value of g_l", real=True)
F_l = declare("F_l", r"F_l", "curvature of the data term along layer l's kernel, at a frequency", real=True)
kernel_sum = declare("K_sum", r"\bar{K}_l", "integral (sum) of the kernel of layer l", real=True)
kernel_power = declare("K_power", r"|\hat{K}_l|^2", "power spectrum of the kernel of layer l", nonnegative=True)
lost = declare("lost", r"\frac{r'^2 S_l}{r'' G_l}", "part of the curvature through g_l over the part kept", real=True)

_HATS = {
    field: declare(f"{field}_hat", rf"\hat{{{name}}}", "a transform", kind=Field)
    for field, name in (
        (K_l, "K_l"),
        (dK_l, r"\delta K_l"),
        (I_prev, "I_{l-1}"),
        (dI_prev, r"\delta I_{l-1}"),
        (dg_l, r"\delta g_l"),
    )
}
TRANSFORMS.update(_HATS)
_ACTIVATED, _TRANSITIONING, _NOT_ACTIVATED = REGIMES = ("activated", "transitioning", "not activated")


@cache
def regime(which: str, name: str = "swish") -> tuple[sp.Expr, sp.Expr]:
    """(r', r'') far above zero, at zero, or far below zero."""
    point = dict(zip(REGIMES, (sp.oo, 0, -sp.oo), strict=True))[which]
    chosen = activation(name)
    if point == 0:
        return chosen.at(1), chosen.at(2)
    return tuple(sp.limit(chosen.derivative(n).rewrite(sp.exp), x, point) for n in (1, 2))


def in_regime(expr: sp.Expr) -> sp.Expr:
    """Constant slope and bend for r' and r'', the constant G_l for g_l; numbers drawn out of the operators."""
    argument = Correlation(K_l, I_prev)
    constants = {r(x).diff(x, n).subs(x, argument): value for n, value in ((1, slope), (2, bend))}
    return expand_linear(expr.xreplace({**constants, g_l: G_l}))


def constant_down() -> sp.Expr:
    """G_{l-1} from G_l: the recursion of g down one layer, on constants, of which the kernel leaves its integral."""
    (integral,) = in_regime(multilayer.to_input()).atoms(sp.Function)
    return in_regime(multilayer.to_input()).xreplace({integral: kernel_sum})


def feedback_down() -> sp.Expr:
    """S_{l-1} from S_l, by the transform of the varied recursion of g."""
    below = transform(in_regime(layer_hessian.downward()))
    return _multiplier(below, in_regime(variation(multilayer.LAYER, I_prev, dI_prev)), dI_prev)


def curvature() -> sp.Expr:
    """F_l: the factor of the kernel's variation in that of the gradient, a held."""
    whole = transform(in_regime(a * (layer_hessian.kept() + layer_hessian.through_g())))
    return _multiplier(whole, in_regime(variation(multilayer.LAYER, K_l, dK_l)), dK_l)


def _multiplier(transformed: sp.Expr, response: sp.Expr, direction: sp.Symbol) -> sp.Expr:
    """The factor of a direction's transform once the transform of dg_l is S_l times that of dI_l, the layer's response."""
    inserted = transformed.subs(_HATS[dg_l], S_l * transform(response))
    factor = sp.expand(sp.cancel(sp.expand(inserted) / _HATS[direction]))
    pairs = ((I_prev, power), (K_l, kernel_power))
    return sp.factor(factor.subs([(_HATS[f] * sp.conjugate(_HATS[f]), square) for f, square in pairs]))


def layerwise_curvature(name: str = "swish") -> sp.Expr:
    """F_l as the layer-wise theory has it: transitioning, nothing through g_l, a G_l called a_l."""
    first, second = regime(_TRANSITIONING, name)
    return sp.expand(curvature().subs({S_l: 0, slope: first, bend: second})).subs(a * G_l, a_l)


@cache
def bound() -> Stability:
    """|A| < 1 for the layer-wise curvature at every value of |Ihat_{l-1}|^2 between its extremes."""
    update = lr * (alpha + layerwise_curvature())
    box = {power: (power_min, power_max)}
    return stability(Amplification(sp.Poly(xi - 1 + update, xi), box, stability_bounds.ORDERED), "schur", PATIENT)


def lost_below_the_top() -> sp.Expr:
    """Part lost over part kept in the layer next to the top, whose G and S are 1 and 0, all transitioning."""
    top = {G_l: sp.S.One, S_l: sp.S.Zero}
    above, feedback = constant_down().subs(top), feedback_down().subs(top)
    return sp.cancel(slope**2 * feedback / (bend * above))


def derive() -> Derivation:
    """Constants for r' and r'' in each regime; transform of the varied recursion; curvature; bounds."""
    low, high = stability_bounds.edges(bound())
    steps = (
        *_regime_steps(),
        Step(
            "Layer-wise curvature",
            sp.Eq(F_l, layerwise_curvature()),
            "Swish, transitioning, S = 0, a_l = a G_l: as in Thm 5.4.",
        ),
        Step(
            "Weight decay", sp.Tuple(sp.Eq(alpha_min, low), sp.Eq(alpha_max, high)), "Thm 5.4 with a_l for a, any sign of a_l."
        ),
        Step("Step size", sp.Contains(lr, bound().solve("lr"), evaluate=False), "Solved for the step size."),
    )
    return Derivation(
        id="eq-25",
        title="Bounds layer by layer",
        assumptions=(
            "every layer in one regime, so r' and r'' constant in space; borders neglected",
            "a held constant, the kernels of the other layers held",
            "bounds: layer l transitioning, and nothing through g_l",
        ),
        steps=steps,
        result=bound(),
        source="Eq 25",
        outputs={
            "alpha_bounds": (low, high),
            "largest_lr": (stability_bounds.largest_of(bound().solve("lr")),),
            "constant": (constant_down(),),
            "feedback": (feedback_down(),),
            "curvature": (curvature(),),
        },
    )


def _regime_steps() -> tuple[Step, ...]:
    """What g_l and its variation are in each regime."""
    flat = {bend: 0, S_l: 0}
    return (
        Step("Regimes of Swish", _table(), "Limits at +oo, value at 0, limits at -oo: r' and r'' in this order."),
        Step("g_l as a constant", sp.Eq(G_prev, constant_down()), "The recursion of g with r' constant; G_L = 1."),
        Step(
            "dg_l as a multiplier",
            sp.Eq(S_prev, feedback_down()),
            "Transform of dg_{l-1}, with that of dg_l called S_l times that of dI_l; S_L = 0. r', r'' are those of layer l.",
        ),
        Step("Curvature of layer l", sp.Eq(F_l, curvature()), "Transform of the varied gradient, a held."),
        Step(
            "Activated, not activated",
            sp.Tuple(sp.Eq(S_prev, feedback_down().subs(flat)), sp.Eq(F_l, curvature().subs(flat))),
            "r'' = 0 and S = 0 from the top down: g_l is independent of K_l and the data do not bound the step (a held).",
        ),
        Step(
            "Transitioning: what is lost",
            sp.Eq(lost, lost_below_the_top()),
            "Layer L - 1, K_l the kernel above it: small only if that kernel is. Where its sum is 0 the kept part vanishes "
            "and the lost one does not; for the last layer nothing is lost.",
        ),
    )


def _table() -> sp.Tuple:
    derivatives = [pointwise("r", None, order) for order in (1, 2)]
    points = zip(REGIMES, (sp.oo, sp.S.Zero, -sp.oo), strict=True)
    rows = (zip(derivatives, regime(which), (point, point), strict=True) for which, point in points)
    return sp.Tuple(*(sp.Eq(r_n(point), value, evaluate=False) for row in rows for r_n, value, point in row))
