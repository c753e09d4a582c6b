r"""Weight-decay bounds of the one-layer network under Nesterov's scheme, for any damping and both signs of the error.

Source: Thm 5.6 (Eq 18), App. E.1 (Eq 74, 75).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations.nesterov_limit import coefficients
from derive.derivations.nesterov_step import in_terms_of, largest, largest_by_momentum
from derive.derivations.nesterov_transform import gradient_amplifier, polynomial
from derive.derivations.stability_bounds import ORDERED, for_sign
from derive.fields.symbols import alpha, alpha_max, alpha_min, power, power_max, power_min, z
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step


@cache
def bound() -> Stability:
    """Both amplification factors inside the unit disc at every |Ihat|^2 between its extremes; any damping > 0."""
    poly = sp.Poly(polynomial(*coefficients()).as_expr().subs(z, gradient_amplifier()), *polynomial().gens)
    condition = stability(Amplification(poly, {power: (power_min, power_max)}, ORDERED), "schur", PATIENT)
    return replace(condition, condition=sp.And(*map(_short, condition.margins)))


def _short(margin: sp.Expr) -> sp.Rel:
    """Each margin belongs to one end of the power spectrum."""
    (end,) = margin.free_symbols & {power_min, power_max}
    return sp.Gt(in_terms_of(margin, alpha, gradient_amplifier().subs(power, end)), 0)


def edges(largest_z: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max): 0 < z < largest_z at both ends of the power spectrum, to which z is affine."""
    driven = [gradient_amplifier().subs(power, end) - alpha for end in (power_min, power_max)]
    return sp.Max(*(-e for e in driven)), sp.Min(*(largest_z - e for e in driven))


def edges_at_any_damping() -> tuple[sp.Expr, sp.Expr]:
    """The same, by the two cases of `largest`."""
    (low, _), *_ = cases = [edges(size) for size, _ in largest().args]
    return low, sp.Piecewise(*((high, when) for (_, high), (_, when) in zip(cases, largest().args, strict=True)))


def by_sign(sign: int) -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max) when a is known to be positive (+1) or negative (-1); momentum coefficient in [0, 1)."""
    top = sp.Symbol("top", positive=True)
    low, high = for_sign(sign, edges(top))
    return low, high.subs(top, largest_by_momentum())


def derive() -> Derivation:
    """Insert z in the polynomial of E.1, eliminate the frequency, solve for alpha; printed by sign of a."""
    names = (alpha_min, alpha_max)
    cases = {sign: sp.Tuple(*map(sp.Eq, names, by_sign(sign))) for sign in (1, -1)}
    any_damping = sp.Contains(z, sp.Interval.open(0, largest()), evaluate=False)
    steps = (
        Step("Gradient amplifier", sp.Eq(z, gradient_amplifier()), "Thm E.1; affine in P = |Ihat|^2."),
        Step(
            "Condition", bound().condition, "Both roots inside the unit disc for all frequencies, that is at P_min and P_max."
        ),
        Step("Weight decay, a > 0", cases[1], "Solved for alpha; momentum coefficient in [0, 1)."),
        Step("Weight decay, a < 0", cases[-1], "The extremes of P change places."),
        Step("Any damping", any_damping, "The range of z from Eq 73, where mu < 0 (d dt > 2) too."),
    )
    low, high = edges_at_any_damping()
    return Derivation(
        id="5.6",
        title="Stability conditions of Nesterov's scheme",
        assumptions=(
            "large-window limit; for a finite window put the extreme eigenvalues of the windowed operator for P_min, P_max",
            "P_min and P_max are the extremes of |Ihat|^2 over frequency",
            "beta > 0, dt > 0, damping > 0; a of either sign",
        ),
        steps=steps,
        result=bound(),
        source="Thm 5.6",
        outputs={"alpha_bounds": (low, high), "alpha_min": (low,), "alpha_max": (high,)},
    )
