"""The method of lines: a difference operator in space, then a Runge-Kutta or Adams-Bashforth step in time."""

from __future__ import annotations

from functools import partial

import sympy as sp

from derive.gallery.entry import Entry
from derive.gallery.operators import centred, second, upwind_fifth, upwind_third
from derive.gallery.parameters import nu, r, u
from derive.lines.integrators import integrators
from derive.schemes.grid import GridScheme

_RATES = {
    "heat": r * second(u[0, 0]),
    "advection": -nu * centred(u[0, 0]),
    "upwind": -nu * upwind_third(u[0, 0]),
    "weno": -nu * upwind_fifth(u[0, 0]),
    "schroedinger": sp.I * r * second(u[0, 0]),
}
"""Right-hand sides, times dt."""


def stepped(integrator: str, equation: str) -> GridScheme:
    """The scheme that a time integrator makes of an equation that is discrete in space."""
    return integrators[integrator](_RATES[equation], u)


_RK = "Hairer and Wanner 1996, Sec IV.2"
_AB = "Hairer and Wanner 1996, Sec V.1"
_SSP = "Gottlieb, Ketcheson and Shu 2011, Sec 2.4"
_THIRD = "Hundsdorfer and Verwer 2003, Sec III.1"

ENTRIES = {
    "heat-rk2": Entry("heat, Runge-Kutta 2", _RK, partial(stepped, "RK2", "heat")),
    "heat-rk3": Entry("heat, Runge-Kutta 3", _RK, partial(stepped, "RK3", "heat")),
    "heat-rk4": Entry("heat, Runge-Kutta 4", _RK, partial(stepped, "RK4", "heat")),
    "heat-ab2": Entry("heat, Adams-Bashforth 2", _AB, partial(stepped, "AB2", "heat")),
    "heat-ab3": Entry("heat, Adams-Bashforth 3", _AB, partial(stepped, "AB3", "heat")),
    "advection-rk2": Entry("advection, Runge-Kutta 2, centred", _RK, partial(stepped, "RK2", "advection")),
    "advection-rk3": Entry("advection, Runge-Kutta 3, centred", _RK, partial(stepped, "RK3", "advection")),
    "advection-rk4": Entry("advection, Runge-Kutta 4, centred", _RK, partial(stepped, "RK4", "advection")),
    "advection-ab2": Entry("advection, Adams-Bashforth 2, centred", _AB, partial(stepped, "AB2", "advection")),
    "advection-ab3": Entry("advection, Adams-Bashforth 3, centred", _AB, partial(stepped, "AB3", "advection")),
    "upwind-third-rk3": Entry("advection, Runge-Kutta 3, third-order upwind", _THIRD, partial(stepped, "RK3", "upwind")),
    "advection-ssp33": Entry(
        "advection, strong-stability-preserving Runge-Kutta 3, centred", _SSP, partial(stepped, "SSP33", "advection")
    ),
    "weno5-linear-ssp33": Entry(
        "advection, WENO 5 with linear weights, SSP Runge-Kutta 3",
        "Wang and Spiteri 2007",
        partial(stepped, "SSP33", "weno"),
    ),
    "schroedinger-rk4": Entry("Schroedinger, Runge-Kutta 4", _RK, partial(stepped, "RK4", "schroedinger")),
}
