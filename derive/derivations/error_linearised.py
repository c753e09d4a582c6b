r"""The linear PDE when the output error depends on the kernel too, and its exact bounds on the whole grid.

The error adds one term, :math:`\bar I^2 \bar K`: constant in space, linear in K. On a grid that the kernel fills it
touches the mode omega = 0 alone; on a smaller window it is the matrix of ones, of rank one.

Source: App. D.4 (Eq 59-64; NeurIPS Eq 28-33).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations import amplifier as error_constant
from derive.derivations import gradient_flow, stability_bounds
from derive.fields import networks
from derive.fields.activations import Activation, activation
from derive.fields.calculus import Correlation, TimeDerivative, Total, expand_linear
from derive.fields.dft import Dirac, FrequencyConvolution, Khat, Khat_next, transform
from derive.fields.linearize import at_state, linearize, with_activation
from derive.fields.networks import r, s
from derive.fields.symbols import (  # fmt: skip
    A,
    I,
    Ibar,
    K,
    a,
    alpha,
    alpha_max,
    alpha_min,
    area,
    declare,
    lr,
    omega,
    power,
    power_max,
    power_min,
    xi,
    y,
    yhat,
)
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

Kbar = declare("kernel_integral", r"\bar{K}", "integral (sum) of the kernel", real=True)
A_0 = declare("A_0", "A(0)", "amplification factor at omega = 0", real=True)
drive = declare("drive", r"\lambda", "an eigenvalue of the linear flow without its decay, sign changed", "1/time", real=True)
drive_min = declare("drive_min", r"\lambda_{\min}", "least of them", "1/time", real=True)
drive_max = declare("drive_max", r"\lambda_{\max}", "greatest of them", "1/time", real=True)
GRAM = Correlation(Correlation(K, I), I)
INTEGRALS = {K: Kbar, I: Ibar}
DIRAC = Dirac(omega)


def separate(expr: sp.Expr) -> sp.Expr:
    """The integral of a correlation is the product of the integrals: on the plane, and on a periodic grid."""
    if isinstance(expr, Total) and isinstance(expr.args[0], Correlation):
        return sp.Mul(*(INTEGRALS.get(part, Total(part)) for part in expr.args[0].args))
    return expr.func(*map(separate, expr.args)) if expr.args else expr


def error() -> sp.Expr:
    """The output error as a function of the kernel, s and r unspecified."""
    return networks.output_error().subs(yhat, s(gradient_flow.POOLED))


def nonlinear_flow() -> sp.Expr:
    """Right-hand side of Thm 5.1 with the error written out."""
    return gradient_flow.flow().subs(a, error())


def specified(expr: sp.Expr, inner: Activation) -> sp.Expr:
    """Insert an activation, and the sigmoid at the output."""
    return sp.expand(with_activation(with_activation(expr, inner), activation("sigmoid"), "s"))


def error_at_rest(inner: Activation) -> sp.Expr:
    """The error at K = 0, which is the constant a of Thm 5.2."""
    return specified(expand_linear(at_state(error())), inner)


def linear_error() -> sp.Expr:
    """The error to first order in K, s and r unspecified."""
    return separate(linearize(error()))


def linear_flow(inner: Activation) -> sp.Expr:
    """The flow to first order in K, for an activation and the sigmoid, the error at K = 0 called a.

    Raises:
        InputError: the activation has no r'(0) or r''(0).
    """
    (label,) = sp.solve(sp.Eq(a, error_at_rest(inner)), y)
    return sp.expand(specified(separate(linearize(nonlinear_flow())), inner).subs(y, label))


def flow(name: str = "swish") -> sp.Expr:
    """The same, the activation by its name.

    Raises:
        InputError: unknown activation, or one without r'(0) or r''(0).
    """
    return linear_flow(activation(name))


def coefficients(name: str = "swish") -> tuple[sp.Expr, sp.Expr]:
    """(of (K*I)*I, of Ibar^2 Kbar) in minus the flow."""
    rate = -flow(name)
    return rate.coeff(GRAM), rate.coeff(Kbar).coeff(Ibar**2)


def windowed_update() -> sp.Expr:
    """Transform of the windowed update: a Dirac convolved with What/(2 pi)^2 is What/(2 pi)^2."""
    unforced, decay = sp.expand(lr * flow()).as_independent(alpha)
    driven = transform(unforced)
    varying = driven.subs(DIRAC, 0)
    constants = sp.expand((driven - varying).subs(DIRAC, 1) * error_constant.WINDOW)
    return FrequencyConvolution(varying, error_constant.WINDOW) + constants + transform(decay)


def amplifier(at_zero: bool) -> sp.Expr:
    """A at omega = 0, or at any other frequency, on a periodic grid of |W| cells which the kernel fills."""
    update = transform(sp.expand(lr * flow()))
    if not at_zero:
        return sp.expand(Khat + update.subs(DIRAC, 0)).coeff(Khat)
    here = update.subs({DIRAC: area / (2 * sp.pi) ** 2, Khat: Kbar, power: Ibar**2})
    return sp.expand(Kbar + here).coeff(Kbar)


def shift() -> sp.Expr:
    """What the error's dependence on K adds at omega = 0 to the amplifier of Thm 5.3."""
    return sp.expand(amplifier(True) - error_constant.amplifier().subs(power, Ibar**2))


