"""The heat equation u_t = div(D grad u), with r = D dt/dx^2."""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import theta
from derive.gallery.entry import Entry
from derive.gallery.operators import mean, moved, nine_point, second, second_fourth
from derive.gallery.parameters import decay, p, q, r, r_x, r_y, r_z, relaxation, u, v
from derive.schemes.grid import GridFunction, GridScheme

_w = GridFunction("w", 3)
_new, _now, _old = u[1, 0], u[0, 0], u[-1, 0]
_new2, _now2, _old2 = p[1, 0, 0], p[0, 0, 0], p[-1, 0, 0]


def _diffusion(value: sp.Expr) -> sp.Expr:
    """Second differences along x and y."""
    return r_x * second(value, 0) + r_y * second(value, 1)


def ftcs() -> GridScheme:
    """Forward in time, centred in space."""
    return GridScheme(sp.Eq(_new, _now + r * second(_now)))


def ftcs_2d() -> GridScheme:
    """Forward Euler on the five-point Laplacian."""
    return GridScheme(sp.Eq(_new2, _now2 + _diffusion(_now2)))


def ftcs_3d() -> GridScheme:
    """Forward Euler on the seven-point Laplacian."""
    now = _w[0, 0, 0, 0]
    return GridScheme(sp.Eq(_w[1, 0, 0, 0], now + r_x * second(now, 0) + r_y * second(now, 1) + r_z * second(now, 2)))


def fourth_order() -> GridScheme:
    """Forward Euler on the five-point second difference."""
    return GridScheme(sp.Eq(_new, _now + r * second_fourth(_now)))


def nine_points() -> GridScheme:
    """Forward Euler on the nine-point Laplacian, dx = dy."""
    return GridScheme(sp.Eq(_new2, _now2 + r * nine_point(_now2)))


def theta_scheme() -> GridScheme:
    """Weight theta on the new level."""
    return GridScheme(sp.Eq(_new, _now + r * second(theta * _new + (1 - theta) * _now)), assumptions=theta <= 1)


def theta_2d() -> GridScheme:
    """Weight theta on the new level, two dimensions."""
    return GridScheme(sp.Eq(_new2, _now2 + _diffusion(theta * _new2 + (1 - theta) * _now2)), assumptions=theta <= 1)


def backward_euler() -> GridScheme:
    """All weight on the new level."""
    return GridScheme(sp.Eq(_new, _now + r * second(_new)))


def crank_nicolson() -> GridScheme:
    """The trapezoidal rule: half of the weight on either level."""
    return GridScheme(sp.Eq(_new, _now + r * second(_new + _now) / 2))


def crandall() -> GridScheme:
    """The theta scheme with theta = 1/2 - 1/(12 r): fourth order in space."""
    return GridScheme(sp.Eq(_new + second(_new) / 12 - r * second(_new) / 2, _now + second(_now) / 12 + r * second(_now) / 2))


def dufort_frankel() -> GridScheme:
    """Richardson's scheme with 2 u[0, 0] replaced by u[1, 0] + u[-1, 0]."""
    return GridScheme(sp.Eq(_new - _old, 2 * r * (2 * mean(_now) - _new - _old)))


def dufort_frankel_2d() -> GridScheme:
    """The same in two dimensions."""
    x, y = (2 * mean(_now2, axis) - _new2 - _old2 for axis in (0, 1))
    return GridScheme(sp.Eq(_new2 - _old2, 2 * r_x * x + 2 * r_y * y))


def richardson() -> GridScheme:
    """Leapfrog: from the old level to the new one by the second difference of the level between."""
    return GridScheme(sp.Eq(_new - _old, 2 * r * second(_now)))


def bdf2() -> GridScheme:
    """Backward differences of second order in time."""
    return GridScheme(sp.Eq(3 * _new - 4 * _now + _old, 2 * r * second(_new)))


def lees() -> GridScheme:
    """Three levels, each with a third of the weight."""
    return GridScheme(sp.Eq(_new - _old, 2 * r * second(_new + _now + _old) / 3))


def saulyev() -> GridScheme:
    """A sweep from the left that uses new values as soon as they are there."""
    return GridScheme(sp.Eq(_new - _now, r * (moved(_now, 1) - _now - _new + moved(_new, -1))))


def peaceman_rachford() -> GridScheme:
    """Half a step implicit along x, half a step implicit along y; q is the value between."""
    half, new, now = q[0, 0, 0], _new2, _now2
    return GridScheme(
        sp.Eq(half - r_x * second(half, 0) / 2, now + r_y * second(now, 1) / 2),
        sp.Eq(new - r_y * second(new, 1) / 2, half + r_x * second(half, 0) / 2),
    )


def douglas_rachford() -> GridScheme:
    """Backward Euler, factored: (1 - r_x d_x^2)(1 - r_y d_y^2) u' = (1 + r_x r_y d_x^2 d_y^2) u."""
    half, new, now = q[0, 0, 0], _new2, _now2
    return GridScheme(
        sp.Eq(half - r_x * second(half, 0), now + r_y * second(now, 1)),
        sp.Eq(new - r_y * second(new, 1), half - r_y * second(now, 1)),
    )


