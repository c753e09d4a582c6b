r"""Weight-decay and learning-rate bounds of the one-layer network, for both signs of the output error.

Source: Thm 5.4 (Eq 14), App. D.3.
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations.amplifier import amplifier
from derive.fields.symbols import a, alpha_max, alpha_min, lr, power, power_max, power_min, xi
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

ORDERED = sp.Le(power_min, power_max)


def bound(lowest: sp.Expr = power_min, highest: sp.Expr = power_max) -> Stability:
    """|A| < 1 at every value of |Ihat|^2 between its extremes."""
    return stability(Amplification(sp.Poly(xi - amplifier(), xi), {power: (lowest, highest)}, ORDERED), "schur", PATIENT)


def edges(result: Stability) -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max), in 1/time: ends of the interval of weight decays that `result` allows."""
    interval = result.solve("alpha")
    return interval.start, interval.end


def for_sign(sign: int, general: tuple[sp.Expr, sp.Expr] | None = None) -> tuple[sp.Expr, sp.Expr]:
    """The edges (Thm 5.4's, or others) when a is known to be positive (+1) or negative (-1), in the extremes of |Ihat|^2."""
    size = sp.Symbol("a", positive=True)
    gap = sp.Symbol("gap", nonnegative=True)
    signed = [edge.subs({a: sign * size, power_max: power_min + gap}) for edge in general or edges(bound())]
    resolved = [_resolve(edge) for edge in signed]
    return tuple(sp.expand(edge.subs({gap: power_max - power_min}).subs(size, sign * a)) for edge in resolved)


def _resolve(edge: sp.Expr) -> sp.Expr:
    """Decide a Max or Min of two edges by the sign of their difference."""
    if not isinstance(edge, sp.Max | sp.Min):
        return edge
    first, second = edge.args
    first_is_larger = sp.expand(first - second).is_nonnegative is True
    assert first_is_larger or sp.expand(second - first).is_nonnegative
    return first if first_is_larger == isinstance(edge, sp.Max) else second


def largest_useful_lr() -> sp.Expr:
    """The step size above which no weight decay is stable: there the two edges meet; none where nothing parts them."""
    meeting = {sp.solve(sp.Eq(*for_sign(sign)), lr)[0].subs(a, sign * sp.Abs(a)) for sign in (1, -1)}
    (edge,) = meeting
    return sp.Piecewise((edge, sp.And(sp.Ne(a, 0), power_min < power_max)), (sp.oo, True))


def largest_of(values: sp.Set) -> sp.Expr:
    """The upper end of the values from 0 that are stable; 0 where none is."""
    if isinstance(values, sp.ConditionSet):
        return sp.Piecewise((largest_of(values.base_set), values.condition), (0, True))
    return values.end


def derive() -> Derivation:
    """Demand |A| < 1, eliminate the frequency at the extremes of |Ihat|^2, solve for alpha and for lr."""
    result = bound()
    low, high = edges(result)
    names = (alpha_min, alpha_max)
    cases = {sign: sp.Tuple(*map(sp.Eq, names, for_sign(sign))) for sign in (1, -1)}
    steps = (
        Step("Amplification factor", sp.Eq(xi, amplifier()), "Thm 5.3; affine in P = |Ihat|^2."),
        Step(
            "Condition",
            result.condition,
            "|A| < 1 for all frequencies. Affine in P, so it holds on [P_min, P_max] iff it holds at both ends.",
        ),
        Step("Weight decay", sp.Tuple(sp.Eq(names[0], low), sp.Eq(names[1], high)), "Solved for alpha, any sign of a."),
        Step("Weight decay, a > 0", cases[1], "The lower edge sits at P_min, the upper at P_max."),
        Step("Weight decay, a < 0", cases[-1], "The lower edge sits at P_max, the upper at P_min."),
        Step("Room for a weight decay", sp.Lt(lr, largest_useful_lr()), "alpha_min < alpha_max; above it no alpha is stable."),
        Step("Step size", sp.Contains(lr, result.solve("lr"), evaluate=False), "Solved for the step size."),
    )
    return Derivation(
        id="5.4",
        title="Stability conditions",
        assumptions=(
            "large-window limit; for a finite window put the extreme eigenvalues of the windowed operator for P_min, P_max",
            "P_min and P_max are the extremes of |Ihat|^2 over frequency",
            "beta > 0, lr > 0; a of either sign",
        ),
        steps=steps,
        result=result,
        source="Thm 5.4",
        outputs={
            "alpha_bounds": (low, high),
            "largest_lr": (largest_of(result.solve("lr")),),
            "largest_useful_lr": (largest_useful_lr(),),
        },
    )
