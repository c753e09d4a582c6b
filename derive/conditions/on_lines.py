"""Schemes of several phases that are unstable already on a line of phases, such as theta_2 = 0: for all parameters, or nearly.

On a line there is one phase, and ways that several do not have. What is unstable on one of a few lines at every parameter is
unstable; if what the lines leave is p = R(others), p is replaced, and the scheme there is asked again. Nothing is concluded of
schemes that the lines leave stable elsewhere, and those are told first, exactly, at a few numbers.

>>> from derive.conditions.closed_form import closed_form, domain_of
>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> waves, heat = "a*(u[0, 1, 0] - u[0, -1, 0])", "b*(u[1, 0, 1] - 2*u[1, 0, 0] + u[1, 0, -1])"
>>> found = amplification(parse_scheme(f"u[1, 0, 0] == u[0, 0, 0] - {waves} + {heat}", positive=["b"]))
>>> condition(found, "von-neumann", domain_of(found), closed_form)  # waves along axis 1 alone are not damped
Eq(a, 0)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations, product

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.sampling import parameters
from derive.conditions.tidy import tidy
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain, Range
from derive.conditions.ways.vanishing import Less, where_zero
from derive.fields.phases import COSINES, SHIFTS, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

SIZES = [sp.Rational(n, d) for n, d in ((1, 50), (1, 4), (3, 2), (1, 9), (7, 11))]
"""Of parameters at which the lines are tried; instability on no line at one of them is enough to give up."""
TRIED = 8


def condition(found: Amplification, grade: str, domain: Domain, less: Less) -> Boolean:
    """The condition of a scheme that is unstable on lines of phases, at all parameters, or but where one depends on others.

    Raises:
        NoClosedForm: it is not, or that is not seen.
    """
    left = sp.true
    for line in _failing(found, grade, domain):
        left = tidy(sp.And(left, less(line, grade)), domain)
        if left == sp.false:
            return sp.false
        pieces = [_equal(part) for part in sp.Or.make_args(left)]
        if all(pieces):
            return sp.Or(*(where_zero(found, piece, grade, domain, less) for piece in pieces))
    raise NoClosedForm


def _equal(part: Boolean) -> list[sp.Expr]:
    """What vanishes there."""
    return [e.lhs - e.rhs for e in sp.And.make_args(part) if isinstance(e, sp.Eq)]


def _lines(found: Amplification) -> Iterator[Amplification]:
    """Along one axis, the other phases 0 or pi, and where two phases are equal, opposite, or differ by pi."""
    axes = found.phases
    shifts = [SHIFTS[i] for i in axes]
    for k in range(len(axes)):
        others = [w for i, w in enumerate(shifts) if i != k]
        for ends in product((1, -1), repeat=len(others)):
            yield from _along(found, dict(zip(others, ends, strict=True)), axes[k])
    for one, other in combinations(range(len(axes)), 2):
        rest = [w for i, w in enumerate(shifts) if i not in (one, other)]
        for sign, power in product((1, -1), repeat=2):
            place = {shifts[other]: sign * shifts[one] ** power, **dict.fromkeys(rest, 1)}
            yield from _along(found, place, axes[one])


def _along(found: Amplification, place: dict, axis: int) -> Iterator[Amplification]:
    """Nothing where the degree in xi falls."""
    in_shifts = {c: (w + 1 / w) / 2 for c, w in zip(COSINES, SHIFTS, strict=True)}
    coefficients = [sp.expand(c.subs(in_shifts).subs(place)) for c in found.polynomial.all_coeffs()]
    if coefficients[0] != 0:
        theta = THETAS[axis]
        yield replace(found, polynomial=sp.Poly(coefficients, xi), box={theta: (-sp.pi, sp.pi)}, composed=None)


def _failing(found: Amplification, grade: str, domain: Domain) -> list[Amplification]:
    """As few lines as the tried numbers need to fail on one at least, those that fail most often first.

    Raises:
        NoClosedForm: the scheme is stable on all lines at some numbers.
    """
    questions = []
    for line in _lines(found):
        with suppress(NoClosedForm):
            questions.append((line, AtNumbers(line)))
    failing = [_failing_at(point, questions, grade) for point in _points(parameters(found), domain)]
    chosen: list[Amplification] = []
    while failing:
        best = max(range(len(questions)), key=lambda k: sum(k in fails for fails in failing))
        chosen.append(questions[best][0])
        failing = [fails for fails in failing if best not in fails]
    return chosen


def _failing_at(point: dict[str, sp.Rational], questions: list, grade: str) -> set[int]:
    found = set()
    for k, (_, question) in enumerate(questions):
        with suppress(NoClosedForm):
            found |= set() if question.stable(point, grade) else {k}
    if not found:
        raise NoClosedForm
    return found


def _points(names: tuple[sp.Symbol, ...], domain: Domain) -> Iterator[dict[str, sp.Rational]]:
    """Numbers of different sizes and signs in the ranges of the parameters."""
    for k in range(TRIED):
        sizes = [SIZES[(k * (j + 1) + j) % len(SIZES)] * (-1) ** (k >> j) for j in range(len(names))]
        yield {s.name: _within(domain.ranges.get(s, Range()), size) for s, size in zip(names, sizes, strict=True)}


def _within(known: Range, size: sp.Rational) -> sp.Rational:
    low, high = (end if end.is_Rational else None for end in (known.low, known.high))
    if low is not None and high is not None:
        return low + (high - low) * abs(size) / 2
    return low + abs(size) if low is not None else high - abs(size) if high is not None else size
