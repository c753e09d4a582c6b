r"""What the sign of the output error says of the lower bound: for a > 0 no decay is needed, for a < 0 some is.

Source: the paragraph after Thm 5.4.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations.amplifier import amplifier
from derive.derivations.stability_bounds import for_sign
from derive.fields.symbols import A, a, alpha, alpha_min, power, power_max, power_min
from derive.paper.derivation import Derivation, Step

size = sp.Symbol("size", positive=True)


def lower(sign: int) -> sp.Expr:
    """The lower bound for a known sign of a."""
    return for_sign(sign)[0]


def says(sign: int) -> sp.Rel:
    """What the sign of a alone says of the lower bound; some frequency of the image is not 0.

    Raises:
        ValueError: it says nothing.
    """
    shown = dict(zip((power_min, power_max), sp.symbols("least greatest", positive=True), strict=True))
    bound = lower(sign).subs(a, sign * size)
    if bound.subs(shown).is_positive and not bound.has(power_min):
        return sp.Gt(alpha_min, 0)
    if bound.is_nonpositive:
        return sp.Le(alpha_min, 0)
    raise ValueError(f"expected a bound whose sign follows from that of a, got {bound}")


def dark() -> sp.Expr:
    """The factor of a frequency that the image lacks, without decay."""
    return amplifier().subs({power: 0, alpha: 0})


def derive() -> Derivation:
    """The lower bound of Thm 5.4 for each sign, its own sign, and where alpha = 0 leaves it."""
    steps = (
        Step("Lower bound, a > 0", sp.Eq(alpha_min, lower(1)), "Thm 5.4."),
        Step("Automatic", sp.And(says(1), sp.Gt(a, 0)), "P_min >= 0, beta > 0: any alpha > 0 is above it."),
        Step("A frequency the image lacks", sp.Eq(A, dark()), "P = 0 and alpha = 0: it neither decays nor grows."),
        Step("Lower bound, a < 0", sp.Eq(alpha_min, lower(-1)), "Thm 5.4."),
        Step("Decay is needed", sp.And(says(-1), sp.Lt(a, 0)), "P_max > 0 unless the image is 0 everywhere."),
    )
    return Derivation(
        id="sign-of-error",
        title="Weight decay and the sign of the error",
        assumptions=("Thm 5.4's: large window, a constant, beta > 0, lr > 0", "the image is not 0 everywhere"),
        steps=steps,
        result=steps[-1].expression,
        source="after Thm 5.4",
    )
