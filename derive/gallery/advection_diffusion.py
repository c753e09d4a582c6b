"""Advection with diffusion u_t + a u_x = D u_xx, with nu = a dt/dx and r = D dt/dx^2."""

from __future__ import annotations

import sympy as sp

from derive.gallery.entry import Entry
from derive.gallery.operators import backward, centred, mean, second
from derive.gallery.parameters import nu, nu_x, nu_y, p, r, r_x, r_y, u
from derive.schemes.grid import GridScheme

_new, _now, _old = u[1, 0], u[0, 0], u[-1, 0]


def ftcs() -> GridScheme:
    """Forward in time, centred in space."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_now) + r * second(_now)))


def ftcs_2d() -> GridScheme:
    """Forward in time, centred in space, two dimensions."""
    now = p[0, 0, 0]
    flow = nu_x * centred(now, 0) + nu_y * centred(now, 1)
    return GridScheme(sp.Eq(p[1, 0, 0], now - flow + r_x * second(now, 0) + r_y * second(now, 1)))


def upwind() -> GridScheme:
    """Forward Euler, upwind advection, centred diffusion."""
    return GridScheme(sp.Eq(_new, _now - nu * backward(_now) + r * second(_now)))


def leapfrog_dufort_frankel() -> GridScheme:
    """Leapfrog, with 2 u[0, 0] of the diffusion replaced by u[1, 0] + u[-1, 0] (DuFort-Frankel)."""
    return GridScheme(sp.Eq(_new - _old, -2 * nu * centred(_now) + 2 * r * (2 * mean(_now) - _new - _old)))


def leapfrog_lagged() -> GridScheme:
    """Leapfrog advection, diffusion of the old level."""
    return GridScheme(sp.Eq(_new - _old, -2 * nu * centred(_now) + 2 * r * second(_old)))


def imex_euler() -> GridScheme:
    """Explicit centred advection, implicit diffusion."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_now) + r * second(_new)))


def crank_nicolson() -> GridScheme:
    """The trapezoidal rule on both."""
    middle = (_new + _now) / 2
    return GridScheme(sp.Eq(_new, _now - nu * centred(middle) + r * second(middle)))


def cnab() -> GridScheme:
    """Adams-Bashforth 2 on the advection, Crank-Nicolson on the diffusion."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(3 * _now - _old) / 2 + r * second(_new + _now) / 2))


def sbdf2() -> GridScheme:
    """BDF2 with implicit diffusion and extrapolated advection."""
    return GridScheme(sp.Eq(3 * _new - 4 * _now + _old, -2 * nu * centred(2 * _now - _old) + 2 * r * second(_new)))


ENTRIES = {
    "advection-diffusion-ftcs": Entry(
        "advection-diffusion, forward Euler, centred", "Hundsdorfer and Verwer 2003, Sec I.3; Strikwerda 2004, Sec 6.4", ftcs
    ),
    "advection-diffusion-ftcs-2d": Entry(
        "advection-diffusion in 2-D, forward Euler, centred", "Hindmarsh, Gresho and Griffiths 1984", ftcs_2d
    ),
    "advection-diffusion-upwind": Entry("advection-diffusion, forward Euler, upwind", "Strikwerda 2004, Sec 6.4", upwind),
    "leapfrog-dufort-frankel": Entry(
        "advection-diffusion, leapfrog and DuFort-Frankel", "Richtmyer and Morton 1967, Sec 8.2", leapfrog_dufort_frankel
    ),
    "leapfrog-lagged-diffusion": Entry(
        "advection-diffusion, leapfrog, diffusion of the old level", "Durran 2010, Sec 3.4", leapfrog_lagged
    ),
    "imex-euler": Entry(
        "advection-diffusion, implicit diffusion, explicit advection", "Hundsdorfer and Verwer 2003, Sec IV.4", imex_euler
    ),
    "advection-diffusion-crank-nicolson": Entry(
        "advection-diffusion, Crank-Nicolson", "Morton and Mayers 2005, Sec 2.15", crank_nicolson
    ),
    "cnab": Entry("advection-diffusion, Crank-Nicolson with Adams-Bashforth 2", "Hundsdorfer and Verwer 2003, Sec IV.4", cnab),
    "sbdf2": Entry("advection-diffusion, implicit-explicit BDF2", "Hundsdorfer and Verwer 2003, Sec IV.4", sbdf2),
}
