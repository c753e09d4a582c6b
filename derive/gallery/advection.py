"""Advection u_t + a u_x = 0, with nu = a dt/dx of either sign."""

from __future__ import annotations

import sympy as sp

from derive.gallery.entry import Entry
from derive.gallery.operators import backward, centred, centred_fourth, forward, mean, moved, second, upwind_third
from derive.gallery.parameters import filtering, nu, nu_x, nu_y, p, q, u, v
from derive.schemes.grid import GridScheme

_new, _now, _old = u[1, 0], u[0, 0], u[-1, 0]
_new2, _now2, _old2 = p[1, 0, 0], p[0, 0, 0], p[-1, 0, 0]


def ftcs() -> GridScheme:
    """Forward in time, centred in space."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_now)))


def upwind() -> GridScheme:
    """Forward in time, backward in space."""
    return GridScheme(sp.Eq(_new, _now - nu * backward(_now)))


def downwind() -> GridScheme:
    """Forward in time, forward in space."""
    return GridScheme(sp.Eq(_new, _now - nu * forward(_now)))


def lax_friedrichs() -> GridScheme:
    """The old value replaced by the mean of its neighbours."""
    return GridScheme(sp.Eq(_new, mean(_now) - nu * centred(_now)))


def lax_wendroff() -> GridScheme:
    """Second order on three points."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_now) + nu**2 * second(_now) / 2))


def beam_warming() -> GridScheme:
    """Second order on three points to the left."""
    return GridScheme(sp.Eq(_new, _now - nu * backward(_now) - nu * (1 - nu) * backward(backward(_now)) / 2))


def fromm() -> GridScheme:
    """The mean of Lax-Wendroff and Beam-Warming."""
    slope = centred(backward(_now))
    return GridScheme(sp.Eq(_new, _now - nu * backward(_now) - nu * (1 - nu) * slope / 2))


def quickest() -> GridScheme:
    """Third order on four points, of Lax-Wendroff's kind (Leonard)."""
    cubic = nu * (1 - nu**2) * backward(second(_now)) / 6
    return GridScheme(sp.Eq(_new, _now - nu * centred(_now) + nu**2 * second(_now) / 2 + cubic))


def euler_third_order() -> GridScheme:
    """Forward Euler on the third-order upwind difference."""
    return GridScheme(sp.Eq(_new, _now - nu * upwind_third(_now)))


def leapfrog() -> GridScheme:
    """Centred in time and space."""
    return GridScheme(sp.Eq(_new, _old - 2 * nu * centred(_now)))


def leapfrog_fourth_order() -> GridScheme:
    """Centred in time, fourth order in space."""
    return GridScheme(sp.Eq(_new, _old - 2 * nu * centred_fourth(_now)))


def leapfrog_filtered() -> GridScheme:
    """Leapfrog with a Robert-Asselin filter: v is the filtered value."""
    filtered, older = v[0, 0], v[-1, 0]
    return GridScheme(
        sp.Eq(_new, older - 2 * nu * centred(_now)),
        sp.Eq(filtered, _now + filtering * (older - 2 * _now + _new)),
        assumptions=filtering < 1,
    )


def implicit_upwind() -> GridScheme:
    """Backward in time and space."""
    return GridScheme(sp.Eq(_new, _now - nu * backward(_new)))


