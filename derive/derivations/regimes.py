r"""Three regimes of the activation: all responses far above 0, near 0, far below 0; each one's linear PDE and bounds.

Far out an activation is a straight line, m x + c, and r' is m. The data then drive the constant kernel alone, through
the error: :math:`\partial_t K = -(s(g) - y)\,m\bar I - s'(g)\,m^2 \bar I^2 \bar K - \alpha K`.

Source: Section 5.4, App. D.5 (Eq 65, 66), Tab 3.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.derivations import linearization, stability_bounds, theorem
from derive.derivations.error_linearised import Kbar, both, nonlinear_flow, of_modes, separate
from derive.errors import choose
from derive.fields.activations import Activation, activation
from derive.fields.calculus import Correlation, TimeDerivative, Total, gradient, pointwise
from derive.fields.linearize import at_state, linearize, with_activation
from derive.fields.networks import g, s
from derive.fields.symbols import A, Field, I, K, a, alpha, alpha_max, alpha_min, area, declare, lr, x, y
from derive.paper.derivation import Derivation, Step

REGIMES = {"activated": 1, "not activated": -1}
K0 = declare("K0", "K_0", "a kernel whose responses all lie in one regime", kind=Field, real=True)
chi = declare("chi", r"\chi", "1 where the response is activated, 0 where it is not", kind=Field, real=True)
norm = declare("driven_norm", r"\|\chi \star I\|^2", "squared norm of chi*I on the window", "image^2", nonnegative=True)
slope = declare("slope", "s'", "slope s'(g) of the output's sigmoid at the state, at most 1/4", nonnegative=True)


@cache
def line(regime: str, name: str = "swish") -> Activation:
    """What an activation is in a regime: its asymptote.

    Raises:
        InputError: unknown regime or activation, or one without an asymptote there.
    """
    return activation(name).asymptote(choose("regime", regime, REGIMES))


@cache
def flow(regime: str, name: str = "swish") -> sp.Expr:
    """The flow about a kernel K0 of the regime, to first order in the deviation K; the error there called a.

    Raises:
        InputError: unknown regime or activation, or one without an asymptote there.
    """
    return expand_error(separate(linearize(with_activation(nonlinear_flow(), line(regime, name)), K0)))


def expand_error(expr: sp.Expr) -> sp.Expr:
    """Call the pooled response at the state g, the error a and the slope of the output s'."""
    outputs = {part: part.func(g) for part in expr.atoms(sp.Function) if getattr(part, "base", None) == "s"}
    return sp.expand(expr.xreplace(outputs).xreplace({s(g): a + y, s(g).diff(g): slope}))


def amplifier(regime: str, constant: bool, name: str = "swish") -> sp.Expr:
    """A of the kernel that is constant on the window, Kbar = |W| K, or of any whose integral is 0."""
    integral = area * K if constant else 0
    return sp.expand(K + lr * flow(regime, name)).subs(Kbar, integral).coeff(K)


@cache
def bound(regime: str, name: str = "swish") -> Stability:
    """|A| < 1 for the constant kernel and for those of integral 0, into which every kernel on a window splits."""
    return both(*(of_modes(amplifier(regime, constant, name)) for constant in (False, True)))


def edges(regime: str, name: str = "swish") -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max), in 1/time: ends of the interval of weight decays that the bound allows."""
    return stability_bounds.edges(bound(regime, name))


def at_rest(expr: sp.Expr) -> sp.Expr:
    """The paper's choice: the output linearised at g = 0, where its slope is greatest."""
    return expr.subs(slope, activation("sigmoid").at(1))


def mixed_flow() -> sp.Expr:
    """About K0, its responses in both regimes: r' is 1 on the activated outputs and 0 on the others, r'' is 0."""
    pooled = Total(chi * Correlation(K, I))
    return expand_error(linearize(-(s(pooled) - y) * Correlation(chi, I) - alpha * K, K0))


def mixed_direction() -> sp.Expr:
    """The one kernel that the data drive: the adjoint of the pooling of the activated outputs."""
    return gradient(Total(chi * Correlation(K, I)), K)


def mixed_amplifier() -> sp.Expr:
    """A of the kernel h = chi*I, whose pooled response is <h, h>; every kernel orthogonal to it only decays."""
    driven = mixed_flow() - at_state(mixed_flow())
    along = driven.subs({Total(chi * Correlation(K, I)): norm, mixed_direction(): K})
    return sp.expand(K + lr * along).coeff(K)


