"""Is a polynomial in two variables with rational coefficients nowhere negative on the real plane? Exact, at rational points.

A polynomial is negative somewhere iff it is on an open set, and changes sign where an irreducible factor of odd power does. So
of each such factor g(y, x) one asks whether it keeps one sign off its zeros. The number of real roots of g(., x) changes only
where a discriminant or a leading coefficient is zero; between two such x a single fraction speaks for all, and what happens at
them need not be known (an open cylindrical decomposition). Even variables are replaced by their squares.

>>> x, y = sp.symbols("x y")
>>> motzkin = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1  # never negative, and no sum of squares
>>> [nowhere_negative(sp.Poly(motzkin - shift, x, y)) for shift in (0, sp.Rational(1, 10**20))]
[True, False]

Source: McCallum, Solving polynomial strict inequalities using cylindrical algebraic decomposition (1993).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import count, product

import sympy as sp

from derive.conditions.ways.algebra import Root, at, discriminant, factor_powers, roots_of_product
from derive.conditions.ways.between import apart, between
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.on_the_real_line import has_positive_root, has_root

MOST = 250
"""Degree of a discriminant: to calculate a longer one takes too long, and cannot be interrupted."""
TRIED = [sp.QQ(sign * n, d) for n, d in ((1, 5), (1, 1), (5, 1)) for sign in (1, -1)]


def nowhere_negative(f: sp.Poly) -> bool:
    """Everywhere on the plane of its two generators.

    Raises:
        NoClosedForm: it is too long, or two roots are not told apart by 200 bits.
    """
    if f.is_zero:
        return True
    if any(f(*place) < 0 for place in product(TRIED, repeat=2)):
        return False
    if not all(n % 2 == 0 or keeps_its_sign(g) for g, n in factor_powers(f)):
        return False
    places = ((sp.QQ(k), sp.QQ(j)) for k in count(1) for j in range(1, k + 1))
    return bool(next(value for place in places if (value := f(*place)) != 0) > 0)


def keeps_its_sign(g: sp.Poly) -> bool:
    """Whether an irreducible polynomial in two variables is positive off its zeros, or negative off them.

    Raises:
        NoClosedForm: as `nowhere_negative`.
    """
    h, squares = with_squares(g)
    if h.degree(h.gens[0]) <= 0 or 0 < h.degree(h.gens[1]) < h.degree(h.gens[0]):
        h, squares = h.reorder(*reversed(h.gens)), squares[::-1]
    mirrored = all(sum(m) % 2 == 0 for m in g.monoms())
    eliminated, swapped = h.gens[0], h.reorder(*reversed(h.gens))
    for value in _samples(h, squares[0], squares[1] or mirrored):
        here = sp.Poly(at(swapped, value)[::-1], eliminated, domain="ZZ")
        if here.degree() > 0 and (has_positive_root(here) if squares[0] else has_root(here)):
            return False
    return True


def with_squares(g: sp.Poly) -> tuple[sp.Poly, list[bool]]:
    """With a new variable for the square of each of the first two that is even; and which are."""
    squares = [all(m[k] % 2 == 0 for m in g.monoms()) for k in (0, 1)]
    shrunk = {
        (*(n // (1 + square) for n, square in zip(m, squares, strict=False)), *m[2:]): c for m, c in g.rep.to_dict().items()
    }
    return sp.Poly.from_dict(shrunk, *g.gens, domain=g.domain), squares


def _samples(h: sp.Poly, positive_roots: bool, positive_values: bool) -> list[Fraction]:
    """Values of the second variable, one from each piece on which the first one's roots change neither number nor sign.

    Args:
        h: irreducible.
        positive_roots: whether those of the first one at 0 count as a change.
        positive_values: leave out the others.
    """
    y, x = h.gens
    if 2 * (h.degree(y) - 1) * h.degree(x) > MOST:
        raise NoClosedForm
    rows: dict[int, dict] = {}
    for m, c in h.rep.to_dict().items():
        rows.setdefault(m[0], {})[m[1:]] = c
    wanted = {max(rows), 0} & rows.keys() if positive_roots else {max(rows)}
    critical = [sp.Poly.from_dict(rows[k], x, domain=h.domain) for k in wanted]
    critical += [discriminant(h)] if h.degree(y) > 1 else []
    least = Fraction(0) if positive_values else None
    cuts = [root for root in roots_of_product(critical) if least is None or root.high > least]
    cuts += [Root(least, least)] if least is not None else []
    if len(apart(cuts)) < len(cuts):
        raise NoClosedForm
    return [value for value in between(apart(cuts)) if least is None or value > least]