def implicit_centred() -> GridScheme:
    """Backward in time, centred in space."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_new)))


def crank_nicolson() -> GridScheme:
    """The trapezoidal rule on the centred difference."""
    return GridScheme(sp.Eq(_new, _now - nu * centred(_new + _now) / 2))


def box() -> GridScheme:
    """Means and differences over one cell (Wendroff, Preissmann)."""
    left, right = moved(_new - _now, -1) + _new - _now, backward(_new + _now)
    return GridScheme(sp.Eq(left, -nu * right))


def upwind_2d() -> GridScheme:
    """First order upwind along both axes."""
    return GridScheme(sp.Eq(_new2, _now2 - nu_x * backward(_now2, 0) - nu_y * backward(_now2, 1)))


def corner_transport() -> GridScheme:
    """Upwind one axis after the other: the corner value takes part (Colella)."""
    half = _now2 - nu_x * backward(_now2, 0)
    return GridScheme(sp.Eq(_new2, half - nu_y * backward(half, 1)))


def lax_friedrichs_2d() -> GridScheme:
    """The old value replaced by the mean of its four neighbours."""
    neighbours = (mean(_now2, 0) + mean(_now2, 1)) / 2
    return GridScheme(sp.Eq(_new2, neighbours - nu_x * centred(_now2, 0) - nu_y * centred(_now2, 1)))


def lax_wendroff_2d() -> GridScheme:
    """Second order with the mixed difference."""
    diagonal = nu_x**2 * second(_now2, 0) / 2 + nu_y**2 * second(_now2, 1) / 2
    mixed = nu_x * nu_y * centred(centred(_now2, 0), 1)
    return GridScheme(sp.Eq(_new2, _now2 - nu_x * centred(_now2, 0) - nu_y * centred(_now2, 1) + diagonal + mixed))


def leapfrog_2d() -> GridScheme:
    """Centred in time and both axes."""
    return GridScheme(sp.Eq(_new2, _old2 - 2 * nu_x * centred(_now2, 0) - 2 * nu_y * centred(_now2, 1)))


def richtmyer_rotated() -> GridScheme:
    """Half a step of Lax and Friedrichs to the centres q of the cells, and a whole one from there, in two dimensions."""
    along = lambda f, to, difference: (difference(f, 0) + difference(moved(f, to, 1), 0)) / 2  # noqa: E731
    across = lambda f, to, difference: (difference(f, 1) + difference(moved(f, to, 0), 1)) / 2  # noqa: E731
    middle, row = q[1, 0, 0], _now2 + moved(_now2, 1, 0)
    first = (row + moved(row, 1, 1)) / 4 - nu_x * along(_now2, 1, forward) / 2 - nu_y * across(_now2, 1, forward) / 2
    second_half = nu_x * along(middle, -1, backward) + nu_y * across(middle, -1, backward)
    return GridScheme(sp.Eq(middle, first), sp.Eq(_new2, _now2 - second_half))


ENTRIES = {
    "advection-ftcs": Entry("advection, forward Euler, centred", "LeVeque 2007, Sec 10.2", ftcs),
    "upwind": Entry("advection, upwind", "LeVeque 2007, Sec 10.4", upwind),
    "downwind": Entry("advection, forward in space", "Strikwerda 2004, Sec 1.3", downwind),
    "lax-friedrichs": Entry("advection, Lax-Friedrichs", "Strikwerda 2004, Sec 1.3", lax_friedrichs),
    "lax-wendroff": Entry("advection, Lax-Wendroff", "Strikwerda 2004, Sec 3.1", lax_wendroff),
    "beam-warming": Entry("advection, Beam-Warming", "LeVeque 2007, Sec 10.4", beam_warming),
    "fromm": Entry("advection, Fromm", "LeVeque 2002, Sec 6.5", fromm),
    "quickest": Entry("advection, third order on four points (Leonard)", "Hundsdorfer and Verwer 2003, Sec III.1", quickest),
    "advection-euler-third-order": Entry(
        "advection, forward Euler, third-order upwind", "Hundsdorfer and Verwer 2003, Sec III.1", euler_third_order
    ),
    "leapfrog": Entry("advection, leapfrog", "Strikwerda 2004, Sec 4.1", leapfrog),
    "leapfrog-fourth-order": Entry(
        "advection, leapfrog, fourth order in space", "Strikwerda 2004, Sec 4.1", leapfrog_fourth_order
    ),
    "leapfrog-filtered": Entry("advection, leapfrog with Robert-Asselin filter", "Durran 2010, Sec 2.4", leapfrog_filtered),
    "implicit-upwind": Entry("advection, backward in time and space", "Strikwerda 2004, Sec 2.2", implicit_upwind),
    "implicit-centred": Entry("advection, backward Euler, centred", "Strikwerda 2004, Sec 2.2", implicit_centred),
    "advection-crank-nicolson": Entry("advection, Crank-Nicolson", "Strikwerda 2004, Sec 3.1", crank_nicolson),
    "box": Entry("advection, box scheme (Wendroff, Preissmann)", "Morton and Mayers 2005, Sec 4.8", box),
    "upwind-2d": Entry("advection in 2-D, upwind", "LeVeque 2002, Sec 20.1", upwind_2d),
    "corner-transport": Entry("advection in 2-D, corner transport upwind", "LeVeque 2002, Sec 20.2", corner_transport),
    "lax-friedrichs-2d": Entry("advection in 2-D, Lax-Friedrichs", "Strikwerda 2004, Sec 7.1", lax_friedrichs_2d),
    "lax-wendroff-2d": Entry("advection in 2-D, Lax-Wendroff", "LeVeque 2002, Sec 19.3", lax_wendroff_2d),
    "richtmyer-rotated": Entry("advection in 2-D, Richtmyer's two steps, rotated", "Wilson 1972", richtmyer_rotated),
    "leapfrog-2d": Entry("advection in 2-D, leapfrog", "Strikwerda 2004, Sec 7.1", leapfrog_2d),
}
