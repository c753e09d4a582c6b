"""The heat equation: what the textbooks state."""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import theta
from derive.gallery.parameters import decay, r, r_x, r_y, r_z, relaxation
from tests.derive.textbook.statement import Statement

_half, _always, _never = sp.Rational(1, 2), sp.true, sp.false
_r = {"r": (0.01, 1.2)}
_wide = {"r": (0.01, 50.0)}
_plane = {"r_x": (0.01, 0.6), "r_y": (0.01, 0.6)}
_wide_plane = {"r_x": (0.01, 20.0), "r_y": (0.01, 20.0)}
_x = 4 * r  # minus the extreme symbol of the second difference

STATEMENTS = {
    "lattice-boltzmann-d1q3": Statement({"omega_r": (-0.5, 2.5)}, (relaxation >= 0) & (relaxation <= 2), "von-neumann"),
    "heat-ftcs": Statement(_r, r <= _half),
    "heat-ftcs-2d": Statement(_plane, r_x + r_y <= _half),
    "heat-ftcs-3d": Statement(dict.fromkeys(("r_x", "r_y", "r_z"), (0.01, 0.4)), r_x + r_y + r_z <= _half),
    "heat-fourth-order": Statement(_r, r <= sp.Rational(3, 8)),
    "heat-nine-point": Statement(_r, r <= sp.Rational(3, 8)),
    "heat-theta": Statement({"r": (0.01, 4.0), "theta": (0.0, 1.0)}, r * (1 - 2 * theta) <= _half),
    "heat-theta-2d": Statement(
        {"r_x": (0.01, 2.0), "r_y": (0.01, 2.0), "theta": (0.0, 1.0)}, (r_x + r_y) * (1 - 2 * theta) <= _half
    ),
    "heat-backward-euler": Statement(_wide, _always),
    "heat-crank-nicolson": Statement(_wide, _always),
    "heat-crandall": Statement(_wide, _always),
    "heat-dufort-frankel": Statement(_wide, _always),
    "heat-dufort-frankel-2d": Statement(_wide_plane, _always),
    "heat-richardson": Statement(_r, _never),
    "heat-bdf2": Statement(_wide, _always),
    "heat-lees": Statement(_wide, _always),
    "heat-saulyev": Statement(_wide, _always),
    "heat-peaceman-rachford": Statement(_wide_plane, _always),
    "heat-douglas-rachford": Statement(_wide_plane, _always),
    "heat-adi-3d": Statement({"r": (0.01, 3.0)}, r <= sp.Rational(3, 2)),
    "heat-reaction": Statement({"r": (0.01, 0.8), "s": (0.01, 2.5)}, 4 * r + decay <= 2),
    "heat-reaction-imex": Statement({"r": (0.01, 4.0), "s": (0.01, 4.0)}, decay <= 2),
    "heat-rk2": Statement(_r, r <= _half),
    "heat-rk3": Statement(_r, 1 - _x + _x**2 / 2 - _x**3 / 6 >= -1),
    "heat-rk4": Statement(_r, -_x + _x**2 / 2 - _x**3 / 6 + _x**4 / 24 <= 0),
    "heat-ab2": Statement({"r": (0.01, 0.6)}, r <= sp.Rational(1, 4)),
    "heat-ab3": Statement({"r": (0.01, 0.4)}, r <= sp.Rational(3, 22)),
}
