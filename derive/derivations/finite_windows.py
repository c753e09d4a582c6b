r"""Bounds of finite windows: they exist; how they lie against the limit's and whether they converge depends on the boundary.

On a window the update is :math:`K^{n+1} = (1 - \Delta t\,\alpha) K^n - \Delta t \tfrac{a\beta}{2} M_w K^n` with
:math:`M_w = P_w C^T C P_w`, P_w the projection onto the window. Everything follows from where its eigenvalues lie.

    boundary     exist   outside the limit's     monotone in w           converge
    "circular"   yes     yes                     yes                     yes, equal at w = N
    "full"       yes     yes, strictly           yes                     yes, as 1/w^2
    "valid"      yes     no: mu_min may be less  no: mu_min falls, but   no: the spectrum at w = N
                         than P_min              mu_max rises and falls  is 0 and the sum of I^2

Source: the conjecture after Eq 19.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations import checkerboard_windows, stability_bounds, theorem, window_lemmas
from derive.derivations.amplifier import amplifier
from derive.derivations.checkerboard_windows import mu, points
from derive.derivations.window_lemmas import CORNER, CORNERS, extremes_of, power_extremes
from derive.fields.symbols import I, a, alpha_max, alpha_min, declare, lr, power, power_max, power_mean, power_min, width, xi
from derive.paper.derivation import Derivation, Step

mu_min = declare("mu_min", r"\rho_{\min}", "least eigenvalue of the windowed operator", "image^2", nonnegative=True)
mu_max = declare("mu_max", r"\rho_{\max}", "greatest eigenvalue of the windowed operator", "image^2", nonnegative=True)
gap_min = declare("gap_min", r"\delta_{\min}", "mu_min - P_min", "image^2", nonnegative=True)
shift_min = declare("shift_min", r"\Delta\alpha_{\min}", "alpha_min on a window less the limit's", "1/time", real=True)
shift_max = declare("shift_max", r"\Delta\alpha_{\max}", "alpha_max on a window less the limit's", "1/time", real=True)
gap_max = declare("gap_max", r"\delta_{\max}", "P_max - mu_max", "image^2", nonnegative=True)
LEAST, GREATEST = sp.Function("mu_min"), sp.Function("mu_max")
_LOW, _HIGH = sp.symbols("low high", real=True)  # extreme eigenvalues of an operator between two that are compared


def windowed_edges() -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max) on a window: Thm 5.4 with the extreme eigenvalues of M_w."""
    return tuple(map(_within, theorem("5.4").outputs["alpha_bounds"]))


def _within(limit: sp.Expr) -> sp.Expr:
    """What a result of the limit is on a window."""
    return limit.subs({power_min: mu_min, power_max: mu_max})


@cache
def shifts(sign: int) -> tuple[sp.Expr, sp.Expr]:
    """How far (alpha_min, alpha_max) lie from the limit's, a of the given sign, the eigenvalues within by two gaps."""
    limit = stability_bounds.for_sign(sign)
    moved = {power_min: power_min + gap_min, power_max: power_max - gap_max}
    return tuple(sp.expand(edge.subs(moved, simultaneous=True) - edge) for edge in limit)


def outward(sign: int) -> bool:
    """Whether eigenvalues within [P_min, P_max] put alpha_min below and alpha_max above the limit's."""
    size = sp.Symbol("size", positive=True)
    low, high = (shift.subs(a, sign * size) for shift in shifts(sign))
    return bool(low.is_nonpositive and high.is_nonnegative)


