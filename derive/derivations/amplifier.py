r"""Transform of the discretised linear PDE: windowed form, and the amplification factor of the large-window limit.

Source: Thm 5.3 (Eq 12, 13), App. D.3.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import forward_euler
from derive.fields.dft import FrequencyConvolution, Khat, Khat_next, What, transform, window_transform
from derive.fields.symbols import A, K
from derive.paper.derivation import Derivation, Step

WINDOW = What / (2 * sp.pi) ** 2
"""What a transform is convolved with when its field is windowed."""


def windowed_update() -> sp.Expr:
    """Transform of the windowed update; the decay acts on a kernel that is windowed already."""
    decay = sp.expand(forward_euler.update()).coeff(K) * K
    driven = sp.expand(forward_euler.update() - decay)
    return FrequencyConvolution(transform(driven), WINDOW) + transform(decay)


def large_window(windowed: sp.Expr) -> sp.Expr:
    """What is left of a windowed form as the window grows: WINDOW tends to a Dirac, and a convolution with that is nothing."""

    def left(field: sp.Expr, window: sp.Expr) -> sp.Expr:
        return field * sp.cancel(window / WINDOW)

    return sp.expand(windowed.replace(FrequencyConvolution, left))


def limit_update() -> sp.Expr:
    """The windowed update of a large window."""
    return large_window(windowed_update())


def amplifier() -> sp.Expr:
    """A(omega): the factor of Khat in Khat_next."""
    return sp.expand(Khat + limit_update()).coeff(Khat)


def forcing() -> sp.Expr:
    """What a step adds beyond A Khat."""
    return sp.expand(limit_update() - (amplifier() - 1) * Khat)


def derive() -> Derivation:
    """Transform Eq 11 with the window; let it grow; collect Khat."""
    steps = (
        Step("Windowed form", sp.Eq(Khat_next - Khat, windowed_update()), "A product with W is a convolution with What."),
        Step("Window", sp.Eq(What, window_transform()), "Integral over the square of side w."),
        Step("Large window", sp.Eq(Khat_next, A * Khat + forcing()), "What/(2 pi)^2 tends to a Dirac."),
        Step("Amplification factor", sp.Eq(A, amplifier()), "The factor of Khat (Eq 13)."),
    )
    return Derivation(
        id="5.3",
        title="Fourier transform of the discretisation",
        assumptions=("real image and kernel", "the large-window limit: the kernel may grow over the whole domain"),
        steps=steps,
        result=sp.Eq(A, amplifier()),
        source="Thm 5.3",
        outputs={"amplifier": (amplifier(),)},
    )
