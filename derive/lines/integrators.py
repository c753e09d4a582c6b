"""Time integrators by name, applied to a right-hand side that is discrete in space: the method of lines.

    integrators["RK4"](r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]), u, step)        # a GridScheme

The right-hand side is any linear combination of values at time 0; of a system, one for each unknown. A state is a tuple
of such combinations, one per unknown; f(state) puts it in place of the values, moved along the grid as they are, so that
steps compose exactly and no stability polynomial is typed.

Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), Sec II.1 and III.1; Hundsdorfer and
Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations (2003), Sec IV.4 (IMEX).
"""

from __future__ import annotations

from functools import partial

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.fields.symbols import theta
from derive.lines.integrator import Integrator
from derive.lines.multistep import adams_bashforth, adams_moulton, bdf, milne_simpson, multistep, nystrom
from derive.lines.powers import advanced_by
from derive.lines.semidiscrete import Flow, State, combine
from derive.lines.tableaux import TABLEAUX
from derive.registry import Registry

__all__ = ["Integrator", "integrators"]


def theta_method(name: str, weight: sp.Expr, order: int, assumptions: Boolean = sp.true) -> Integrator:
    """u' = u + h ((1 - theta) f(u) + theta f(u')); forward Euler, Crank-Nicolson and backward Euler at 0, 1/2 and 1."""
    powers = {1: [sp.S.One, -weight], 0: [-sp.S.One, weight - 1]}
    return Integrator(name, order, advanced_by(powers), assumptions=assumptions, powers=powers)


def forward_backward(f: Flow, h: sp.Expr) -> State:
    """Of a system, one unknown after the other, each with the new values of those before it: symplectic Euler.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), Sec I.1.2.
    """
    old, new = f.at(0), f.at(1)
    rates = tuple(f((*new[:i], *old[i:]))[i] for i in range(len(old)))
    return combine((1, new), (-1, old), (-h, rates))


def imex_euler(explicit: Flow, implicit: Flow, h: sp.Expr) -> State:
    """u' = u + h (f_E(u) + f_I(u'))."""
    now, new = explicit.at(0), explicit.at(1)
    return combine((1, new), (-1, now), (-h, explicit(now)), (-h, implicit(new)))


def imex_cnab(explicit: Flow, implicit: Flow, h: sp.Expr) -> State:
    """u' = u + h (3/2 f_E(u) - 1/2 f_E(u at level -1) + (f_I(u) + f_I(u')) / 2): Crank-Nicolson and Adams-Bashforth."""
    extrapolated = adams_bashforth(2).advance(explicit, h)
    return combine((1, extrapolated), (-h / 2, implicit(explicit.at(0))), (-h / 2, implicit(explicit.at(1))))


integrators: Registry[Integrator] = Registry(
    "integrator",
    {
        "forward-euler": lambda: theta_method("forward-euler", sp.S.Zero, 1),
        "theta": lambda: theta_method("theta", theta, 1, theta <= 1),
        "crank-nicolson": lambda: theta_method("crank-nicolson", sp.S.Half, 2),
        "backward-euler": lambda: theta_method("backward-euler", sp.S.One, 1),
        **{f"AB{k}": partial(adams_bashforth, k) for k in range(2, 6)},
        **{f"AM{k}": partial(adams_moulton, k) for k in range(2, 5)},
        **{f"BDF{k}": partial(bdf, k) for k in range(2, 7)},
        **{f"Nystrom{k}": partial(nystrom, k) for k in (3, 4)},
        "Milne-Simpson": milne_simpson,
        "leapfrog": lambda: multistep([-1, 0, 1], [0, 2, 0], "leapfrog"),
        "forward-backward": lambda: Integrator("forward-backward", 1, forward_backward),
        "imex-euler": lambda: Integrator("imex-euler", 1, imex_euler, parts=2),
        "imex-cnab": lambda: Integrator("imex-cnab", 2, imex_cnab, parts=2),
    },
    TABLEAUX,
    make=lambda build: build(),
)
"""Each is made when it is first asked for."""
