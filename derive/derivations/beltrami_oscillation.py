r"""Beyond its stable step the Beltrami flow oscillates; it blows up only when the fidelity term alone does.

On flat ground the mode that goes first is :math:`c\,(-1)^{j_1 + j_2 + \dots}`. Inserted into the discrete flow itself, not
linearised, it closes: an equation for c, whose orbit c -> -c -> c is a restrained instability in closed form.

Source: explains Fig 2.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations import beltrami
from derive.fields.calculus import TimeDerivative
from derive.fields.discretize import Offset, Stencil
from derive.fields.symbols import amplitude, dx, epsilon, f, fidelity, lr, multiple, slope, u
from derive.paper.derivation import Derivation, Step


@cache
def rate(dims: int) -> sp.Expr:
    """dc/dt where u - f = c (-1)^(j_1 + ...) and f is constant."""

    def chequered(j: Offset) -> sp.Expr:
        return amplitude * sp.S.NegativeOne ** sum(j)

    return sp.simplify(Stencil(dims, {u: chequered, f: lambda j: sp.S.Zero})(beltrami.flow()))


def onset(dims: int) -> sp.Expr:
    """The step at which an infinitely small c is turned into -c."""
    factor = 1 + lr * sp.limit(rate(dims) / amplitude, amplitude, 0)
    return sp.factor(sp.solve(sp.Eq(factor, -1), lr)[0])


@cache
def orbit(dims: int) -> sp.Expr:
    """The amplitude that a step turns into its negative: that of a flux of full strength, less what epsilon rounds off."""
    amplitudes = sp.solve(sp.Eq(amplitude + lr * rate(dims), -amplitude), amplitude)
    square = amplitudes[0] ** 2
    saturated = sp.factor(square.subs(epsilon, 0))
    return sp.sqrt(saturated + sp.factor(square - saturated))


def residual(dims: int) -> sp.Expr:
    """Amplitude of the lasting oscillation at any step size: 0 when stable, infinite from the blow-up on."""
    square = orbit(dims) ** 2  # negative below the onset
    return sp.Piecewise((sp.sqrt(sp.Max(0, square)), lr < blowup_step()), (sp.oo, True))


@cache
def blowup_step() -> sp.Expr:
    """The local bound's limit for steep slopes: from here on a step is unstable wherever the oscillation takes u."""
    return sp.limit(beltrami.local_step(beltrami.whole(), 1), slope, sp.oo)


def blowup_multiple(dims: int) -> sp.Expr:
    """The same as a multiple of the worst-case stable step."""
    return sp.expand(blowup_step() / beltrami.largest_step(beltrami.worst(dims)))


def critical_product(dims: int) -> sp.Expr:
    """The value of lambda epsilon dx^2 at which a given multiple of the worst-case stable step is the first to blow up."""
    (weight,) = sp.solve(sp.Eq(blowup_multiple(dims), multiple), fidelity)
    return sp.factor(weight * epsilon * dx**2)


def reach(dims: int) -> sp.Expr:
    """What |u - f| comes down to, or stays below, at every point: the sum of all kicks dt 2 dims/dx, each decayed since."""
    age, decay = sp.Symbol("k", integer=True, nonnegative=True), sp.Symbol("decay", nonnegative=True)
    (total, _), _ = sp.Sum(decay**age, (age, 0, sp.oo)).doit().args  # where it converges
    return lr * 2 * dims / dx * total.subs(decay, sp.Abs(1 - fidelity * lr))


def derive() -> Derivation:
    """The chequered mode, its orbit, the blow-up, and what both are as multiples of the worst-case step."""
    return Derivation(
        id="beltrami",
        title="Restrained and unstable steps of the Beltrami flow",
        assumptions=(
            "uniform grid, periodic or without flux through the boundary; lambda, epsilon, dx > 0",
            "chequered mode: f constant; on a flat part of an image it holds away from the part's rim",
            "bounded or not: any image, any start other than the fixed point",
        ),
        steps=(*_of_the_mode(), *_of_the_blowup()),
        result=sp.Eq(multiple, blowup_multiple(1)),
        source="for Fig 2",
        outputs={f"{name}{suffix}": (make(dims),) for dims, suffix in ((1, ""), (2, "_2d")) for name, make in _OUTPUTS.items()}
        | {"blowup_step": (blowup_step(),)},
    )


def _critical_product(dims: int) -> sp.Expr:
    """At no multiple up to 1 does it blow up."""
    return sp.Piecewise((critical_product(dims), multiple > 1), (sp.oo, True))


def _reach(dims: int) -> sp.Expr:
    return sp.Piecewise((reach(dims), lr < blowup_step()), (sp.oo, True))


_OUTPUTS = {"residual": residual, "blowup_multiple": blowup_multiple, "critical_product": _critical_product, "reach": _reach}


def _of_the_mode() -> tuple[Step, ...]:
    return (
        Step("Chequered mode, 1 dimension", sp.Eq(TimeDerivative(amplitude), rate(1)), "Inserted into the discrete flow."),
        Step("Onset, 1 dimension", sp.Eq(lr, onset(1)), "A step turns a small c into -c: the worst-case bound of Eq 4."),
        Step(
            "Residual oscillation, 1 dimension",
            sp.Eq(amplitude, orbit(1)),
            "c + dt dc/dt = -c. Between the onset and 2/lambda: real, zero at the one and infinite at the other.",
        ),
        Step("Residual oscillation, 2 dimensions", sp.Eq(amplitude, orbit(2)), "The same in two dimensions."),
    )


def _of_the_blowup() -> tuple[Step, ...]:
    return (
        Step(
            "Blow-up",
            sp.Ge(lr, blowup_step()),
            "Below it |u - f| is multiplied by |1 - lambda dt| < 1 and driven by dt |div p| <= dt 2 dims/dx, as |p| <= 1: "
            "bounded, whatever the slopes. Above it two states part by a factor of at least lambda dt - 1 > 1, as the Hessian "
            "is lambda or more: unbounded from any start but the fixed point. At it the chequered mode grows linearly.",
            argued=True,
        ),
        Step("Reach, 1 dimension", sp.Le(sp.Abs(u - f), reach(1), evaluate=False), "The geometric series, for dt < 2/lambda."),
        Step(
            "Multiple of the worst-case step, 1 dimension", sp.Eq(multiple, blowup_multiple(1)), "2/lambda over Eq 4's bound."
        ),
        Step("Multiple of the worst-case step, 2 dimensions", sp.Eq(multiple, blowup_multiple(2)), "The same."),
        Step(
            "Where a multiple begins to blow up, 1 dimension",
            sp.Eq(fidelity * epsilon * dx**2, critical_product(1), evaluate=False),
            "Solved for the one number that the setting enters through; in 2 dimensions twice this.",
        ),
    )
