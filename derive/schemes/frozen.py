"""A nonlinear scheme linearised about a constant state: each value's derivative there, times the value.

What is found of the linear scheme speaks of small perturbations of that state, as long as it stays what it is: coefficients are
frozen. A scheme that switches where its state changes sign is differentiable only off zero, so the sign has to be known.

>>> u, U, q = sp.IndexedBase("u"), sp.Symbol("U", real=True), sp.Symbol("q")
>>> linearised(u[1, 0] - u[0, 0] + q * (u[0, 1] ** 2 - u[0, -1] ** 2), {"u": U})
-2*U*q*u[0, -1] + 2*U*q*u[0, 1] - u[0, 0] + u[1, 0]

Source: Morton and Mayers, Numerical Solution of Partial Differential Equations (2005), Sec 2.17 and 5.10; Richtmyer and Morton,
Difference Methods for Initial-Value Problems (1967), Ch 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from derive.errors import InputError
from derive.fields.given import expression

_UNKNOWN_SIGNS = (sp.sign, sp.Heaviside, sp.DiracDelta, sp.Derivative, sp.Subs, sp.Piecewise)


def states_of(frozen: Mapping[object, object]) -> dict[str, sp.Expr]:
    """Name of an unknown -> its state.

    Raises:
        InputError: a state that is no expression, or depends on values.
    """
    given = {str(getattr(unknown, "name", unknown)): state for unknown, state in frozen.items()}
    states = {name: _exact(expression(state, "a state, a number or a symbol")) for name, state in given.items()}
    for name, state in states.items():
        if state.atoms(sp.Indexed):
            raise InputError(f"expected a constant state, such as {name} = U, got {state}")
    return states


def _exact(state: sp.Expr) -> sp.Expr:
    """Decimals as the fractions that they print as."""
    return state.xreplace({x: sp.Rational(str(x)) for x in state.atoms(sp.Float)})


def linearised(residual: sp.Expr, states: Mapping[str, sp.Expr]) -> sp.Expr:
    """The linear part about the states; unknowns that have none are taken at zero.

    Raises:
        InputError: it has no derivative there.
    """
    marks = {v: sp.Dummy(str(v), real=True) for v in residual.atoms(sp.Indexed)}
    plain = residual.xreplace(marks)
    at = {mark: states.get(str(v.base), sp.S.Zero) for v, mark in marks.items()}
    derivative = sp.S.Zero
    for v, mark in marks.items():
        slope = sp.diff(plain, mark).subs(at)
        if slope.has(*_UNKNOWN_SIGNS, sp.zoo, sp.nan, sp.oo):
            raise InputError(f"expected a derivative by {v} at the state, got {slope}; give the state a sign, or a number")
        derivative += slope * v
    return sp.expand(derivative)


def varying(names: Sequence[str], exact: bool = True) -> str:
    """What a condition for all values of coefficients, exact or not, tells where they vary from place to place."""
    told = " and ".join(names)
    vary, are = ("varies", "is") if len(names) == 1 else ("vary", "are")
    return (
        f"where {told} {vary} in space or time, this {'is the condition' if exact else 'suffices'} with coefficients frozen"
        f"{': necessary, and sufficient' if exact else '; without that,'} "
        f"under more conditions, above all where the scheme dissipates and {told} {are} smooth"
    )


def words(states: Mapping[str, sp.Expr]) -> str:
    """What is assumed."""
    coordinates = [name for name in states if name in ("t", "x", "y", "z")]
    told = {True: [], False: []}
    for name, state in states.items():
        told[name in coordinates].append(f"{name} = {state}")
    parts = []
    if told[False]:
        parts.append(f"linearised about the constant state {', '.join(told[False])}")
    if told[True]:
        parts.append(f"at {', '.join(told[True])}")
    small = ", perturbations are small" if told[False] else ""
    return f"{', '.join(parts)}: coefficients are frozen there{small}"
