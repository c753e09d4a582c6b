"""Exact subsets of the real line: the truth of a statement between, and at, the real roots of critical polynomials.

Between two neighbouring roots a statement about polynomial signs does not change, so one rational sample decides a whole
cell; with the roots themselves, finitely many places decide it at every real number. This is cylindrical decomposition in
one dimension. In one variable nothing is given up; but it is the caller who answers for naming every polynomial at whose
roots the truth may change, and for deciding it at a root, which need not be rational.

>>> x = sp.Symbol("x")
>>> stable_set([sp.Poly(x**2 - 2)], lambda value: value**2 < 2, lambda root, left, right: left or right)
Interval(-sqrt(2), sqrt(2))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import sympy as sp

Decide = Callable[[sp.Expr], bool]


def stable_set(critical: Iterable[sp.Poly], in_cell: Decide, at_point: Callable[[sp.Expr, bool, bool], bool]) -> sp.Set:
    """The subset of the line on which a statement holds.

    Args:
        critical: polynomials in one variable, whose real roots are the only places where the truth may change.
        in_cell: the truth at a rational number off those roots.
        at_point: the truth at a root, given that of the cells to its left and right.
    """
    points = real_roots(critical)
    cells = [in_cell(sample) for sample in _between(points)]
    pieces = [sp.Interval.open(low, high) for low, high in _spans(points, cells)]
    kept = [p for p, left, right in zip(points, cells, cells[1:], strict=False) if at_point(p, left, right)]
    return sp.Union(*pieces, sp.FiniteSet(*kept))


def real_roots(polynomials: Iterable[sp.Poly]) -> list[sp.Expr]:
    """Distinct real roots of all of them, ascending."""
    factors = {f for p in polynomials if not p.is_zero for f, _ in p.factor_list()[1] if f.degree() > 0}
    roots = [root for f in factors for root in sp.real_roots(f)]
    return sorted(roots, key=lambda root: sp.Float(root.evalf(30), 30))


def _spans(points: list[sp.Expr], cells: list[bool]) -> list[tuple[sp.Expr, sp.Expr]]:
    ends = [-sp.oo, *points, sp.oo]
    return [(low, high) for low, high, holds in zip(ends[:-1], ends[1:], cells, strict=True) if holds]


def _between(points: list[sp.Expr]) -> list[sp.Rational]:
    """One rational number in every cell, as simple as it can be."""
    if not points:
        return [sp.S.Zero]
    inner = [_simplest(low, high) for low, high in pairwise(points)]
    return [sp.floor(points[0].evalf(30)) - 1, *inner, sp.floor(points[-1].evalf(30)) + 2]


def _simplest(low: sp.Expr, high: sp.Expr) -> sp.Rational:
    """A rational number of small denominator strictly between two numbers, well away from both."""
    left, right = (sp.Rational(str(value.evalf(30))) for value in (low, high))
    gap = (right - left) / 4
    denominator = 1
    while True:
        candidate = sp.Rational(sp.ceiling((left + gap) * denominator), denominator)
        if candidate <= right - gap:
            return candidate
        denominator *= 2


def component(subset: sp.Set, point: sp.Expr) -> sp.Interval | None:
    """The connected part of a subset that contains a point."""
    parts = subset.args if isinstance(subset, sp.Union) else (subset,)
    for part in parts:
        if part.contains(point) == sp.true:
            return sp.Interval(point, point) if isinstance(part, sp.FiniteSet) else part
    return None
