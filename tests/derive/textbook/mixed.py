"""Advection with diffusion, waves, Schroedinger: what the textbooks state."""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import theta
from derive.gallery.parameters import dispersion, mass, nu, nu_x, nu_y, nu_z, r, r_x, r_y
from tests.derive.textbook.statement import Statement

_half, _always, _never = sp.Rational(1, 2), sp.true, sp.false
_nu_r = {"nu": (-1.3, 1.3), "r": (0.01, 0.8)}
_both = {"nu": (-1.6, 1.6)}
_plane = {"nu_x": (-1.3, 1.3), "nu_y": (-1.3, 1.3)}

ADVECTION_DIFFUSION = {
    "advection-diffusion-ftcs": Statement(
        _nu_r,
        (r <= _half) & (sp.Abs(nu) <= 2 * r),
        right=(nu**2 <= 2 * r) & (2 * r <= 1),
        note="the cell Reynolds number |nu|/r <= 2 (Roache 1972 and many after) rules out wiggles, not growth",
    ),
    "advection-diffusion-ftcs-2d": Statement(
        {"nu_x": (-0.6, 0.6), "nu_y": (-0.6, 0.6), "r_x": (0.01, 0.35), "r_y": (0.01, 0.35)},
        (r_x + r_y <= _half) & ((sp.Abs(nu_x) + sp.Abs(nu_y)) ** 2 <= 2 * (r_x + r_y)),
        right=(r_x + r_y <= _half) & (nu_x**2 / r_x + nu_y**2 / r_y <= 2),
        note="(|u| + |v|)^2 dt <= 4 D (Peyret and Taylor 1983, Fletcher 1991; dx = dy) lets divergent steps pass; the right "
        "one is Hindmarsh, Gresho and Griffiths 1984",
    ),
    "advection-diffusion-upwind": Statement({"nu": (0.01, 1.3), "r": (0.01, 0.8)}, nu + 2 * r <= 1),
    "leapfrog-dufort-frankel": Statement({"nu": (-1.6, 1.6), "r": (0.01, 4.0)}, sp.Abs(nu) <= 1),
    "leapfrog-lagged-diffusion": Statement({"nu": (-1.3, 1.3), "r": (0.01, 0.35)}, None),
    "imex-euler": Statement({"nu": (-2.0, 2.0), "r": (0.01, 2.0)}, nu**2 <= 2 * r),
    "advection-diffusion-crank-nicolson": Statement({"nu": (-9.0, 9.0), "r": (0.01, 9.0)}, _always),
    "cnab": Statement({"nu": (-2.0, 2.0), "r": (0.01, 2.0)}, None),
    "sbdf2": Statement({"nu": (-2.0, 2.0), "r": (0.01, 2.0)}, None),
}

WAVES = {
    "wave": Statement(_both, sp.Abs(nu) <= 1, "von-neumann"),
    "wave-2d": Statement(_plane, nu_x**2 + nu_y**2 <= 1, "von-neumann"),
    "wave-3d": Statement(dict.fromkeys(("nu_x", "nu_y", "nu_z"), (-1.0, 1.0)), nu_x**2 + nu_y**2 + nu_z**2 <= 1, "von-neumann"),
    "wave-fourth-order": Statement(_both, sp.Abs(nu) <= sp.sqrt(3) / 2, "von-neumann"),
    "wave-theta": Statement({"nu": (-3.0, 3.0), "theta": (0.0, 0.5)}, nu**2 * (1 - 4 * theta) <= 1, "von-neumann"),
    "wave-staggered": Statement(_both, sp.Abs(nu) <= 1, "von-neumann"),
    "elastic-2d": Statement({**_plane, "k": (0.05, 1.0)}, nu_x**2 + nu_y**2 <= 1, "von-neumann"),
    "yee-2d": Statement(_plane, nu_x**2 + nu_y**2 <= 1, "von-neumann"),
    "maxwell-lossy": Statement({"nu": (-1.6, 1.6), "s": (0.01, 3.0)}, sp.Abs(nu) <= 1),
    "wave-modified": Statement(
        {"nu": (-2.5, 2.5)},
        sp.Abs(nu) <= 1,
        "von-neumann",
        note="also, alone, at |nu| = 2, an exact shift",
    ),
    "maxwell-debye": Statement({"nu": (-1.6, 1.6), "tau": (0.1, 3.0), "chi": (0.1, 3.0)}, sp.Abs(nu) <= 1, "von-neumann"),
    "klein-gordon": Statement({"nu": (-1.4, 1.4), "m": (0.01, 2.5)}, 4 * nu**2 + mass**2 < 4),
    "beam": Statement({"r": (0.01, 1.2)}, r <= _half, "von-neumann"),
    "schroedinger-euler": Statement({"r": (0.05, 1.2)}, _never),
    "schroedinger-crank-nicolson": Statement({"r": (0.01, 50.0)}, _always),
    "schroedinger-leapfrog": Statement({"r": (0.01, 0.6)}, r < sp.Rational(1, 4)),
    "schroedinger-rk4": Statement({"r": (0.01, 1.4)}, r <= sp.sqrt(2) / 2),
    "airy-leapfrog": Statement({"mu": (-0.8, 0.8)}, sp.Abs(dispersion) < 2 / (3 * sp.sqrt(3))),
}