def mixed_edges() -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max) of a mixed state."""
    decaying = of_modes(amplifier("not activated", False))
    return stability_bounds.edges(both(decaying, of_modes(mixed_amplifier())))


def derive() -> Derivation:
    """Limits of the activation, then each regime's flow, amplification factors and bounds; then a mixture."""
    return Derivation(
        id="table-3",
        title="Three regimes of the activation",
        assumptions=(
            "Swish activation, sigmoid, cross-entropy, sum pooling; plane or periodic grid",
            "a regime holds at every output, far from 0 against 1/beta; a = s(g) - y and s' = s'(g) at the pooled response g "
            "of the state",
            "window of |W| > 1 cells; K the deviation from the state K0",
        ),
        steps=(*limit_steps(), *activated_steps(), *other_steps(), *mixed_steps()),
        result=bound("activated"),
        source="App. D.5, Tab 3",
        outputs={
            "activated": edges("activated"),
            "activated_at_rest": tuple(map(at_rest, edges("activated"))),
            "not_activated": edges("not activated"),
            "mixed": mixed_edges(),
            "transitioning": theorem("5.4").outputs["alpha_bounds"],
        },
    )


def limit_steps(name: str = "swish") -> tuple[Step, ...]:
    """What the activation is far out."""
    chosen = activation(name)
    derivatives = [pointwise("r", None, order) for order in (1, 2)]
    return tuple(
        Step(
            f"Far out, {regime}",
            sp.Tuple(
                *(sp.Eq(r(sign * sp.oo), chosen.towards(order, sign)) for order, r in enumerate(derivatives, 1)),
                sp.Eq(pointwise("r")(x), line(regime, name).expression, evaluate=False),
            ),
            "Limits of r' and r'', and the straight line that r approaches.",
        )
        for regime, sign in REGIMES.items()
    )


def activated_steps() -> tuple[Step, ...]:
    """The regime in which the data drive one kernel."""
    flowing, names = flow("activated"), (alpha_min, alpha_max)
    factors = [sp.Eq(A, amplifier("activated", constant)) for constant in (True, False)]
    return (
        Step(
            "Activated",
            sp.Eq(TimeDerivative(K), flowing),
            "K about K0. The error's slope times r' twice: s' Ibar^2 Kbar, with no factor of r'(0) = 1/2.",
        ),
        Step("Activated, constant kernel", factors[0], "K = constant on the window has Kbar = |W| K."),
        Step(
            "Activated, kernels of integral 0",
            factors[1],
            "Kbar = 0: nothing but the decay. A window of several cells has them.",
        ),
        Step(
            "Activated, weight decay",
            sp.Tuple(*map(sp.Eq, names, edges("activated"))),
            "Both |A| < 1. The first needs alpha > -s' |W| Ibar^2 only, the second alpha > 0: both must hold.",
        ),
        Step(
            "Activated, output linearised at g = 0",
            sp.Tuple(*map(sp.Eq, names, map(at_rest, edges("activated")))),
            "s'(0) = 1/4, the greatest slope: the tightest of these bounds.",
        ),
    )


def other_steps() -> tuple[Step, ...]:
    """Near 0, and far below."""
    names, transitioning = (alpha_min, alpha_max), theorem("5.4").outputs["alpha_bounds"]
    return (
        Step("Transitioning", sp.Eq(TimeDerivative(K), linearization.flow()), "Thm 5.2: about K = 0, a constant."),
        Step("Transitioning, weight decay", sp.Tuple(*map(sp.Eq, names, transitioning)), "Thm 5.4."),
        Step("Not activated", sp.Eq(TimeDerivative(K), flow("not activated")), "r' = 0: the data have no say."),
        Step("Not activated, weight decay", sp.Tuple(*map(sp.Eq, names, edges("not activated"))), "A = 1 - lr alpha."),
    )


def mixed_steps() -> tuple[Step, ...]:
    """Outputs of both kinds at once."""
    return (
        Step(
            "Mixed",
            sp.Eq(TimeDerivative(K), mixed_flow()),
            "r' = chi, frozen. The regimes divide the outputs, not the kernel: each of its cells sees all outputs.",
        ),
        Step(
            "Mixed, weight decay",
            sp.Tuple(*map(sp.Eq, (alpha_min, alpha_max), mixed_edges())),
            "Of rank one again: h = chi*I is driven, what is orthogonal to it decays. Activated is chi = 1.",
        ),
    )
