"""The largest stable value of one parameter, all others numbers: the first edge on the way up from zero.

A condition in closed form becomes one in this parameter alone, cut into cells by the zeros of its margins. These are isolated
exactly (Sturm), and a margin has one sign inside a cell, so that finitely many points speak for all: nothing is missed
between them, and the answer is the end of the first run of stable cells, right to rounding.

A sampled one is looked at on a scale of points, `PER_DECADE` of them per decade, up from where the terms of the amplification
polynomial are no more than a thousandth: an unstable gap narrower than 4 % may be missed. The edge is bisected twice, with
growth of at most `FINE` and of at most `TOLERANCE` in a step allowed. Where the two differ, growth sets in too gradually for
the sampled radius to tell, and there is no number to give.

A decided one may have a closed form in this parameter alone (`one_left`). Where it has none it is looked at on the same scale;
besides, every `EACH`-th point is settled exactly, up to the first that is unstable, and the edge below is found by exact
verdicts (`last_stable`). A gap is missed that is narrower than 4 %, or than 21 % where growth in it is less than `TOLERANCE` in
a step.

>>> p = sp.Symbol("p", positive=True)
>>> first_edge(sp.And(p**2 <= 2, sp.Ne(p, 1)), p)  # stable on either side of 1; what lies beyond is not reached
1
>>> first_edge(sp.Gt(p, 3), p), first_edge(sp.Gt(p, -1), p)
(0, oo)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.arrays import np
from derive.conditions.decided import first_excess, fraction_of, settled
from derive.conditions.one_left import beside, condition_alone
from derive.conditions.sampling import TOLERANCE, sampled_radius
from derive.conditions.telling import tell
from derive.conditions.time_limit import WAITING, TimeUp, time_limit
from derive.conditions.zoom import radius_between
from derive.errors import InputError
from derive.fields.symbols import xi

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

SECONDS = 60.0
PER_DECADE = 60
DECADES = (-3, 6)
FINE = 1e-11
"""Rounding in a simple root of modulus 1, with room."""
ROUGHLY = 24
"""Halvings by roots in floating point."""
EACH = 5
"""Of the points of a scale one in five is settled exactly, at each of which that takes ten milliseconds."""
ZERO = sp.Float("1e-45", 60)
"""Of an algebraic number computed to 60 digits."""
LEAST = 1e-9
"""Part of an edge by the grid of phases, below which nothing is stable by the roots between them either."""
AGREED = 1e-3
"""Relative difference of two edges that are taken for one."""


def largest_stable(
    stability: Stability, parameter: sp.Symbol, numbers: dict[sp.Symbol, sp.Rational], seconds: float = SECONDS
) -> float:
    """The first edge above zero; 0 if values just above zero are not stable, infinity if no edge is found.

    Args:
        stability: the bound.
        parameter: whose edge is wanted.
        numbers: for all others.
        seconds: limit on the sampling, of processor time, and of four times as much time elapsed.

    Raises:
        InputError: the edge of a sampled condition cannot be told from growth that sets in gradually, or not in time.
    """
    assumed = sp.And(*stability.assumed).subs(numbers, simultaneous=True)
    if stability.has_formula:
        return float(first_edge(sp.And(stability.condition.subs(numbers, simultaneous=True), assumed), parameter))
    return min(float(first_edge(assumed, parameter)), _in_time(stability, parameter, numbers, seconds))


def _in_time(stability: Stability, parameter: sp.Symbol, numbers: dict[sp.Symbol, sp.Rational], seconds: float) -> float:
    reached: list[float] = []
    try:
        with time_limit(seconds, WAITING * seconds):
            of = _decided if stability.status == "decided" else _of_radius
            return of(stability, parameter, numbers, reached)
    except TimeUp:
        so_far = f"no growth seen up to {parameter} = {max(reached):.6g}" if reached else "nothing seen"
        raise InputError(f"expected the edge of {parameter} within {seconds:g} s, got {so_far}; give largest() more") from None


def first_edge(claim: Boolean, parameter: sp.Symbol) -> sp.Expr:
    """Of a condition in one parameter alone: the end of the values that meet it, from zero on.

    Raises:
        InputError: a margin is no fraction of polynomials with rational coefficients.
    """
    if claim.has(sp.sqrt(parameter)):
        root = sp.Dummy(parameter.name, positive=True)
        return first_edge(claim.subs(parameter, root**2), root) ** 2
    margins = {part: sp.fraction(sp.together(part.lhs - part.rhs)) for part in claim.atoms(Relational)}
    zeros = {poly: _zeros(poly, parameter) for pair in margins.values() for poly in pair}
    places, zeros = _in_one_form(zeros)
    for place, following in zip([sp.S.Zero, *places], [*places, None], strict=True):
        inside = {poly: sp.sign(poly.subs(parameter, _between(place, following))) for poly in zeros}
        at_place = {poly: 0 if place in zeros[poly] else sign for poly, sign in inside.items()}
        if not (_met(claim, margins, inside) and (place == 0 or _met(claim, margins, at_place))):
            return place
    return sp.oo


def _in_one_form(zeros: dict[sp.Expr, list[sp.Expr]]) -> tuple[list[sp.Expr], dict[sp.Expr, list[sp.Expr]]]:
    """All places, ascending, and each polynomial's among them: a number that is written in two ways is one place."""
    written = sorted({z for own in zeros.values() for z in own}, key=lambda root: root.evalf(60))
    first: dict[sp.Expr, sp.Expr] = {}
    for before, z in zip([None, *written], written, strict=False):
        same = before is not None and abs((z - before).evalf(60, chop=False)) < ZERO
        first[z] = first[before] if same else z
    return list(dict.fromkeys(first.values())), {poly: [first[z] for z in own] for poly, own in zeros.items()}


