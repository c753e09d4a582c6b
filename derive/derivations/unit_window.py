r"""A window of one cell: the kernel is a number and its amplifier the mean of |Ihat|^2.

Source: Eq 19.
"""

from __future__ import annotations

import sympy as sp

from derive.derivations import stability_bounds
from derive.derivations.amplifier import WINDOW, amplifier
from derive.fields.dft import FrequencyConvolution, What
from derive.fields.symbols import alpha_max, alpha_min, power, power_mean, xi
from derive.paper.derivation import Derivation, Step


def smoothed_amplifier() -> sp.Expr:
    """A where Khat does not depend on frequency: it leaves the convolution, in which |Ihat|^2 stays."""
    return amplifier().subs(power, FrequencyConvolution(power, WINDOW))


def mean(convolution: sp.Expr) -> sp.Expr:
    """A convolution over frequency with the window of one cell, What = 1: the integral over (2 pi)^2, which is the mean."""
    field, window = convolution.args
    return {power: power_mean}[field] * window.subs(What, 1) * (2 * sp.pi) ** 2


def unit_amplifier() -> sp.Expr:
    """A of a kernel that is one cell."""
    return smoothed_amplifier().replace(FrequencyConvolution, lambda *args: mean(FrequencyConvolution(*args)))


def derive() -> Derivation:
    """Pull the constant Khat out of the convolution; compare the bounds with the large-window limit."""
    result = stability_bounds.bound(power_mean, power_mean)
    low, high = stability_bounds.edges(result)
    steps = (
        Step(
            "Constant Khat",
            sp.Eq(xi, smoothed_amplifier()),
            "Khat does not depend on frequency, so it leaves the convolution.",
        ),
        Step(
            "One cell",
            sp.Eq(xi, unit_amplifier()),
            "One cell has What = 1 on the grid: the convolution is the mean of |Ihat|^2 (Parseval: the sum of I^2).",
        ),
        Step(
            "Bounds",
            sp.Tuple(sp.Eq(alpha_min, low), sp.Eq(alpha_max, high)),
            "Thm 5.4 with one value of P; P_min <= mean <= P_max, so they lie outside those of the limit; either sign of a.",
        ),
    )
    return Derivation(
        id="eq-19",
        title="Window of size 1",
        assumptions=("kernel of a single cell", "periodic or zero-padded image"),
        steps=steps,
        result=result,
        source="Eq 19",
        outputs={"amplifier": (unit_amplifier(),), "alpha_bounds": (low, high)},
    )