def ends(side: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(mu_min, mu_max) of a window."""
    return LEAST(side), GREATEST(side)


LIMIT = (power_min, power_max)


def nesting() -> sp.Tuple:
    """What holds for boundary "circular" and "full": a window lies in the next larger one, and that in the whole grid."""
    assert all(window_lemmas.is_nested(boundary) for boundary in ("circular", "full"))
    inner = window_lemmas.interlaced(ends(width), ends(width + 1))
    outer = window_lemmas.interlaced(ends(width + 1), LIMIT)
    return sp.Tuple(outer[0], inner[0], inner[1], outer[1])


def valid_order() -> sp.Le:
    """Its outputs are some of those of circular, whose M lies in the whole grid's."""
    assert window_lemmas.has_fewer_outputs("circular")
    (_, upper), (_, highest) = window_lemmas.below(ends(width), (_LOW, _HIGH)), window_lemmas.interlaced((_LOW, _HIGH), LIMIT)
    return window_lemmas.chained(upper, highest)


def valid_falling() -> sp.Le:
    """Window w + 1, restricted to w, sees some of the outputs of w alone."""
    assert window_lemmas.loses_outputs()
    restricted = _LOW, _HIGH
    (lower, _), (less, _) = window_lemmas.interlaced(restricted, ends(width + 1)), window_lemmas.below(restricted, ends(width))
    return window_lemmas.chained(lower, less)


def general_steps() -> tuple[Step, ...]:
    """Existence, and what eigenvalues within the limit's range mean for the bounds."""
    names = (alpha_min, alpha_max)
    assert outward(1)
    assert outward(-1)
    return (
        Step(
            "Update on the window",
            sp.Eq(xi, amplifier().subs(power, mu)),
            "K_next = (1 - lr alpha) K - lr (a beta/2) M K with M = P C^T C P, C the correlation with the image, P the "
            "window: symmetric and positive semidefinite. On an eigenvector of M the update is this factor.",
        ),
        Step(
            "Bounds exist",
            sp.Tuple(
                *map(sp.Eq, names, windowed_edges()), sp.Lt(lr, *map(_within, theorem("5.4").outputs["largest_useful_lr"]))
            ),
            "Every boundary. Thm 5.4 with the extreme eigenvalues of M in place of P_min, P_max; necessary and "
            "sufficient. Below that step size the interval is not empty.",
        ),
        *(
            Step(
                f"Against the limit's bounds, a {relation} 0",
                sp.Tuple(*map(sp.Eq, (shift_min, shift_max), shifts(sign))),
                "The windowed bound minus the limit's; gap_min = mu_min - P_min, gap_max = P_max - mu_max. Outside iff "
                "gaps >= 0.",
            )
            for sign, relation in ((-1, "<"), (1, ">"))
        ),
    )


def nested_steps() -> tuple[Step, ...]:
    """Boundary "circular" and "full": compressions of one operator."""
    rate = window_lemmas.distance_bound()
    return (
        Step(
            "Circular and full: ordered and monotone",
            nesting(),
            "M(z, z') is the autocorrelation of the image at z - z', whatever the window: a smaller window's M is a "
            "compression of a larger one's, and all are compressions of the whole grid's, which the Fourier transform "
            "makes |Ihat|^2. A compression's eigenvalues interlace (Cauchy). For full the grid is infinite and P_min, "
            "P_max are the extremes over all frequencies, not over those of the image's own grid.",
        ),
        Step(
            "Circular: converges",
            sp.Tuple(sp.Eq(LEAST(points), power_min), sp.Eq(GREATEST(points), power_max)),
            "At w = N the window is the grid and nothing is compressed.",
            argued=True,
        ),
        Step(
            "Full: converges",
            sp.Tuple(sp.Le(power_max - GREATEST(width), rate), sp.Le(LEAST(width) - power_min, rate)),
            "The quotient <K, M K>/<K, K> of the wave at the extreme frequency omega times g(z_1) g(z_2), g(j) = sin(pi "
            "j/(w + 1)), misses P by the sum over d of r(d) cos(omega d) (1 - c(d_1) c(d_2)), c the autocorrelation of "
            "g over c(0): the mean of cos(d theta) over the spectrum of g. 1 - c(d_1) c(d_2) <= (1 - c(d_1)) + (1 - "
            "c(d_2)), 1 - cos(d theta) <= d^2 (1 - cos theta), and c(1) = cos(pi/(w + 1)). m is the sum of |r(d)| "
            "|d|^2: the distance falls as 1/w^2. A line of two equal pixels attains it.",
            argued=True,
        ),
        Step(
            "Full: never equal",
            sp.Tuple(sp.Lt(power_min, LEAST(width)), sp.Lt(GREATEST(width), power_max)),
            "Unless the image is one pixel or 0: in <K, M K> = mean of P |Khat|^2 a kernel on a window has Khat nonzero "
            "almost everywhere, so equality would make P constant.",
            argued=True,
        ),
    )


def valid_steps() -> tuple[Step, ...]:
    """Boundary "valid": what is left of the conjecture, and what is not."""
    assert window_lemmas.is_turned_over()
    assert window_lemmas.loses_outputs()
    assert all(window_lemmas.has_fewer_outputs(boundary) for boundary in ("circular", "full"))
    return (
        Step(
            "Valid: upper eigenvalue ordered",
            valid_order(),
            "Its outputs are some of those of circular and of full, so its C^T C lacks positive semidefinite terms: M "
            "is below theirs in the Loewner order. That end of the bounds lies outside the limit's.",
        ),
        Step(
            "Valid: lower eigenvalue monotone",
            valid_falling(),
            "Window w + 1 restricted to w sees some of the outputs of w alone. With fewer outputs than cells, w > (N + "
            "1)/2, mu_min = 0: below P_min wherever that is positive, so the conjectured order fails.",
        ),
        Step(
            "Valid: upper eigenvalue turns back",
            sp.Eq(GREATEST(width), GREATEST(points + 1 - width)),
            "C of window w is the transpose of C of window N + 1 - w (both hold I(x + z)), and C^T C and C C^T share "
            "their nonzero eigenvalues. So it is not monotone unless constant.",
            argued=True,
        ),
        Step(
            "Valid: does not converge",
            sp.Tuple(sp.Eq(LEAST(points), 0), sp.Eq(GREATEST(points), power_mean), sp.Eq(GREATEST(1), power_mean)),
            "At w = N there is one output and M = I I^T: its eigenvalues are 0 and the sum of I^2, the mean of "
            "|Ihat|^2, where w = 1 began. These are P_min and P_max for no image but 0 (N > 1).",
            argued=True,
        ),
    )


def mean_step() -> Step:
    """With mean pooling the order fails at the other end."""
    return Step(
        "Valid, mean pooling: order reversed at the end",
        sp.Le(power_max / points**2, power_mean),
        "Divided by the number of outputs the limit's greatest eigenvalue is P_max/N^2; at w = N, with one output, "
        "mu_max is the sum of I^2, which is no less (Cauchy-Schwarz). They are equal for a checkerboard of even N.",
        argued=True,
    )


def counterexample_steps() -> tuple[Step, ...]:
    """Two images of small integers, computed exactly."""
    table = sp.Matrix([extremes_of(CORNERS, w) for w in (1, 2, 3)])
    return (
        Step(
            "Valid: four corners",
            sp.Tuple(
                sp.Eq(I, CORNERS, evaluate=False),
                sp.Eq(sp.Symbol("E"), table, evaluate=False),
                sp.Eq(sp.Tuple(power_min, power_max), sp.Tuple(*power_extremes(CORNERS)), evaluate=False),
            ),
            "Rows of E: (mu_min, mu_max) at w = 1, 2, 3. mu_max falls and rises; mu_min ends below P_min; neither ends "
            "at its limit.",
        ),
        Step(
            "Valid: one pixel in the last corner",
            sp.Eq(
                sp.Tuple(LEAST(2), power_min), sp.Tuple(extremes_of(CORNER, 2)[0], power_extremes(CORNER)[0]), evaluate=False
            ),
            "Here 3x3; the same for every N: only the window's last cell ever meets the pixel. The order fails from w = 2 on.",
        ),
    )


def derive() -> Derivation:
    """The argument for every boundary, the counterexamples, the checkerboard in closed form."""
    steps = (
        *general_steps(),
        *nested_steps(),
        *valid_steps(),
        mean_step(),
        *counterexample_steps(),
        *checkerboard_windows.steps(),
    )
    return Derivation(
        id="conjecture",
        title="Bounds of finite windows",
        assumptions=(
            "image of N x N cells, kernel on w x w of them; sum pooling",
            "P_min, P_max: extremes of |Ihat|^2 over the grid (circular, valid) or over all frequencies (full)",
            "the limit's bounds are the derived ones of Thm 5.4, for either sign of a",
            "full: the image may be padded with zeros, so w may exceed N",
        ),
        steps=steps,
        result=nesting(),
        source="after Eq 19",
        outputs={
            "alpha_bounds": windowed_edges(),
            "distance_bound": (window_lemmas.distance_bound(),),
            "checkerboard_valid": (checkerboard_windows.active_eigenvalue("valid"),),
            "checkerboard_circular": (checkerboard_windows.active_eigenvalue("circular"),),
        },
    )