def _zeros(poly: sp.Expr, parameter: sp.Symbol) -> list[sp.Expr]:
    """The positive ones."""
    if not poly.has(parameter):
        return []
    try:
        return [root for root in _real_roots(sp.Poly(poly, parameter)) if root.is_positive]
    except (NotImplementedError, BasePolynomialError):
        raise InputError(
            f"expected a condition made of polynomials in {parameter} with algebraic coefficients, got {poly}; "
            "use holds() at numbers"
        ) from None


def _real_roots(poly: sp.Poly) -> list[sp.Expr]:
    """Of rational or of other algebraic coefficients: the latter among the roots of the product of all conjugates."""
    if poly.degree() == 1 and not poly.free_symbols_in_domain:
        a, b = poly.all_coeffs()
        return [-b / a]
    if all(c.is_Rational for c in poly.all_coeffs()):
        return poly.set_domain("QQ").real_roots(multiple=True)
    norm = sp.Poly(poly.as_expr(), *poly.gens, extension=True).norm()
    return [r for r in dict.fromkeys(norm.real_roots()) if abs(poly.as_expr().subs(poly.gen, r).evalf(60)) < ZERO]


def _between(low: sp.Expr, high: sp.Expr | None) -> sp.Rational:
    """A fraction between two numbers."""
    return sp.floor(low) + 1 if high is None else sp.Rational(str(((low + high) / 2).evalf(60)))


def _met(claim: Boolean, margins: dict[Relational, tuple], signs: dict[sp.Expr, int]) -> bool:
    """Whether a claim holds, by the signs of numerators and denominators."""
    truth = {part: bool(signs[low]) and part.func(signs[top] * signs[low], 0) for part, (top, low) in margins.items()}
    return claim.xreplace({part: sp.sympify(bool(met)) for part, met in truth.items()}) == sp.true


def _decided(stability: Stability, parameter: sp.Symbol, numbers: dict[sp.Symbol, sp.Rational], reached: list[float]) -> float:
    """By the exact condition in this parameter alone; or, where that is not found, by exact verdicts on the same scale."""
    polynomial = stability.polynomial.as_expr().subs(numbers)
    if not polynomial.has(parameter):
        return float("inf") if settled(stability, {**numbers, parameter: sp.S.One}) else 0.0
    stable = cache(lambda value: settled(stability, {**numbers, parameter: fraction_of(value)}))
    points = _looked_at(stability, polynomial, parameter, scale_of(polynomial, parameter))
    first = next(points)
    if stable(first):
        with suppress(InputError):
            alone = condition_alone(stability, numbers)
            edge = None if alone is None else beside(stable, float(first_edge(alone, parameter)))
            if edge is not None:
                return edge
    near = lambda low, high: _pointed_to(stability, polynomial, parameter, low, high)  # noqa: E731
    return first_excess(stable, chain([first], points), reached, near)


def _looked_at(stability: Stability, polynomial: sp.Expr, parameter: sp.Symbol, scale: float) -> Iterator[float]:
    """Points to settle: every few of the scale, and the two between which the sampled radius rises above the circle.

    They have three digits: a verdict on more takes twice as long.
    """
    radius = sampled_radius(replace(stability.amplification, polynomial=sp.Poly(polynomial, *stability.polynomial.gens)))
    for decade in range(*DECADES):
        exact = scale * 10 ** (decade + np.arange(1, PER_DECADE + 1) / PER_DECADE)
        points = np.array([float(f"{x:.3g}") for x in exact])
        bad = np.flatnonzero(radius(**{parameter.name: points}) > 1 + TOLERANCE)
        first = int(bad[0]) if len(bad) else PER_DECADE
        yield from (float(x) for x in points[: max(first - 1, 0) : EACH])
        yield from (float(x) for x in points[max(first - 1, 0) : first + 1])