def of_modes(factor: sp.Expr, variable: sp.Symbol | None = None, *ends: sp.Expr) -> Stability:
    """|A| < 1 for one mode, or for all whose `variable` lies between two ends."""
    box = {} if variable is None else {variable: ends}
    return stability(Amplification(sp.Poly(xi - factor, xi), box, sp.Le(*ends) if ends else sp.true), "schur", PATIENT)


def both(first: Stability, second: Stability) -> Stability:
    """Two sets of modes that do not mix: the product of their polynomials, and both conditions."""
    condition = sp.And(first.condition, second.condition)
    return replace(first, polynomial=first.polynomial * second.polynomial, condition=condition)


@cache
def bound() -> Stability:
    """|A| < 1 at omega = 0, and at all others, whose |Ihat|^2 lie between power_min and power_max."""
    return both(of_modes(amplifier(False), power, power_min, power_max), of_modes(amplifier(True)))


def for_sign(sign: int) -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max) for a of known sign."""
    zero = of_modes(amplifier(True))
    low, high = stability_bounds.for_sign(sign, stability_bounds.edges(of_modes(amplifier(False), power, power_min, power_max)))
    at_zero = stability_bounds.edges(zero)
    return sp.Max(low, at_zero[0]), sp.Min(high, at_zero[1])


@cache
def on_window() -> Stability:
    """The condition on a window, in the extreme eigenvalues of its operator."""
    return of_modes(1 - lr * (alpha + drive), drive, drive_min, drive_max)


def derive() -> Derivation:
    """Write the error out, linearise, transform, split the frequencies, solve for alpha; then the window."""
    steps = (*linear_steps(), *grid_steps(), *window_steps())
    return Derivation(
        id="D.4",
        title="Linear PDE with the error linearised too",
        assumptions=(
            "about K = 0; Swish activation, sigmoid, cross-entropy; a = s(0) - y",
            "plane or periodic grid, sum pooling",
            "bounds: the kernel fills the grid of |W| > 1 cells; P_min and P_max are the extremes of |Ihat|^2 over omega "
            "other than 0",
        ),
        steps=steps,
        result=bound(),
        source="App. D.4",
        outputs={
            "alpha_bounds": stability_bounds.edges(bound()),
            "coefficients": coefficients(),
            "amplifier_at_zero": (amplifier(True),),
            "amplifier_elsewhere": (amplifier(False),),
            "error_at_rest": (error_at_rest(activation("swish")),),
            "windowed_alpha_bounds": stability_bounds.edges(on_window()),
        },
    )


def linear_steps() -> tuple[Step, ...]:
    """From the flow to its linear part."""
    dt_K, nothing = TimeDerivative(K), {r(sp.S.Zero): sp.S.Zero}
    return (
        Step("Flow", sp.Eq(dt_K, nonlinear_flow()), "Thm 5.1, the error written out as a function of K."),
        Step(
            "Error to first order",
            sp.Eq(yhat - y, linear_error().xreplace(nothing)),
            "About K = 0, where r(0) = 0. The integral of K*I is the product of the integrals of K and I.",
        ),
        Step(
            "Flow to first order",
            sp.Eq(dt_K, separate(linearize(nonlinear_flow())).xreplace(nothing)),
            "Product rule; r'(0) comes in twice.",
        ),
        Step("Swish and sigmoid", sp.Eq(dt_K, flow()), "r'(0) = 1/2, r''(0) = beta/2, s'(0) = 1/4; a = s(0) - y."),
    )


def grid_steps() -> tuple[Step, ...]:
    """The whole grid: omega = 0 and the rest."""
    names = (alpha_min, alpha_max)
    return (
        Step(
            "Amplification factor, omega = 0", sp.Eq(A_0, amplifier(True)), "A constant 1 has the transform |W| at omega = 0."
        ),
        Step("Amplification factor, other omega", sp.Eq(A, amplifier(False)), "The same as with a constant error, Thm 5.3."),
        Step(
            "Against a constant error",
            sp.Eq(A_0 - A, shift(), evaluate=False),
            "A with P = Ibar^2. At omega = 0 alone, for either sign of a: the curvature rises by |W| Ibar^2/16.",
        ),
        Step("Condition", bound().condition, "|A| < 1 at omega = 0 and at the extremes of |Ihat|^2 over the others."),
        *(
            Step(f"Weight decay, a {relation} 0", sp.Tuple(*map(sp.Eq, names, for_sign(sign))), "Solved for alpha.")
            for sign, relation in ((1, ">"), (-1, "<"))
        ),
    )


def window_steps() -> tuple[Step, ...]:
    """A window smaller than the grid."""
    return (
        Step(
            "Windowed form",
            sp.Eq(Khat_next - Khat, windowed_update()),
            "Both constants come out as the window's transform. The linear one is What(omega) Khat(0), as Kbar = Khat(0) is "
            "a number: of rank one. What(omega) Khat(omega) would be a smoothing, whose multiplier takes both signs.",
        ),
        Step(
            "Bounds on a window",
            sp.Tuple(*map(sp.Eq, (alpha_min, alpha_max), stability_bounds.edges(on_window()))),
            "Extreme eigenvalues of (a beta/2) M + (Ibar^2/16) 1 1^T, M the matrix of (K*I)*I on the window and 1 one on each "
            "of its cells. On a periodic grid this is a compression of the whole grid's, so its eigenvalues lie within the "
            "whole grid's (Cauchy): what is stable there is stable on every window. The rank-one term is not negative, so each "
            "eigenvalue lies between that of (a beta/2) M and the next (Weyl): it takes one mode at most past the bounds of M.",
        ),
    )
