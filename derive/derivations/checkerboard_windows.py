r"""Extreme eigenvalues of the windowed operator on a checkerboard, for every boundary and window.

A checkerboard is the product of two alternating lines, so its operator is a Kronecker product of two lines' and its
eigenvalues are products of theirs. Without its signs a line's operator has the entries p - c |i - j|.

Source: the image of Tab 2; there for boundary "valid".
"""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import declare, width
from derive.paper.derivation import Step

points = declare("points", "N", "cells along one side of the image", "length", positive=True, integer=True)
shift = declare("shift", "d", "shift between two cells of a line", "length", positive=True, integer=True)
peak = declare("peak", "p", "products summed at shift 0", positive=True)
loss = declare("loss", "c", "products lost per cell of shift", nonnegative=True)
theta = declare("theta", r"\theta", "phase per cell of an eigenvector, its signs removed", "rad", positive=True)
mu = declare("mu", r"\rho", "an eigenvalue of the windowed operator", "image^2", nonnegative=True)
_i, _x = sp.symbols("i x", integer=True)


def overlaps(boundary: str, parity: int = 0) -> sp.Expr:
    """Sum over the outputs of I(x) I(x + d) (-1)^d on a line; `parity` is that of N, for "circular"."""
    if boundary == "valid":
        return sp.Sum(1, (_x, 0, points - width)).doit()
    inside = sp.Sum(1, (_x, 0, points - shift - 1)).doit()
    around = sp.Sum((-1) ** parity, (_x, points - shift, points - 1)).doit() if boundary == "circular" else 0
    return sp.expand(inside + around)


def peak_and_loss(boundary: str, parity: int = 0) -> tuple[sp.Expr, sp.Expr]:
    """(p, c) of the overlaps p - c d."""
    polynomial = sp.Poly(overlaps(boundary, parity), shift)
    return polynomial.nth(0), -polynomial.nth(1)


def second_difference() -> dict[int, sp.Expr]:
    """Second difference of p - c |i| at i = 0 and at i > 0 (by symmetry also below)."""
    away = sp.Symbol("m", positive=True, integer=True)

    def entry(i: sp.Expr) -> sp.Expr:
        return peak - loss * sp.Abs(i)

    jumps = {at: entry(at + 1) - 2 * entry(at) + entry(at - 1) for at in (sp.S.Zero, away)}
    return {int(at != 0): sp.expand(value) for at, value in jumps.items()}


def line_eigenvalue() -> sp.Expr:
    """mu of an eigenvector cos(theta i): its second difference is 2 (cos(theta) - 1) times itself."""
    jumps = second_difference()
    assert jumps[1] == 0
    wave = sp.cos(theta * (_i + 1)) - 2 * sp.cos(theta * _i) + sp.cos(theta * (_i - 1))
    factor = sp.simplify(sp.expand(sp.expand_trig(wave)) / sp.cos(theta * _i))
    (eigenvalue,) = sp.solve(sp.Eq(mu * factor, jumps[0]), mu)
    return sp.factor(eigenvalue)


def wave_sum() -> sp.Expr:
    """Sum of cos(theta i) over a window centred at 0, by telescoping."""
    ends = sp.sin(theta * (_i + sp.S.Half)) - sp.sin(theta * (_i - sp.S.Half))
    step = sp.simplify(sp.expand_trig(ends) / sp.cos(theta * _i))
    return 2 * sp.sin(theta * width / 2) / step


def edge_condition() -> sp.Expr:
    """Zero at the theta of an even eigenvector: its equation at the last cell, (w - 1)/2 from the centre.

    There p - c |i - j| = p - c (w - 1)/2 + c j, and the part that is odd in j sums to zero.
    """
    last = (width - 1) / 2
    equation = line_eigenvalue() * sp.cos(theta * last) - (peak - loss * last) * wave_sum()
    half = sp.sin(theta / 2)
    scaled = equation.subs(sp.cos(theta), 1 - 2 * half**2) * 2 * half**2
    return sp.simplify(scaled)


def active_line(boundary: str) -> sp.Expr:
    """The one eigenvalue of a line that is not 0 where no product is lost: all entries are p, w of them in a row."""
    top, lost = peak_and_loss(boundary)
    assert lost == 0
    return top * width


def active_eigenvalue(boundary: str) -> sp.Expr:
    """The same of the checkerboard, N even for "circular"."""
    return active_line(boundary) ** 2


def closest() -> sp.Expr:
    """The largest eigenvalue that any window reaches with boundary "valid"."""
    (best,) = sp.solve(sp.diff(active_line("valid"), width), width)
    return sp.factor(active_eigenvalue("valid").subs(width, best))


def steps() -> tuple[Step, ...]:
    """From the overlaps to the eigenvalues."""
    top, lost = peak_and_loss("full")
    condition = edge_condition().subs({peak: top, loss: lost})
    largest = sp.Function("mu_max")(width)
    return (
        Step(
            "Checkerboard, valid",
            sp.Eq(largest, active_eigenvalue("valid")),
            "A product of two alternating lines, so eigenvalues are products of theirs. Without signs a line's operator "
            "has the entry N - w + 1 everywhere: rank one. All other eigenvalues are 0.",
        ),
        Step(
            "Checkerboard, the nearest it comes",
            sp.Eq(sp.Function("max")(largest), closest()),
            "At w = (N + 1)/2: about a sixteenth of P_max = N^4. A larger window moves away again.",
        ),
        Step(
            "Checkerboard, circular",
            sp.Eq(largest, active_eigenvalue("circular")),
            "N even: the entry is N everywhere. P_max = N^4 at w = N.",
        ),
        Step(
            "Checkerboard, full",
            sp.Tuple(sp.Eq(largest, line_eigenvalue().subs(loss, lost) ** 2), sp.Eq(condition, 0)),
            "A line has the entries N - |i - j|, whose second difference is -2 at i = j and 0 elsewhere: eigenvectors "
            "are cos(theta i). theta is the root in (0, pi/w), the only one there, of the equation at the window's last "
            "cell; w <= N.",
        ),
    )
