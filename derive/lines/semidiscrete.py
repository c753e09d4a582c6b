"""A right-hand side that is discrete in space, as a linear map of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from derive.errors import InputError
from derive.fields.given import expression
from derive.schemes.grid import GridFunction

State = tuple[sp.Expr, ...]
"""One combination of grid values per unknown."""


@dataclass(frozen=True)
class Flow:
    """The rates of change f(u).

    Attributes:
        unknowns: the grid functions.
        rates: their rates of change, linear in their values at time 0.
    """

    unknowns: tuple[GridFunction, ...]
    rates: State

    def at(self, level: int) -> State:
        """The unknowns themselves, at a time level."""
        return tuple(u[level, *(0,) * u.dims] for u in self.unknowns)

    def __call__(self, state: State) -> State:
        """The rates at a state: every value u[0, j] becomes the state, moved by j."""
        by_name = dict(zip((u.name for u in self.unknowns), state, strict=True))
        values = {v for rate in self.rates for v in rate.atoms(sp.Indexed)}
        placed = {v: moved(by_name[str(v.base)], v.indices[1:]) for v in values}
        return tuple(sp.expand(rate.xreplace(placed)) for rate in self.rates)


def flows(parts: Sequence, unknowns: Sequence[GridFunction]) -> tuple[Flow, ...]:
    """One flow for each part of a right-hand side.

    Raises:
        InputError: a part is no combination of values of the unknowns at time 0, or there is not one rate per unknown.
    """
    for u in unknowns:
        if not isinstance(u, GridFunction):
            raise InputError(f"expected a GridFunction or a sequence of them as unknown, got {u!r}")
    return tuple(_flow(part, tuple(unknowns)) for part in parts)


def _flow(part: sp.Expr | Sequence, unknowns: tuple[GridFunction, ...]) -> Flow:
    rates = (part,) if isinstance(part, sp.Basic | int | float) else tuple(part)
    if len(rates) != len(unknowns):
        raise InputError(f"expected {len(unknowns)} right-hand side(s), one per unknown, got {len(rates)}")
    exact = tuple(_checked(expression(rate), {u.name: u for u in unknowns}) for rate in rates)
    return Flow(unknowns, exact)


def _checked(rate: sp.Expr, unknowns: dict[str, GridFunction]) -> sp.Expr:
    for value in sorted(rate.atoms(sp.Indexed), key=str):
        known = unknowns.get(str(value.base))
        if known is None:
            raise InputError(f"expected values of {', '.join(unknowns)} in the right-hand side, got {value}")
        if len(value.indices) != known.dims + 1 or value.indices[0] != 0:
            raise InputError(
                f"expected values at time 0 in the right-hand side, such as {known[0, *(0,) * known.dims]}, got {value}"
            )
    return sp.expand(rate.xreplace({x: sp.Rational(str(x)) for x in rate.atoms(sp.Float)}))


def moved(expr: sp.Expr, offsets: Sequence[sp.Integer]) -> sp.Expr:
    """The same combination of grid values, moved along every axis."""
    return expr.xreplace({v: _moved(v, offsets) for v in expr.atoms(sp.Indexed)})


def _moved(value: sp.Indexed, offsets: Sequence[sp.Integer]) -> sp.Indexed:
    time, *space = value.indices
    return value.base[time, *(a + b for a, b in zip(space, offsets, strict=True))]


def combine(*terms: tuple[sp.Expr | int, State]) -> State:
    """A linear combination of states."""
    weights = [expression(weight) for weight, _ in terms]
    columns = zip(*(state for _, state in terms), strict=True)
    return tuple(sp.expand(sp.Add(*(w * e for w, e in zip(weights, column, strict=True)))) for column in columns)
