r"""Largest stable gradient amplifier of Nesterov's scheme, for any damping; and the step size it allows.

With :math:`\mu` the momentum coefficient the bound is :math:`z\,\Delta t^2 < 4/(1 + 2\mu)`. Overdamped schemes, whose
coefficient is below -1/3, meet another edge first.

Source: Eq 73, App. E.1.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations.nesterov_limit import coefficients, damping_for_momentum
from derive.derivations.nesterov_transform import collected, polynomial
from derive.fields.symbols import damping, lr, momentum, step, z
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

RATE = sp.Symbol("rate", positive=True)  # damping * dt, the one number the bound on z dt^2 depends on


@cache
def bound() -> Stability:
    """Both amplification factors inside the unit disc, any damping > 0."""
    condition = stability(Amplification(polynomial(*coefficients()), {}, sp.true), "schur", PATIENT)
    return replace(condition, condition=sp.And(*(sp.Gt(in_terms_of(m, z, z), 0) for m in condition.margins)))


def in_terms_of(margin: sp.Expr, symbol: sp.Symbol, amplifier: sp.Expr) -> sp.Expr:
    """A margin that is affine in the amplifier, as slope * amplifier + rest, short enough to read.

    Args:
        margin: affine in `amplifier`; a positive factor is dropped.
        symbol: occurs in `amplifier` with coefficient 1 and nowhere else.
        amplifier: z, or what it stands for.
    """
    slope = sp.expand(margin).coeff(symbol)
    rest = sp.expand(margin - slope * amplifier)
    common = sp.gcd(slope, rest)  # a product of numbers and positive parameters
    return sp.factor(sp.cancel(slope / common)) * amplifier + sp.factor(sp.cancel(rest / common))


@cache
def largest_by_momentum() -> sp.Expr:
    """Edge in z for a momentum coefficient in [0, 1), which is damping * dt <= 2."""
    size, by = (sp.cancel(c.subs(damping, damping_for_momentum())) for c in coefficients())
    return sp.factor(stability(Amplification(polynomial(size, by), {}, momentum < 1), "schur", PATIENT).solve("z").end)


def largest_step() -> sp.Expr:
    """Edge in dt at given z > 0 and momentum coefficient in [0, 1)."""
    size, dt = sp.symbols("z dt", positive=True)
    (size_in_dt,) = sp.solve(sp.Eq(largest_by_momentum().subs(lr, dt), size), dt)
    return size_in_dt.subs(size, z)


@cache
def largest() -> sp.Piecewise:
    """Edge in z for any damping: below `crossover` a factor leaves at -1, above it a pair leaves the disc together."""
    slow, fast = (_largest_scaled(regime).subs(RATE, damping * lr) / lr**2 for regime in (RATE < 2, RATE >= 6))
    return sp.Piecewise((slow, damping * lr <= crossover()), (fast, True))


@cache
def crossover() -> sp.Expr:
    """Value of damping * dt at which the two edges meet; between 2 and 6 the bound is the lower of them."""
    slow, fast = _largest_scaled(RATE < 2), _largest_scaled(RATE >= 6)
    between = _largest_scaled(sp.And(RATE > 2, RATE < 6))
    lower_of_both = set(map(sp.factor, sp.Min.make_args(between)))
    assert lower_of_both == {slow, fast}
    (meeting,) = sp.solve(sp.Eq(slow, fast), RATE)
    return meeting


@cache
def _largest_scaled(regime: Boolean) -> sp.Expr:
    """Edge in z dt^2 where damping * dt is in a range."""
    size, by = (c.subs(damping, RATE / lr).subs(lr, 1) for c in coefficients())
    return sp.factor(stability(Amplification(polynomial(size, by), {}, regime), "schur", PATIENT).solve("z").end)


def derive() -> Derivation:
    """Both roots inside the unit disc; solved for z and for dt, by the momentum coefficient and by the damping."""
    size, by = coefficients()
    short, whole = (sp.Contains(z, sp.Interval.open(0, e), evaluate=False) for e in (largest_by_momentum(), largest()))
    steps = (
        Step("Amplification polynomial", sp.Eq(collected(), 0), "Thm E.1."),
        Step("Parameters", sp.Tuple(sp.Eq(step, size), sp.Eq(momentum, by)), "Thm 5.5."),
        Step("Condition", bound().condition, "Both roots strictly inside the unit disc (Schur-Cohn); any damping."),
        Step("Gradient amplifier", short, "Solved for z where the momentum coefficient is in [0, 1), that is d dt <= 2."),
        Step("Step size", sp.Lt(lr, largest_step()), "Solved for dt, z > 0."),
        Step("Little damping", sp.Lt(lr, largest_step().subs(momentum, 1)), "The limit momentum -> 1, d -> 0: the narrowest."),
        Step("Any damping", whole, f"Up to d dt = {crossover()} a root leaves at -1, beyond it a complex pair leaves."),
    )
    return Derivation(
        id="eq-73",
        title="Step size of Nesterov's scheme",
        assumptions=("dt > 0, damping > 0", "one mode, with gradient amplifier z"),
        steps=steps,
        result=bound(),
        source="Eq 73",
        outputs={
            "largest_amplifier": (largest(),),
            "largest_amplifier_by_momentum": (largest_by_momentum(),),
            "largest_step_by_momentum": (sp.Piecewise((largest_step(), z > 0), (0, True)),),
        },
    )
