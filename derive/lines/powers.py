"""A method as a polynomial in xi and z: what it makes of u' = z u, and of any linear right-hand side.

sum over levels n and powers k of c[n][k] xi^n z^k = 0. Where f is linear, z^k is f applied k times, of a system too: all
that a stage or a step does with f alone is a polynomial in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sympy as sp

from derive.lines.semidiscrete import Flow, State, combine

Powers = Mapping[int, Sequence[sp.Expr]]
"""Level in time -> coefficients by power of z, from 0 on."""


def advanced_by(powers: Powers) -> Callable[[Flow, sp.Expr], State]:
    """The step of the method: the residual of every unknown."""

    def advance(f: Flow, h: sp.Expr) -> State:
        return combine(*(term for level, row in powers.items() for term in _terms(f, h, f.at(level), row)))

    return advance


def _terms(f: Flow, h: sp.Expr, state: State, row: Sequence[sp.Expr]) -> list[tuple[sp.Expr, State]]:
    terms = []
    for k, coefficient in enumerate(row):
        state = f(state) if k else state
        terms.append((coefficient * h**k, state))
    return terms


def exponential(powers: Powers, most: int) -> list[sp.Expr]:
    """What is left of the polynomial at xi = exp(z), by power of z up to `most`: zero up to the order of the method.

    Source: Hairer, Norsett and Wanner (1993), Sec III.2.
    """
    left = [sp.S.Zero] * (most + 1)
    for level, row in powers.items():
        for k, coefficient in enumerate(row):
            for j in range(most + 1 - k):
                left[k + j] += coefficient * sp.Rational(level) ** j / sp.factorial(j)
    return left


def order_of(powers: Powers, most: int) -> int:
    """The order of accuracy, at most `most`; -1 where a constant is not kept."""
    return next((k for k, value in enumerate(exponential(powers, most + 1)) if not vanishes(value)), most + 2) - 1


def vanishes(value: sp.Expr) -> bool:
    """Whether an exact number, or an expression in parameters, is zero."""
    value = sp.expand(value)
    if value.is_number:
        return value.is_zero is True or bool(abs(value.evalf(60, chop=False)) < sp.Float("1e-45"))
    return sp.simplify(value) == 0
