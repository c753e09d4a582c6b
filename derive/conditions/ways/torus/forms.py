"""A margin about a corner of the torus of phases, as two quadratic forms.

At a corner every phase is 0 or pi: c = e with e = 1 or -1. With y = 1 - e c >= 0 one has s^2 = y (2 - y), so that
y = (s^2 + y^2)/2. A margin whose terms are no longer than quadratic is therefore

    m = m0 + s' W s + y' V y,

where m0 is its value at the corner. For long waves s is of the size of the phase and y of its square: if m0 = 0, W must be
positive semidefinite. And m0 >= 0, W positive semidefinite and y' V y >= 0 for all y >= 0 are enough.

>>> r, nu = sp.symbols("r nu")
>>> m = 1 - (1 - 2 * r * (1 - COSINES[0])) ** 2 - nu**2 * SINES[0] ** 2  # diffusion and centred advection, forward Euler
>>> about((1,), (0,), sp.expand(m.subs(SINES[0] ** 2, 1 - COSINES[0] ** 2)))
Form(constant=0, waves=Matrix([[-nu**2 + 2*r]]), lumps=Matrix([[-4*r**2 + 2*r]]))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import sympy as sp

from derive.conditions.ways.margins import NoClosedForm
from derive.fields.phases import COSINES, SINES

Corner = tuple[int, ...]
"""The cosine, 1 or -1, along every axis."""
Axes = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """m = constant + s' waves s + y' lumps y, both matrices symmetric, entries polynomials in the parameters."""

    constant: sp.Expr
    waves: sp.ImmutableMatrix
    lumps: sp.ImmutableMatrix


def corners(axes: Axes) -> list[Corner]:
    """All of them, long waves first."""
    return list(product((1, -1), repeat=len(axes)))


def value_at(corner: Corner, axes: Axes, margin: sp.Expr) -> sp.Expr:
    """Of a margin where all cosines are 1 or -1, expanded."""
    place = {COSINES[i]: e for i, e in zip(axes, corner, strict=True)} | {SINES[i]: 0 for i in axes}
    return sp.expand(margin.subs(place))


def long_waves(corner: Corner, axes: Axes, margin: sp.Expr) -> sp.ImmutableMatrix:
    """W: half of the second derivatives by the phases at a corner where the margin is zero.

    Raises:
        NoClosedForm: it has a slope there, as only schemes with complex coefficients do.
    """
    terms = _terms(corner, axes, margin)
    d = len(axes)
    if any(sum(m[d:]) == 1 and not any(m[:d]) for m in terms):
        raise NoClosedForm
    return _waves(terms, d)


def about(corner: Corner, axes: Axes, margin: sp.Expr) -> Form | None:
    """The two forms; None if the margin has other terms."""
    terms, d = _terms(corner, axes, margin), len(axes)
    if not all(_is_quadratic(m[:d], m[d:]) for m in terms):
        return None
    constant = terms.get((0,) * (2 * d), sp.S.Zero)
    return Form(constant, _waves(terms, d), _lumps(terms, d))


def minors(matrix: sp.ImmutableMatrix) -> Iterator[sp.Expr]:
    """All principal minors, the small ones first: none is negative iff the matrix is positive semidefinite."""
    for size in range(1, matrix.rows + 1):
        for rows in combinations(range(matrix.rows), size):
            yield sp.expand(matrix.extract(list(rows), list(rows)).det(method="berkowitz"))


def _terms(corner: Corner, axes: Axes, margin: sp.Expr) -> dict[tuple[int, ...], sp.Expr]:
    """Coefficients by powers of y and s; y is written in the place of c."""
    turned = margin.subs({COSINES[i]: e * (1 - COSINES[i]) for i, e in zip(axes, corner, strict=True)}, simultaneous=True)
    waves = [family[i] for family in (COSINES, SINES) for i in axes]
    return dict(sp.Poly(sp.expand(turned), *waves).terms())


def _waves(terms: dict[tuple[int, ...], sp.Expr], d: int) -> sp.ImmutableMatrix:
    entry = lambda i, j: terms.get(_unit(i, None if i == j else j, 2 * d, 0 if i == j else d), sp.S.Zero) / 2  # noqa: E731
    return sp.ImmutableMatrix(d, d, entry)


def _lumps(terms: dict[tuple[int, ...], sp.Expr], d: int) -> sp.ImmutableMatrix:
    """V: on the diagonal with half of what is linear in y."""
    linear = [terms.get(_unit(i, None, 2 * d), sp.S.Zero) / 2 for i in range(d)]
    square = lambda i, j: terms.get(_unit(i, j, 2 * d), sp.S.Zero)  # noqa: E731
    return sp.ImmutableMatrix(d, d, lambda i, j: sp.expand(square(i, i) + linear[i] if i == j else square(i, j) / 2))


def _unit(i: int, j: int | None, size: int, start: int = 0) -> tuple[int, ...]:
    powers = [0] * size
    for k in (i, j):
        if k is not None:
            powers[start + k] += 1
    return tuple(powers)


def _is_quadratic(lumps: tuple[int, ...], waves: tuple[int, ...]) -> bool:
    """1, y_i, y_i y_j, or s_i s_j along two axes: s_i^2 has been replaced."""
    return (not any(waves) and sum(lumps) <= 2) or (not any(lumps) and sum(waves) == 2 and max(waves) == 1)
