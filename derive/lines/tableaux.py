"""Runge-Kutta methods by name: tableaux as printed, and collocation from its nodes.

Source: Hairer, Norsett and Wanner (1993), Sec II.1 and II.5; Hairer and Wanner (1996), Sec IV.5 and IV.6; Gottlieb, Ketcheson
and Shu, Strong Stability Preserving Runge-Kutta and Multistep Time Discretizations (2011), Sec 6; Ketcheson, Highly efficient
strong stability-preserving Runge-Kutta methods with low-storage implementations (2008); Hosea and Shampine, Analysis and
implementation of TR-BDF2 (1996); Bogacki and Shampine, A 3(2) pair of Runge-Kutta formulas (1989).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import sympy as sp

from derive.lines.integrator import Integrator
from derive.lines.quadrature import integral
from derive.lines.runge_kutta import runge_kutta

_t = sp.Symbol("t")
_ROOT = sp.sqrt(2)


def _q(text: str) -> list[sp.Rational]:
    """A row of fractions of ours, divided by spaces."""
    return [sp.Rational(word) for word in text.split()]


EXPLICIT = {
    "RK2": (["1/2"], "0 1"),
    "Heun2": (["1"], "1/2 1/2"),
    "RK3": (["1/2", "-1 2"], "1/6 2/3 1/6"),
    "Heun3": (["1/3", "0 2/3"], "1/4 0 3/4"),
    "RK4": (["1/2", "0 1/2", "0 0 1"], "1/6 1/3 1/3 1/6"),
    "SSP33": (["1", "1/4 1/4"], "1/6 1/6 2/3"),
    "SSP43": (["1/2", "1/2 1/2", "1/6 1/6 1/6"], "1/6 1/6 1/6 1/2"),
    "BS3": (["1/2", "0 3/4"], "2/9 1/3 4/9"),
    "Merson4": (["1/3", "1/6 1/6", "1/8 0 3/8", "1/2 0 -3/2 2"], "1/6 0 0 2/3 1/6"),
    "Fehlberg5": (
        [
            "1/4",
            "3/32 9/32",
            "1932/2197 -7200/2197 7296/2197",
            "439/216 -8 3680/513 -845/4104",
            "-8/27 2 -3544/2565 1859/4104 -11/40",
        ],
        "16/135 0 6656/12825 28561/56430 -9/50 2/55",
    ),
    "CK5": (
        [
            "1/5",
            "3/40 9/40",
            "3/10 -9/10 6/5",
            "-11/54 5/2 -70/27 35/27",
            "1631/55296 175/512 575/13824 44275/110592 253/4096",
        ],
        "37/378 0 250/621 125/594 0 512/1771",
    ),
    "DP5": (
        [
            "1/5",
            "3/40 9/40",
            "44/45 -56/15 32/9",
            "19372/6561 -25360/2187 64448/6561 -212/729",
            "9017/3168 -355/33 46732/5247 49/176 -5103/18656",
        ],
        "35/384 0 500/1113 125/192 -2187/6784 11/84",
    ),
}
"""Rows below the first stage, and weights."""


def _explicit(name: str) -> Integrator:
    rows, weights = EXPLICIT[name]
    return runge_kutta([_q(row) for row in rows], _q(weights), name)


def _ssp104() -> Integrator:
    """Ten stages, order 4: steps of h/6, after the fifth from 3/5 u + 2/5 of the stage before."""
    sixth = [[sp.Rational(1, 6)] * k for k in range(1, 5)]
    later = [[sp.Rational(1, 15)] * 5 + [sp.Rational(1, 6)] * k for k in range(5)]
    return runge_kutta([*sixth, *later], [sp.Rational(1, 10)] * 10, "SSP104")


def collocation(nodes: Sequence[sp.Expr], name: str) -> Integrator:
    """Stages whose polynomial meets the equation at the nodes, in [0, 1]."""
    basis = [sp.Mul(*((_t - d) / (c - d) for d in nodes if d != c)) for c in nodes]
    weight = lambda f, c: sp.radsimp(sp.expand(integral(f, _t, sp.S.Zero, c)))  # noqa: E731
    return runge_kutta([[weight(f, c) for f in basis] for c in nodes], [weight(f, sp.S.One) for f in basis], name)


def _zeros(of: Callable[[int], sp.Expr], stages: int, name: str) -> Integrator:
    return collocation(sorted(sp.roots(of(stages), _t), key=lambda c: c.evalf()), name)


def _gauss(s: int) -> sp.Expr:
    return sp.diff(_t**s * (_t - 1) ** s, _t, s)


def _radau(s: int) -> sp.Expr:
    return sp.diff(_t ** (s - 1) * (_t - 1) ** s, _t, s - 1)


def _lobatto(s: int) -> sp.Expr:
    return sp.diff(_t ** (s - 1) * (_t - 1) ** (s - 1), _t, s - 2)


def _lobatto_iiic(stages: int) -> Integrator:
    """Nodes of Lobatto, a_i1 = b_1, exact for polynomials of degree s - 2."""
    rows = {
        2: (["1/2 -1/2", "1/2 1/2"], "1/2 1/2"),
        3: (["1/6 -1/3 1/6", "1/6 5/12 -1/12", "1/6 2/3 1/6"], "1/6 2/3 1/6"),
    }
    stated, weights = rows[stages]
    return runge_kutta([_q(row) for row in stated], _q(weights), f"LobattoIIIC{stages}")


def _sdirk2() -> Integrator:
    """Alexander's, L-stable."""
    g = 1 - _ROOT / 2
    return runge_kutta([[g, 0], [1 - g, g]], [1 - g, g], "SDIRK2")


def _sdirk3() -> Integrator:
    """Norsett and Crouzeix: order 3, A-stable."""
    g = (3 + sp.sqrt(3)) / 6
    return runge_kutta([[g, 0], [1 - 2 * g, g]], [sp.S.Half, sp.S.Half], "SDIRK3")


def _tr_bdf2() -> Integrator:
    """The trapezoidal rule to t + (2 - sqrt(2)) h, then BDF2."""
    d, w = 1 - _ROOT / 2, _ROOT / 4
    return runge_kutta([[0, 0, 0], [d, d, 0], [w, w, d]], [w, w, d], "TR-BDF2")


TABLEAUX: dict[str, Callable[[], Integrator]] = {
    **{name: partial(_explicit, name) for name in EXPLICIT},
    "SSP104": _ssp104,
    **{f"Gauss{s}": partial(_zeros, _gauss, s, f"Gauss{s}") for s in (1, 2, 3)},
    **{f"RadauIIA{s}": partial(_zeros, _radau, s, f"RadauIIA{s}") for s in (2, 3)},
    **{f"LobattoIIIA{s}": partial(_zeros, _lobatto, s, f"LobattoIIIA{s}") for s in (2, 3)},
    **{f"LobattoIIIC{s}": partial(_lobatto_iiic, s) for s in (2, 3)},
    "SDIRK2": _sdirk2,
    "SDIRK3": _sdirk3,
    "TR-BDF2": _tr_bdf2,
}