def adi_3d() -> GridScheme:
    """Peaceman and Rachford's idea with three thirds of a step, dx = dy = dz; written as one product."""
    new, now = _w[1, 0, 0, 0], _w[0, 0, 0, 0]
    for axis in range(3):
        others = [k for k in range(3) if k != axis]
        new = new - r * second(new, axis) / 3
        now = now + r * sum(second(now, k) for k in others) / 3
    return GridScheme(sp.Eq(new, now))


def reaction() -> GridScheme:
    """Forward Euler with decay: u_t = D u_xx - c u, s = c dt."""
    return GridScheme(sp.Eq(_new, _now + r * second(_now) - decay * _now))


def reaction_implicit() -> GridScheme:
    """The decay explicit, the diffusion implicit."""
    return GridScheme(sp.Eq(_new, _now + r * second(_new) - decay * _now))


def lattice_boltzmann() -> GridScheme:
    """D1Q3 with one rate of relaxation: u rests, v and w move to the right and to the left; weights 2/3, 1/6, 1/6."""
    kinds, weights, steps = (u, v, GridFunction("w", 1)), (sp.Rational(2, 3), sp.Rational(1, 6), sp.Rational(1, 6)), (0, -1, 1)
    density = sum(f[0, 0] for f in kinds)
    relaxed = [f[0, 0] - relaxation * (f[0, 0] - w * density) for f, w in zip(kinds, weights, strict=True)]
    return GridScheme([sp.Eq(f[1, 0], moved(after, k)) for f, after, k in zip(kinds, relaxed, steps, strict=True)])


ENTRIES = {
    "lattice-boltzmann-d1q3": Entry("heat, lattice Boltzmann D1Q3", "Krueger et al 2017, Sec 4.4 and 8.3", lattice_boltzmann),
    "heat-ftcs": Entry("heat, forward Euler", "Strikwerda 2004, Sec 6.3", ftcs),
    "heat-ftcs-2d": Entry("heat in 2-D, forward Euler", "Morton and Mayers 2005, Sec 3.1", ftcs_2d),
    "heat-ftcs-3d": Entry("heat in 3-D, forward Euler", "Richtmyer and Morton 1967, Sec 8.8", ftcs_3d),
    "heat-fourth-order": Entry("heat, forward Euler, fourth order in space", "Thomas 1995, Ch 2", fourth_order),
    "heat-nine-point": Entry("heat in 2-D, forward Euler, nine points", "LeVeque 2007, Sec 3.5", nine_points),
    "heat-theta": Entry("heat, theta scheme", "Morton and Mayers 2005, Sec 2.10", theta_scheme),
    "heat-theta-2d": Entry("heat in 2-D, theta scheme", "Hundsdorfer and Verwer 2003, Sec II.1", theta_2d),
    "heat-backward-euler": Entry("heat, backward Euler", "Strikwerda 2004, Sec 6.3", backward_euler),
    "heat-crank-nicolson": Entry("heat, Crank-Nicolson", "Strikwerda 2004, Sec 6.3", crank_nicolson),
    "heat-crandall": Entry("heat, Crandall's scheme of fourth order", "Richtmyer and Morton 1967, Sec 8.2", crandall),
    "heat-dufort-frankel": Entry("heat, DuFort-Frankel", "Strikwerda 2004, Sec 6.3", dufort_frankel),
    "heat-dufort-frankel-2d": Entry("heat in 2-D, DuFort-Frankel", "Strikwerda 2004, Sec 7.3", dufort_frankel_2d),
    "heat-richardson": Entry("heat, Richardson's leapfrog", "Richtmyer and Morton 1967, Sec 8.2", richardson),
    "heat-bdf2": Entry("heat, BDF2", "Hairer and Wanner 1996, Sec V.1", bdf2),
    "heat-lees": Entry("heat, three equal levels (Lees)", "Richtmyer and Morton 1967, Sec 8.2", lees),
    "heat-saulyev": Entry("heat, Saul'yev's one-sided sweep", "Richtmyer and Morton 1967, Sec 8.2", saulyev),
    "heat-peaceman-rachford": Entry("heat in 2-D, Peaceman-Rachford ADI", "Strikwerda 2004, Sec 7.3", peaceman_rachford),
    "heat-douglas-rachford": Entry("heat in 2-D, Douglas-Rachford ADI", "Strikwerda 2004, Sec 7.3", douglas_rachford),
    "heat-adi-3d": Entry("heat in 3-D, three thirds of a step", "Thomas 1995, Ch 4", adi_3d),
    "heat-reaction": Entry("heat with decay, forward Euler", "Hundsdorfer and Verwer 2003, Sec I.3", reaction),
    "heat-reaction-imex": Entry(
        "heat with decay, implicit diffusion", "Hundsdorfer and Verwer 2003, Sec IV.4", reaction_implicit
    ),
}
