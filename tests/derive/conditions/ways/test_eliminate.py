"""Elimination of the frequency and solving, against dense evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.solve import solve_margins
from derive.conditions.ways.eliminate import demand, strip
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES

r, q = sp.symbols("r q", real=True)
c, c2, _ = COSINES
BOX = {c: (-sp.S.One, sp.S.One), c2: (-sp.S.One, sp.S.One)}
whole = st.integers(-6, 6)


def _domain(box: dict) -> Domain:
    return Domain.of({r, q, *box}, sp.true, box)


@pytest.mark.parametrize("degree", [1, 2])
@settings(max_examples=40)
@given(a=whole, b=whole, d=whole, strict=st.booleans())
def test_one_phase_against_a_dense_grid(degree: int, a: int, b: int, d: int, strict: bool) -> None:
    """r + b c + d c^2 on [-1, 1]: the least value of r that qualifies is minus the least value of the rest."""
    margin = r + b * c + (d * c**2 if degree == 2 else 0)
    found = demand(margin, {c: BOX[c]}, _domain({c: BOX[c]}), strict)
    grid = np.linspace(-1, 1, 4001)
    least = float((a + b * grid + (d * grid**2 if degree == 2 else 0)).min())
    if abs(least) > 1e-5:
        assert bool(found.subs(r, a)) == (least > 0)


@given(a=whole, b=whole, d=whole, e=whole)
def test_two_phases_multi_affine(a: int, b: int, d: int, e: int) -> None:
    found = demand(r + b * c + d * c2 + e * c * c2, BOX, _domain(BOX), False)
    least = min(a + b * x + d * y + e * x * y for x in (-1, 1) for y in (-1, 1))
    assert bool(found.subs(r, a)) == (least >= 0)


def test_a_factor_that_keeps_its_sign_has_no_say_in_a_weak_margin() -> None:
    box = {c: BOX[c]}
    assert demand((1 - c) ** 2 * r, box, _domain(box), False) == sp.Ge(r, 0)
    assert demand((1 - c) * r, box, _domain(box), True) == sp.false


def test_a_quartic_without_a_known_shape_is_refused() -> None:
    box = {c: BOX[c]}
    with pytest.raises(NoClosedForm):
        demand(r + q * c - c**2 + c**4, box, _domain(box), False)


def test_positive_factors_are_dropped_and_signs_kept() -> None:
    positive = sp.Symbol("p", positive=True)
    domain = Domain.of({positive, r})
    assert strip(-3 * positive * r, domain) == -r
    assert strip(positive**2, domain) == 1
    assert strip(sp.S.Zero, domain) == 0


@given(value=st.floats(-3, 3), other=st.floats(-3, 3))
def test_solved_set_is_the_set_of_solutions(value: float, other: float) -> None:
    """q r > -1 and r < 2, for either sign of the unknown q."""
    margins = [q * r + 1, 2 - r]
    found = solve_margins([(m, True) for m in margins], r, Domain()).subs(q, sp.Rational(other))
    expected = other * value + 1 > 0 and value < 2
    if abs(other * value + 1) > 1e-9 and abs(2 - value) > 1e-9:
        assert bool(found.contains(sp.Rational(value))) == expected
