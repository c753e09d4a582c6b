"""Coefficients at numbers where their terms cancel: found by a bound on the rounding, and evaluated with enough digits.

An amplification polynomial is expanded, so that (1 - r)^64 is a sum of terms of both signs, of size 1e18 at r = 1. The sum
of their sizes tells what rounding can do to it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import sympy as sp

from derive.arrays import np
from derive.conditions.ways.margins import Complex
from derive.fields.phases import COSINES, SINES

EPS = sys.float_info.epsilon
SPARE = 80  # bits beyond those that cancel
MOST_BITS = 20_000


def sizes(phi: Sequence[Complex]) -> sp.Expr:
    """Sum of the sizes of all terms of all coefficients, in the sizes of the parameters, at any phase."""
    waves = dict.fromkeys([*COSINES, *SINES], sp.S.One)
    total = sp.S.Zero
    for poly in (part for c in phi for part in (c.real, c.imaginary)):
        total += sp.Poly({m: sp.Abs(c) for m, c in poly.terms()}, *poly.gens).as_expr().subs(waves)
    return total


def mended(
    coefficients: list[np.ndarray],
    phi: Sequence[Complex],
    size: np.ndarray,
    values: dict[sp.Symbol, np.ndarray],
    angles: dict[int, np.ndarray],
    limit: float,
) -> list[np.ndarray]:
    """The coefficients, those divided by the leading one and exact to double precision where rounding may reach a limit.

    Args:
        coefficients: values of phi, each (points, phases).
        phi: the coefficients, from the leading one down.
        size: value of `sizes`, (points, 1).
        values: parameter -> (points, 1).
        angles: axis -> phases, (phases,).
        limit: largest error relative to the leading coefficient.
    """
    lost = ~(EPS * size <= limit * np.abs(coefficients[0])) & np.isfinite(size)
    if not lost.any():
        return coefficients
    names = [*values, *(wave for i in angles for wave in (COSINES[i], SINES[i]))]
    parts = [part.as_expr() for c in phi for part in (c.real, c.imaginary)]
    function = sp.lambdify([sp.Symbol(f"x_{k}") for k in range(len(names))], _plain(parts, names), "mpmath")
    better = np.array(coefficients)
    for point, phase in np.argwhere(lost):
        given = [v[point, 0] for v in values.values()]
        better[:, point, phase] = monic_at(function, given, [a[phase] for a in angles.values()], size[point, 0])
    return list(better)


def _plain(parts: list[sp.Expr], names: list[sp.Symbol]) -> list[sp.Expr]:
    """No name of a symbol reaches the code."""
    return [part.xreplace({s: sp.Symbol(f"x_{k}") for k, s in enumerate(names)}) for part in parts]


def monic_at(function, values: Sequence[float], angles: Sequence[float], size: float) -> list[complex]:
    """Coefficients over the leading one; all are 0 where it vanishes.

    Args:
        function: of parameters and waves in mpmath's numbers: real and imaginary parts in turn.
        values: of the parameters.
        angles: phases.
        size: value of `sizes`.
    """
    import mpmath

    with mpmath.workprec(min(MOST_BITS, SPARE + 2 * max(64, int(math.log2(1 + size))))):
        waves = [f(mpmath.mpf(float(a))) for a in angles for f in (mpmath.cos, mpmath.sin)]
        parts = function(*(mpmath.mpf(float(v)) for v in values), *waves)
        numbers = [mpmath.mpc(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
        zero = mpmath.fabs(numbers[0]) <= mpmath.mpf(2) ** (-SPARE - 64) * mpmath.mpf(float(size))
        return [0j] * len(numbers) if zero else [complex(c / numbers[0]) for c in numbers]
