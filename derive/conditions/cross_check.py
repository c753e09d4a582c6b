"""A second opinion on a closed form: the roots themselves at random parameters. A contradicted one is not called exact."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.arrays import is_missing, np
from derive.conditions import cross_check_plain
from derive.conditions.closed_form import domain_of, in_factors, order_in_time
from derive.conditions.sampling import RESOLUTION, parameters, sampled_radius
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Range
from derive.conditions.witness import breaks
from derive.fields.phases import COSINES, SHIFTS
from derive.modes.amplification import Amplification
from derive.printing.codegen import compile_outputs

POINTS = 48
ROUNDING = 1e-9


def contradicted(
    amplification: Amplification, condition: Boolean, grade: str, of: Callable[..., np.ndarray] | None = None
) -> bool:
    """Whether the sampled spectral radius says the opposite of a condition, outside of its resolution.

    A scheme that keeps constants has a radius of 1 wherever it is stable, so the two sides are not alike: stable is wrong
    where the radius is clearly above 1, unstable is wrong where it is not above 1 at all, nor a root outside at a rational
    phase, however little: a growth of nu^6/720 in a step is below rounding at small nu. A frequency box other than that of
    phases is not sampled.

    Args:
        amplification: the polynomial.
        condition: what is claimed of it.
        grade: of stability.
        of: the spectral radius as a function of the parameters, where there is a quicker way to it than the polynomial.
    """
    if not amplification.polynomial.has(*SHIFTS) and any(q not in COSINES for q in amplification.box):
        return False
    if is_missing():
        radii = (1 + RESOLUTION, _least(amplification, grade))
        return cross_check_plain.contradicted(
            amplification, condition, radii, lambda place: not _may_be_stable(amplification, place, grade)
        )
    names, points = parameters(amplification), _points(amplification)
    radius = np.broadcast_to((of or _radius(amplification))(**points), POINTS)
    claimed = np.full(POINTS, condition == sp.true)
    if condition.free_symbols:
        claimed = compile_outputs("claim", (condition,), "numpy", "A condition.", names)(**points)
    covered = _covered(amplification, points)
    too_wide = claimed & (radius > 1 + RESOLUTION)
    too_narrow = ~claimed & (radius < _least(amplification, grade))
    if np.any(too_wide & covered):
        return True
    doubted = ({p: sp.Rational(str(points[str(p)][k])) for p in names} for k in np.flatnonzero(too_narrow & covered))
    return any(_may_be_stable(amplification, place, grade) for place in doubted)


def _may_be_stable(amplification: Amplification, place: dict[sp.Symbol, sp.Rational], grade: str) -> bool:
    """Unless it is shown not to be at one of a few phases, or settled for all: next to an edge growth is small and rare."""
    if breaks(amplification, place, grade):
        return False
    with suppress(NoClosedForm):
        at_numbers = AtNumbers(amplification)
        told = grade if at_numbers.tells(grade) else "von-neumann"
        return at_numbers.stable({s.name: value for s, value in place.items()}, told)
    return True


def _radius(amplification: Amplification) -> Callable[..., np.ndarray]:
    """The largest of those of its factors."""
    radii = [sampled_radius(factor) for factor in in_factors(amplification)]
    return lambda **values: np.max(np.broadcast_arrays(*(radius(**values) for radius in radii)), axis=0)


def _least(amplification: Amplification, grade: str) -> float:
    """The spectral radius from which on a sampled point may count as one that breaks the grade."""
    unit_roots_are_bad = grade == "schur" or (grade == "power-bounded" and order_in_time(amplification) > 1)
    return 1 - RESOLUTION if unit_roots_are_bad else 1 + ROUNDING


def points_to_try(amplification: Amplification) -> list[dict[str, sp.Rational]]:
    """Values of many sizes for every parameter, where the assumptions hold; of few digits."""
    if is_missing():
        return [{p.name: value for p, value in point.items()} for point in cross_check_plain.points_to_try(amplification)]
    points = _points(amplification)
    return [
        {name: sp.Rational(str(v[k])) for name, v in points.items()} for k in np.flatnonzero(_covered(amplification, points))
    ]


def _points(amplification: Amplification) -> dict[str, np.ndarray]:
    domain, generator = domain_of(amplification), np.random.default_rng(0)
    return {str(p): _draw(domain.ranges.get(p, Range()), generator) for p in parameters(amplification)}


def _covered(amplification: Amplification, points: dict[str, np.ndarray]) -> np.ndarray:
    """Where the assumptions hold; everywhere if that is nowhere, as for an equation between parameters."""
    names = parameters(amplification)
    if not amplification.assumptions.free_symbols or amplification.assumptions.free_symbols - set(names):
        return np.ones(POINTS, dtype=bool)
    covered = compile_outputs("covered", (amplification.assumptions,), "numpy", "What is assumed.", names)(**points)
    return covered | ~np.any(covered)


def _draw(known: Range, generator: np.random.Generator) -> np.ndarray:
    """Values of many sizes inside a range, of few digits."""
    return np.round(_drawn(known, generator), 6)


def _drawn(known: Range, generator: np.random.Generator) -> np.ndarray:
    sizes = np.exp(generator.uniform(-4, 1.5, POINTS))
    if known.low.is_finite and known.high.is_finite:
        return float(known.low) + float(known.high - known.low) * generator.uniform(0, 1, POINTS)
    if known.low.is_finite:
        return float(known.low) + sizes
    if known.high.is_finite:
        return float(known.high) - sizes
    return sizes * generator.choice([-1, 1], POINTS)
