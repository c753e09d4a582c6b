"""What is left out of conditions changes nothing: at random points, and beside the edges of the parts."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.redundant import without_redundant
from derive.conditions.ways.algebra import factors
from derive.conditions.ways.signs import Domain

p, q = sp.symbols("p q", real=True)
r, s, theta = *sp.symbols("r s", positive=True), sp.Symbol("theta", real=True)
ALONE = sp.Le(p**2 + q**2, 1)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        (sp.And(ALONE, p <= 1, q <= 1, p >= -1), ALONE),
        (sp.Or(ALONE, sp.And(ALONE, p > q)), ALONE),
        (sp.And(ALONE, p**2 * (1 - p - q) >= 0, sp.Or(p + q <= 1, p > 5)), sp.And(ALONE, p + q <= 1)),
        (
            sp.And(
                (q >= 0) & (q <= sp.Rational(1, 4)) & ((p**2 <= 2 * q) | (p**2 <= 4 * q**2)),
                (p**2 + 2 * q <= 16 * q**2)
                | (p**2 + 8 * q**2 <= 2 * q)
                | (p**4 + 32 * p**2 * q**2 + 4 * q**2 <= 12 * p**2 * q),
            ),
            (q <= sp.Rational(1, 4)) & (p**2 <= 2 * q),
        ),
        (sp.And(p + q >= 0, p + q <= 0, p - q >= 0, p - q <= 0), sp.And(sp.Eq(p, 0), sp.Eq(q, 0))),
    ],
)
def test_known_ones(long: sp.Basic, short: sp.Basic) -> None:
    assert without_redundant(long, Domain.of([p, q])) == short


def test_a_strict_part_is_not_taken_for_a_weak_one() -> None:
    both = sp.And(ALONE, p < 1)
    assert without_redundant(both, Domain.of([p, q])) == both


def test_a_bound_at_a_corner_that_is_no_whole_number() -> None:
    """With n = (10 p/3)^2: the curves q = 3 and q = 4 n - n^2 meet at n = 1, p = 3/10, beyond which the alternatives fail."""
    n = 100 * p**2 / 9
    rest = sp.And(q >= 0, q <= 3, 4 * n <= n**2 + q)
    long = sp.Or(2 * n**2 + 3 * q <= 7 * n + 4, 4 * n**3 + 6 * n * q + 4 * n <= 17 * n**2 + q**2)
    found, expected = without_redundant(sp.And(rest, long), Domain.of([p, q])), sp.And(rest, p**2 <= sp.Rational(9, 100))
    points = np.random.default_rng(0).uniform([-0.7, -0.5], [0.7, 3.5], (500, 2))
    holds = lambda e: sp.lambdify([p, q], e)(*points.T)  # noqa: E731
    assert sp.count_ops(found) < sp.count_ops(long)
    assert (holds(found) == holds(sp.And(rest, long))).all()
    assert (holds(found) == holds(expected)).all()


def test_more_than_two_parameters() -> None:
    """Of two diffusion numbers under a theta scheme the sum alone counts; 2 r_x <= 1 does not follow from 2 s <= 1."""
    each = [2 * x <= 4 * x * theta + 1 for x in (r, s)]
    both = sp.Le(2 * r + 2 * s, 4 * theta * (r + s) + 1)
    assert without_redundant(sp.And(*each, both), Domain.of([r, s, theta])) == both
    assert without_redundant(sp.And(*each), Domain.of([r, s, theta])) == sp.And(*each)


small = st.integers(-2, 2)
lines = st.builds(lambda a, b, c, strict: (sp.Lt if strict else sp.Le)(a * p + b * q, c), small, small, small, st.booleans())
curves = st.builds(lambda a, b, c: sp.Le(a * p**2 + b * p * q, c), small, small, small)
pairs = st.lists(st.one_of(lines, curves), min_size=2, max_size=3)
conditions = st.builds(lambda some: sp.And(*(sp.Or(*pair) for pair in some)), st.lists(pairs, min_size=1, max_size=2))


@settings(max_examples=6, deadline=None)
@given(conditions)
def test_nothing_changes(condition: sp.Basic) -> None:
    shorter = without_redundant(condition, Domain.of([p, q]))
    points = np.random.default_rng(0).integers(-12, 13, (20, 2)).tolist()
    for a, b in points:
        place = {p: sp.Rational(a, 4), q: sp.Rational(b, 4)}
        assert shorter.subs(place) == condition.subs(place)


def test_factors_with_long_numbers() -> None:
    """python-flint 0.9 cannot sort them."""
    parts = [10**30 * p + q + 1, 10**30 * p + q + 10**25, p - 10**29 * q]
    assert {g.as_expr() for g in factors(sp.Poly(sp.prod(parts), p, q))} == set(parts)
