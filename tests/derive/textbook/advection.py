"""Advection: what the textbooks state."""

from __future__ import annotations

import sympy as sp

from derive.gallery.parameters import nu, nu_x, nu_y
from tests.derive.textbook.statement import Statement

_always, _never = sp.true, sp.false
_both = {"nu": (-1.6, 1.6)}
_wide = {"nu": (-20.0, 20.0)}
_away = {"nu": (0.2, 1.6)}  # a growth of nu^4/8 per step is seen from here on
_plane = {"nu_x": (-1.3, 1.3), "nu_y": (-1.3, 1.3)}
_unit = sp.Abs(nu) <= 1
_imaginary_ab3 = sp.Rational(12, 5) / sp.sqrt(11)  # of the stability region on the imaginary axis
_largest_fourth = 2 * sp.sqrt(3) / sp.sqrt(3 + 8 * sp.sqrt(6))  # 1 / max of (8 sin t - sin 2t) / 6

STATEMENTS = {
    "advection-ftcs": Statement(_away, _never),
    "upwind": Statement(_both, (nu >= 0) & (nu <= 1)),
    "downwind": Statement(_both, (nu >= -1) & (nu <= 0)),
    "lax-friedrichs": Statement(_both, _unit),
    "lax-wendroff": Statement(_both, _unit),
    "beam-warming": Statement({"nu": (-1.0, 3.0)}, (nu >= 0) & (nu <= 2)),
    "fromm": Statement(_both, (nu >= 0) & (nu <= 1)),
    "quickest": Statement(
        {"nu": (-1.5, 2.5)}, (nu >= 0) & (nu <= 1), note="also, alone, at nu = -1 and 2, where a step is an exact shift"
    ),
    "advection-euler-third-order": Statement(_away, _never),
    "leapfrog": Statement(
        _both, _unit, "von-neumann", note="Morton and Mayers 2005, Sec 4.9, close the interval; Strikwerda, Sec 4.1, opens it"
    ),
    "leapfrog-fourth-order": Statement(_both, sp.Abs(nu) < _largest_fourth),
    "leapfrog-filtered": Statement({"nu": (-1.3, 1.3), "gamma": (0.01, 0.6)}, None),
    "implicit-upwind": Statement(
        {"nu": (-2.5, 2.5)},
        nu >= 0,
        right=(nu >= 0) | (nu <= -1),
        note="unconditionally stable for a > 0, and said to be unstable else; for a < 0 it is stable from |nu| = 1 on",
    ),
    "implicit-centred": Statement(_wide, _always),
    "advection-crank-nicolson": Statement(_wide, _always),
    "box": Statement(_wide, _always),
    "upwind-2d": Statement({"nu_x": (-0.3, 1.1), "nu_y": (-0.3, 1.1)}, (nu_x >= 0) & (nu_y >= 0) & (nu_x + nu_y <= 1)),
    "corner-transport": Statement(
        {"nu_x": (-0.4, 1.4), "nu_y": (-0.4, 1.4)}, (nu_x >= 0) & (nu_y >= 0) & (nu_x <= 1) & (nu_y <= 1)
    ),
    "lax-friedrichs-2d": Statement(_plane, nu_x**2 + nu_y**2 <= sp.Rational(1, 2)),
    "lax-wendroff-2d": Statement(
        _plane,
        (nu_x**2 <= sp.Rational(1, 8)) & (nu_y**2 <= sp.Rational(1, 8)),
        right=sp.cbrt(nu_x**2) + sp.cbrt(nu_y**2) <= 1,
        note="the sufficient |nu| <= 1/sqrt(8) of Lax and Wendroff 1964; Turkel 1977 has the exact one",
    ),
    "richtmyer-rotated": Statement(_plane, nu_x**2 + nu_y**2 <= 1),
    "leapfrog-2d": Statement(_plane, sp.Abs(nu_x) + sp.Abs(nu_y) < 1),
    "advection-rk2": Statement({"nu": (0.2, 1.6)}, _never),
    "advection-rk3": Statement({"nu": (-2.5, 2.5)}, sp.Abs(nu) <= sp.sqrt(3)),
    "advection-rk4": Statement({"nu": (-4.0, 4.0)}, sp.Abs(nu) <= 2 * sp.sqrt(2)),
    "advection-ab2": Statement(_away, _never),
    "advection-ab3": Statement({"nu": (-1.2, 1.2)}, sp.Abs(nu) <= _imaginary_ab3),
    "advection-ssp33": Statement({"nu": (-2.5, 2.5)}, sp.Abs(nu) <= sp.sqrt(3)),
    "weno5-linear-ssp33": Statement({"nu": (-0.5, 2.0)}, None, note="Wang and Spiteri 2007 give 1.43"),
    "upwind-third-rk3": Statement(
        {"nu": (-0.5, 2.5)}, (nu >= 0) & (nu <= sp.Rational("1.626")), note="Baldauf 2008 gives four digits"
    ),
}
