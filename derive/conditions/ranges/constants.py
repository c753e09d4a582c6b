"""Worst cases over constants of what the parameters of a scheme stand for, such as c in nu == c*dt/dx.

The condition is told in steps and constants, and the constant eliminated. Where that has too many names for a closed form, the
parameter that a constant is a factor of runs through a range itself: nu from -C dt/dx to C dt/dx.

>>> from derive import parse_scheme, stability
>>> upwind = stability(parse_scheme("u[1, 0] == u[0, 0] - nu*(u[0, 0] - u[0, -1])"))
>>> c, C, dt, dx = sp.symbols("c C dt dx", positive=True)
>>> in_constants(upwind, {"nu": c * dt / dx}, {"c": (sp.S.Zero, C)}).condition
C*dt <= dx
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy as sp

from derive.conditions.ranges.span import Ends
from derive.errors import InputError
from derive.modes.step_names import STEPS

if TYPE_CHECKING:
    from derive.conditions.bound import Stability


def in_constants(stability: Stability, meaning: Mapping[str, sp.Expr], ranges: Mapping[str, Ends]) -> Stability:
    """The bound for all values of parameters or of constants.

    Args:
        stability: the bound.
        meaning: parameter -> what it stands for.
        ranges: parameter or constant -> its ends.

    Raises:
        InputError: as `Stability.for_all`.
    """
    own = {p.name for p in stability.parameters}
    meant = {name: value for name, value in meaning.items() if name in own}
    if own >= ranges.keys():
        return stability.for_all(ranges)
    try:
        return stability.in_terms_of(meant).for_all(ranges)
    except InputError:
        moved = _of_parameters(stability, meant, ranges)
        if moved is None:
            raise
    limits, values = moved
    return stability.for_all(limits).in_terms_of({**values, **{n: v for n, v in meant.items() if n not in limits}})


def _of_parameters(
    stability: Stability, meaning: Mapping[str, sp.Expr], ranges: Mapping[str, Ends]
) -> tuple[dict[str, Ends], dict[str, sp.Expr]] | None:
    """Ranges of the parameters that the constants are factors of, in new names, and what these stand for."""
    limits: dict[str, Ends] = {}
    values: dict[str, sp.Expr] = {}
    for name, (low, high) in ranges.items():
        of = [(p, value, s) for p, value in meaning.items() for s in value.free_symbols if s.name == name]
        if len(of) != 1 or of[0][0] in limits:
            return None
        parameter, value, constant = of[0]
        factor = _steps_positive(sp.cancel(value / constant))
        if factor.has(constant) or any(s.name == name for s in factor.free_symbols) or not factor.is_positive:
            return None
        ends = [sp.Symbol(f"{parameter}_{kind}", real=True) for kind in ("min", "max")]
        if {e.name for e in ends} & {p.name for p in stability.parameters}:
            return None
        limits[parameter] = (sp.S.Zero if low == 0 else -ends[1] if sp.expand(low + high) == 0 else ends[0], ends[1])
        values |= {e.name: end * factor for e, end in zip(ends, (low, high), strict=True) if _used(e, limits[parameter])}
    return limits, values


def _used(symbol: sp.Symbol, ends: Ends) -> bool:
    return any(end.has(symbol) for end in ends)


def _steps_positive(value: sp.Expr) -> sp.Expr:
    return value.xreplace({s: sp.Symbol(s.name, positive=True) for s in value.free_symbols if s.name in STEPS})