def _pointed_to(stability: Stability, polynomial: sp.Expr, parameter: sp.Symbol, low: float, high: float) -> float | None:
    """Where the roots leave the circle between two values, by floating point; of two phases, whose verdicts are dear."""
    axes = stability.amplification.phases
    if len(axes) != 2 or low <= 0:
        return None
    radius = radius_between(sp.Poly(polynomial, *stability.polynomial.gens), axes, parameter)
    if not radius(low) <= 1 + FINE < radius(high):
        return None
    for _ in range(ROUGHLY):
        middle = (low + high) / 2
        low, high = (middle, high) if radius(middle) <= 1 + FINE else (low, middle)
    return low


def _of_radius(
    stability: Stability, parameter: sp.Symbol, numbers: dict[sp.Symbol, sp.Rational], reached: list[float]
) -> float:
    """The edge of the sampled spectral radius; values seen to be stable on the way go to `reached`."""
    polynomial = sp.Poly([c.subs(numbers) for c in stability.polynomial.all_coeffs()], *stability.polynomial.gens)
    radius = sampled_radius(replace(stability.amplification, polynomial=polynomial))
    given = {parameter.name} & {s.name for s in polynomial.free_symbols}
    decays = stability.condition.rel_op == "<"

    def unstable(most: float) -> Callable[[np.ndarray], np.ndarray]:
        """Growth of at most so much in a step allowed; where modes are to decay, not even a root on the circle."""
        limit = 1 - FINE if decays else 1 + most
        return lambda x: np.broadcast_to(radius(**dict.fromkeys(given, x)) > limit, x.shape)

    if not given:  # a factor that is zero at these numbers
        return 0.0 if unstable(FINE)(np.zeros(1)).any() else float("inf")
    scale = scale_of(polynomial.as_expr(), parameter)
    named: Callable[[float], None] = lambda low: tell(f"no growth seen up to {parameter} = {low:.3g}")  # noqa: E731
    edges = [_first_excess(unstable(most), scale, reached, named) for most in (FINE, TOLERANCE)]
    if abs(edges[1] - edges[0]) > AGREED * edges[0]:
        raise InputError(
            f"expected an edge that the sampled roots can tell, got growth of less than {TOLERANCE:g} in a step from "
            f"{parameter} = {edges[0]:.6g} on and of more from {edges[1]:.6g} on"
        )
    return _between_phases(stability, polynomial, parameter, edges[0])


def _between_phases(stability: Stability, polynomial: sp.Poly, parameter: sp.Symbol, edge: float) -> float:
    """The edge, or a lower one where roots between the phases of the grid leave the circle before."""
    if not 0 < edge < float("inf"):
        return edge
    radius = radius_between(polynomial, stability.amplification.phases, parameter)
    limit = 1 + (FINE if polynomial.degree(xi) == 1 else TOLERANCE)
    if radius(edge) <= limit:
        return edge
    low, high = edge / 2, edge
    while radius(low) > limit:
        low, high = low / 2, low
        if low < LEAST * edge:
            return 0.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if radius(middle) <= limit else (low, middle)
    return low


def scale_of(polynomial: sp.Expr, parameter: sp.Symbol) -> float:
    """Where the first of the terms with the parameter is as large as those without it."""
    numerator = sp.fraction(sp.together(polynomial))[0]
    sizes = {n: _size(c) for (n,), c in sp.Poly(sp.expand(numerator), parameter).terms()}
    least = min(sizes)
    return min((sizes[least] / size) ** (1 / (n - least)) for n, size in sizes.items() if n > least)


def _size(coefficient: sp.Expr) -> float:
    """Sum of the sizes of its numbers."""
    return float(sum(abs(complex(term.as_coeff_Mul()[0])) for term in sp.Add.make_args(sp.expand(coefficient))))


def _first_excess(
    unstable: Callable[[np.ndarray], np.ndarray], scale: float, reached: list[float], named: Callable[[float], None]
) -> float:
    """The first point of the scale that is unstable, bisected from the one before it; how far it is goes to `named`."""
    low = 0.0
    for decade in range(*DECADES):
        points = scale * 10 ** (decade + np.arange(1, PER_DECADE + 1) / PER_DECADE)
        bad = unstable(points)
        if bad.any():
            first = int(bad.argmax())
            return _bisected(unstable, points[first - 1] if first else low, points[first])
        low = points[-1]
        reached.append(low)
        named(low)
    return float("inf")


def _bisected(unstable: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> float:
    """The last value that is seen to be stable; 0 where none is."""
    for _ in range(4):  # 33 points narrow it by 32
        points = np.linspace(low, high, 33)[1:]
        first = int(unstable(points).argmax())
        low, high = points[first - 1] if first else low, points[first]
    return float(low)
