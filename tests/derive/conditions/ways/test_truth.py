"""Does one condition in two parameters follow from another? Against points."""

from __future__ import annotations

from itertools import product

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.truth import implies
from derive.conditions.ways.signs import Domain

p, q = sp.symbols("p q", real=True)
conics = st.tuples(*[st.integers(-2, 2)] * 5).map(lambda k: k[0] + k[1] * p + k[2] * q + k[3] * p * q + k[4] * p**2)
VALUES = [sp.Rational(k, 2) for k in (-5, -2, 0, 1, 4)]


@settings(max_examples=10)
@given(conics, conics, conics)
def test_no_point_is_against_it(first: sp.Expr, second: sp.Expr, third: sp.Expr) -> None:
    premise, conclusion = sp.And(sp.Ge(first, 0), sp.Ge(second, 0)), sp.Ge(third, 0)
    if not (premise.free_symbols and conclusion.free_symbols):
        return
    against = any(
        premise.subs({p: x, q: y}) == sp.true and conclusion.subs({p: x, q: y}) == sp.false for x, y in product(VALUES, VALUES)
    )
    follows = implies(premise, conclusion, (p, q), Domain.of([p, q]))
    assert not (follows and against)
    assert implies(sp.And(premise, conclusion), conclusion, (p, q), Domain.of([p, q]))


def test_at_a_single_point_alone() -> None:
    """p^2 + q^2 <= 0 holds at zero alone: there p >= 0, and not p > 0."""
    inside = p**2 + q**2 <= 0
    assert implies(inside, p >= 0, (p, q), Domain.of([p, q]))
    assert not implies(inside, p > 0, (p, q), Domain.of([p, q]))


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(NoClosedForm):
        implies(p**9 <= q, q >= 0, (p, q), Domain.of([p, q]))
