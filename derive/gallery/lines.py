"""The method of lines: a difference operator in space, then a Runge-Kutta or Adams-Bashforth step in time."""

from __future__ import annotations

from functools import partial

import sympy as sp

from derive.gallery.entry import Entry
from derive.gallery.operators import Operator, centred, second, upwind_third
from derive.gallery.parameters import nu, r, u
from derive.schemes.grid import GridScheme

_ADAMS_BASHFORTH = {2: (sp.Rational(3, 2), -sp.Rational(1, 2)), 3: tuple(sp.Rational(k, 12) for k in (23, -16, 5))}


def diffusion(value: sp.Expr) -> sp.Expr:
    """Right-hand side, times dt, of the heat equation."""
    return r * second(value)


def advection(value: sp.Expr) -> sp.Expr:
    """Right-hand side, times dt, of the advection equation, centred."""
    return -nu * centred(value)


def upwind_advection(value: sp.Expr) -> sp.Expr:
    """Right-hand side, times dt, of the advection equation, third-order upwind."""
    return -nu * upwind_third(value)


def schroedinger(value: sp.Expr) -> sp.Expr:
    """Right-hand side, times dt, of u_t = i u_xx."""
    return sp.I * r * second(value)


def runge_kutta(operator: Operator, order: int) -> GridScheme:
    """Any explicit Runge-Kutta method of order = stages <= 4: on a linear equation the stages nest as in Horner's scheme."""
    now = u[0, 0]
    stage = now
    for k in range(order, 0, -1):
        stage = now + operator(stage) / k
    return GridScheme(sp.Eq(u[1, 0], stage))


def adams_bashforth(operator: Operator, order: int) -> GridScheme:
    """The explicit multistep method of this order."""
    weighted = sum(b * operator(u[-k, 0]) for k, b in enumerate(_ADAMS_BASHFORTH[order]))
    return GridScheme(sp.Eq(u[1, 0], u[0, 0] + weighted))


_RK = "Hairer and Wanner 1996, Sec IV.2"
_AB = "Hairer and Wanner 1996, Sec V.1"
_THIRD = "Hundsdorfer and Verwer 2003, Sec III.1"

ENTRIES = {
    "heat-rk2": Entry("heat, Runge-Kutta 2", _RK, partial(runge_kutta, diffusion, 2)),
    "heat-rk3": Entry("heat, Runge-Kutta 3", _RK, partial(runge_kutta, diffusion, 3)),
    "heat-rk4": Entry("heat, Runge-Kutta 4", _RK, partial(runge_kutta, diffusion, 4)),
    "heat-ab2": Entry("heat, Adams-Bashforth 2", _AB, partial(adams_bashforth, diffusion, 2)),
    "heat-ab3": Entry("heat, Adams-Bashforth 3", _AB, partial(adams_bashforth, diffusion, 3)),
    "advection-rk2": Entry("advection, Runge-Kutta 2, centred", _RK, partial(runge_kutta, advection, 2)),
    "advection-rk3": Entry("advection, Runge-Kutta 3, centred", _RK, partial(runge_kutta, advection, 3)),
    "advection-rk4": Entry("advection, Runge-Kutta 4, centred", _RK, partial(runge_kutta, advection, 4)),
    "advection-ab2": Entry("advection, Adams-Bashforth 2, centred", _AB, partial(adams_bashforth, advection, 2)),
    "advection-ab3": Entry("advection, Adams-Bashforth 3, centred", _AB, partial(adams_bashforth, advection, 3)),
    "upwind-third-rk3": Entry(
        "advection, Runge-Kutta 3, third-order upwind", _THIRD, partial(runge_kutta, upwind_advection, 3)
    ),
    "schroedinger-rk4": Entry("Schroedinger, Runge-Kutta 4", _RK, partial(runge_kutta, schroedinger, 4)),
}
