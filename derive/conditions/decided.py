"""Conditions without a closed form whose truth at given numbers is settled exactly, for all phases (`ways.at_numbers`).

Of two phases at most, and any number of parameters. A float is taken as the fraction that it prints as. Of many numbers those
at which a sampled root lies beyond the circle by more than the resolution are known to be unstable, and are not asked again.

An edge along a parameter lies below the first unstable value of a scale, bisected to the last digit by exact verdicts. What
lies between two of the values is not seen.

>>> from derive import parse_scheme
>>> from derive.modes.amplification import amplification
>>> upwind = amplification(parse_scheme("u[1,0] == (1 - nu)*u[0,0] + nu*u[0,-1]"))
>>> [at_numbers(upwind).stable({"nu": fraction_of(nu)}, "power-bounded") for nu in (1.0, 1.0000000001)]
[True, False]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy as sp

from derive.conditions.last_stable import last_stable
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.errors import InputError
from derive.modes.amplification import Amplification

if TYPE_CHECKING:
    import numpy as np

    from derive.conditions.bound import Stability

TRIED = 16
"""Points at which a grade is tried: one that none of them meets is passed over for the next."""
MANY = 32


@lru_cache(maxsize=64)
def at_numbers(amplification: Amplification) -> AtNumbers:
    """The question, prepared.

    Raises:
        NoClosedForm: it is not one that can be decided.
    """
    return AtNumbers(amplification)


def grade_met(amplification: Amplification, grades: Iterable[str], points: list[dict[str, sp.Rational]]) -> str:
    """The first grade that is met at one of the points, of those that can be told; the last one if none is.

    Raises:
        NoClosedForm: the question cannot be decided.
    """
    question = at_numbers(amplification)
    grades = [g for g in grades if question.tells(g)] or ["von-neumann" for g in grades if g == "power-bounded"][:1]
    if not grades:
        raise NoClosedForm
    *stricter, last = grades
    for grade in stricter:
        if any(question.stable(point, grade) for point in points[:TRIED]):
            return grade
    if points:
        question.stable(points[0], last)
    return last


def fraction_of(value: float) -> sp.Rational:
    """What a float prints as."""
    return sp.Rational(str(float(value)))


def settled(stability: Stability, values: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """The verdict at one number for each parameter.

    Raises:
        InputError: a sign was not told.
    """
    question = at_numbers(stability.amplification)
    try:
        return question.stable({p.name: values[p] for p in question.names}, stability.grade)
    except NoClosedForm:
        at = ", ".join(f"{p} = {value}" for p, value in values.items())
        raise InputError(f"expected numbers at which a sign is told by 200 bits, got {at}; ask beside them") from None


def compile_decided(stability: Stability) -> Callable[..., np.ndarray]:
    """Keyword arguments (numbers or arrays that broadcast) to an array of bool."""
    import numpy as np

    from derive.conditions.sampled_code import compile_sampled
    from derive.conditions.sampling import RESOLUTION, sampled_radius

    names = stability.parameters
    radius = sampled_radius(stability.amplification)
    own = {p.name for p in at_numbers(stability.amplification).names}
    covered = compile_sampled(stability, "numpy", assumptions_alone=True)

    def is_stable(**values: Any) -> np.ndarray:
        arrays = {p.name: np.asarray(values[p.name], dtype=float) for p in names}
        shape = np.broadcast_shapes(*(v.shape for v in arrays.values()))
        flat = {name: np.broadcast_to(v, shape).ravel() for name, v in arrays.items()}
        count = int(np.prod(shape, dtype=int))
        open_ = np.broadcast_to(covered(**flat), count) & np.all([np.isfinite(v) for v in flat.values()] or [True], axis=0)
        if count > MANY:
            open_ = open_ & ~(radius(**{k: v for k, v in flat.items() if k in own}) > 1 + RESOLUTION)
        result = np.zeros(count, dtype=bool)
        for k in np.flatnonzero(np.broadcast_to(open_, count)):
            result[k] = settled(stability, {p: fraction_of(flat[p.name][k]) for p in names})
        return result.reshape(shape)[()]

    return is_stable


def first_excess(
    stable: Callable[[float], bool],
    scale: Iterable[float],
    reached: list[float],
    near: Callable[[float, float], float | None],
) -> float:
    """The last stable value below the first unstable one of a scale; infinity where none of it is unstable.

    Args:
        stable: the exact verdict.
        scale: values, ascending.
        reached: stable values seen on the way are added.
        near: where an edge between two values may be.
    """
    low = 0.0
    for value in scale:
        if not stable(value):
            return last_stable(stable, low, value, near(low, value))
        low = value
        reached.append(low)
    return float("inf")
