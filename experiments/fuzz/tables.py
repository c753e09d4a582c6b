"""A scheme as a table of numbers: what brute force reads, and what is written as equation for the engine.

A `Stencil` is a Laurent polynomial in the shifts of space whose coefficients are polynomials in the parameters; a scheme is
one for every time level, newest first, the sum of which is zero.

>>> d = minus(shift(1), shift(0))
>>> power = times(times(parameter(0, 1), d), d)  # p (E - 1), squared but for p
>>> {offset: dict(terms) for offset, terms in sorted(power.items())}
{(0,): {(1,): Fraction(1, 1)}, (1,): {(1,): Fraction(-2, 1)}, (2,): {(1,): Fraction(1, 1)}}
"""

from __future__ import annotations

from fractions import Fraction
from operator import add

import numpy as np

Powers = tuple[int, ...]
Stencil = dict[tuple[int, ...], dict[Powers, Fraction]]
"""Offset in space -> powers of the parameters -> coefficient. No powers stand for 1."""


def shift(*offset: int) -> Stencil:
    """The value so many points away."""
    return {offset: {(): Fraction(1)}}


def parameter(k: int, dims: int) -> Stencil:
    """Multiplication by the k-th parameter."""
    return {(0,) * dims: {(0,) * k + (1,): Fraction(1)}}


def scaled(stencil: Stencil, by: Fraction | int) -> Stencil:
    """Times a number."""
    return {o: {m: c * by for m, c in terms.items()} for o, terms in stencil.items()} if by else {}


def plus(*stencils: Stencil) -> Stencil:
    """Their sum, without zeros."""
    found: dict = {}
    for stencil in stencils:
        for offset, terms in stencil.items():
            place = found.setdefault(offset, {})
            for m, c in terms.items():
                place[m] = place.get(m, Fraction(0)) + c
    kept = {o: {m: c for m, c in terms.items() if c} for o, terms in found.items()}
    return {o: terms for o, terms in kept.items() if terms}


def minus(one: Stencil, other: Stencil) -> Stencil:
    """Their difference."""
    return plus(one, scaled(other, -1))


def times(one: Stencil, other: Stencil) -> Stencil:
    """One after the other."""
    return plus(*({_sum(a, b): {_sum(m, n): c * d}} for a, s in one.items() for b, t in other.items()
                  for m, c in s.items() for n, d in t.items()))  # fmt: skip


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    size = max(len(one), len(other))
    return tuple(map(add, one + (0,) * (size - len(one)), other + (0,) * (size - len(other))))


def symbols(levels: list[Stencil], phases: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Coefficients in xi, newest level first: (..., levels).

    Args:
        levels: of the scheme.
        phases: (..., dims).
        values: of the parameters, (..., parameters), of a shape that broadcasts with that of the phases.
    """
    return np.stack([_symbol(level, phases, values) for level in levels], axis=-1)


def _symbol(stencil: Stencil, phases: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros(np.broadcast_shapes(phases.shape[:-1], values.shape[:-1]), dtype=complex)
    for offset, terms in stencil.items():
        size = sum(
            float(c) * np.prod([values[..., k] ** n for k, n in enumerate(m) if n] or [1.0], axis=0) for m, c in terms.items()
        )
        total = total + size * np.exp(1j * (phases @ np.array(offset, dtype=float)))
    return total
