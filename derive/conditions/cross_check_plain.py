"""The second opinion on a closed form where there is no NumPy, as in a browser: the same question at plain numbers.

Whether a root lies outside a circle is asked by the Schur-Cohn reduction, of phi(radius * xi), which computes no root. Where
rounding could decide, mpmath computes the roots, and the coefficients whose terms cancel too. Fewer points are taken the more
phases there are, and an unstable one is left at the first phase with a root outside.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.closed_form import domain_of, in_factors
from derive.conditions.precise import EPS, monic_at, sizes
from derive.conditions.sampling import PHASES, TOLERANCE, parameters
from derive.conditions.ways.margins import complex_coefficients
from derive.conditions.ways.schur import reduced
from derive.conditions.ways.signs import Range
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification
from derive.modes.roots import function_of

EVALUATIONS = 100_000
FEWEST, MOST = 8, 48
SPARE = 8.0
"""How far beyond the rounding that it can have a gap has to be from zero."""


def contradicted(
    amplification: Amplification,
    condition: Boolean,
    radii: tuple[float, float],
    breaks: Callable[[dict[sp.Symbol, sp.Rational]], bool],
) -> bool:
    """Whether a point that is claimed stable has a root outside the first radius, or an unstable one none outside the second.

    Where growth is below rounding, `breaks` says exactly whether an unstable point is one.
    """
    factors = [(parameters(factor), _Roots.of(factor)) for factor in in_factors(amplification)]
    too_wide, too_narrow = radii

    def wrong(point: dict[sp.Symbol, sp.Rational]) -> bool:
        outside = lambda radius: any(roots.outside([float(point[p]) for p in names], radius) for names, roots in factors)  # noqa: E731
        if _met(condition, point):
            return outside(too_wide)
        return not (outside(too_narrow) or breaks(point))

    count = EVALUATIONS // sum(len(roots.phases) for _, roots in factors)
    return any(wrong(point) for point in points_to_try(amplification, max(FEWEST, min(MOST, count))))


def points_to_try(amplification: Amplification, count: int = MOST) -> list[dict[sp.Symbol, sp.Rational]]:
    """Values of many sizes for every parameter, where the assumptions hold; all of them if that is nowhere."""
    names, domain, generator = parameters(amplification), domain_of(amplification), random.Random(0)
    points = [{p: _draw(domain.ranges.get(p, Range()), generator) for p in names} for _ in range(count)]
    assumed = amplification.assumptions if amplification.assumptions.free_symbols <= {*names} else sp.true
    return [point for point in points if _met(assumed, point)] or points


def _draw(known: Range, generator: random.Random) -> sp.Rational:
    """A value of any size inside a range, of few digits."""
    return sp.Rational(str(round(_drawn(known, generator), 6)))


def _drawn(known: Range, generator: random.Random) -> float:
    size, share = math.exp(generator.uniform(-4, 1.5)), generator.random()
    if known.low.is_finite and known.high.is_finite:
        return float(known.low) + float(known.high - known.low) * share
    if known.low.is_finite:
        return float(known.low) + size
    return float(known.high) - size if known.high.is_finite else size * generator.choice([-1, 1])


def _met(claim: Boolean, point: dict[sp.Symbol, sp.Rational]) -> bool:
    return claim.subs(point, simultaneous=True) == sp.true if claim.free_symbols else claim == sp.true


@dataclass(frozen=True)
class _Roots:
    """The roots of a polynomial with phases, at numbers.

    Attributes:
        coefficients: function of parameters and waves (cosine and sine of each axis): real and imaginary parts in turn.
        precise: the same of mpmath's numbers.
        size: function of the sizes of the parameters, see `precise.sizes`.
        phases: angles of every phase.
    """

    coefficients: Callable[..., list]
    precise: Callable[..., list]
    size: Callable[..., float]
    phases: list[tuple[float, ...]]

    @classmethod
    def of(cls, amplification: Amplification) -> _Roots:
        names, axes = parameters(amplification), amplification.phases
        phi = complex_coefficients(amplification.polynomial)
        parts = [part.as_expr() for c in phi for part in (c.real, c.imaginary)]
        symbols = [*names, *(wave for i in axes for wave in (COSINES[i], SINES[i]))]
        count = PHASES[len(axes)]
        angles = [2 * math.pi * k / count - math.pi for k in range(count)] if axes else []
        return cls(
            function_of(symbols, parts, "math"),
            function_of(symbols, parts, "mpmath"),
            function_of(names, sizes(phi), "math"),
            list(product(angles, repeat=len(axes))),
        )

    def outside(self, point: Sequence[float], radius: float) -> bool:
        """Whether at some phase a root is outside, or the leading coefficient vanishes."""
        unclear, leads = [], []
        for phi in self._polynomials(point):
            leads.append(phi[0])
            verdict = _outside(phi, radius)
            if verdict:
                return True
            if verdict is None:
                unclear.append(phi)
        if not any(z.imag for z in leads) and min(z.real for z in leads) <= 0 <= max(z.real for z in leads):
            return True
        return any(largest_modulus(phi) > radius for phi in unclear)

    def _polynomials(self, point: Sequence[float]) -> Iterator[list[complex]]:
        size = self.size(*map(abs, point))
        for angles in self.phases:
            waves = [f(angle) for angle in angles for f in (math.cos, math.sin)]
            parts = self.coefficients(*point, *waves)
            phi = [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
            limit = TOLERANCE ** min(2, len(phi) - 1) if len(phi) > 1 else math.inf
            lost = not EPS * size <= limit * abs(phi[0]) and math.isfinite(size)
            yield monic_at(self.precise, point, angles, size) if lost else phi


def _outside(phi: list[complex], radius: float) -> bool | None:
    """Whether a root is outside a circle; None where rounding could decide it."""
    degree = len(phi) - 1
    phi = [c * radius ** (degree - k) for k, c in enumerate(phi)]
    rounding = EPS * len(phi)
    while len(phi) > 1:
        if phi[0] == 0:
            return True
        phi = [c / phi[0] for c in phi]
        gap = 1 - abs(phi[-1]) ** 2
        if abs(gap) <= SPARE * rounding * max(1.0, *map(abs, phi)):
            return None
        if gap < 0:
            return True
        phi, rounding = reduced(phi, complex.conjugate), rounding * max(1.0, *map(abs, phi)) * 4 / gap
    return False


def largest_modulus(phi: Sequence[complex]) -> float:
    """The largest modulus of a root, right to double precision; 0 where there is none, or where they do not converge.

    Towards a root of multiplicity m an error shrinks by 1 - 1/m in a step, and m times the digits are needed.
    """
    import mpmath

    while phi and phi[0] == 0:
        phi = phi[1:]
    with mpmath.workdps(30):
        for steps, digits in ((200, 200), (500 * len(phi), 150 * len(phi))):  # many equal ones take more to be told apart
            with suppress(mpmath.libmp.NoConvergence):
                roots = mpmath.polyroots(phi, maxsteps=steps, extraprec=digits)
                return float(max(map(abs, roots), default=mpmath.mpf(0)))
    return 0.0  # a place of which nothing is known is not chosen
