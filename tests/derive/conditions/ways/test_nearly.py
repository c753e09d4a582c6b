"""Polynomials that are known nearly: what is said of them holds for all that they may be. Against roots that were put in."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import iv

from derive.conditions.ways.intervals import precisely
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.nearly import SCALE, Nearly, near_double_roots
from derive.conditions.ways.sturm import distinct_real_roots, divisor, real_roots_between

x = sp.Symbol("x")
places = st.builds(Fraction, st.integers(-40, 40), st.integers(1, 12))
within = st.builds(Fraction, st.integers(-12, 12), st.just(12))
errors = st.integers(0, 2**40)


def polynomial(roots: list[Fraction], pairs: int = 0) -> sp.Poly:
    """With these roots, and complex ones about i."""
    factors = [x - sp.Rational(r.numerator, r.denominator) for r in roots]
    return sp.Poly(sp.prod([*factors, *((x - k) ** 2 + 1 for k in range(pairs))]), x)


def nearly(f: sp.Poly, error: int) -> Nearly:
    coefficients = [Fraction(int(c.p), int(c.q)) for c in reversed(f.all_coeffs())]
    return Nearly(tuple(int(c * 2**SCALE) + error // 2 for c in coefficients), (error + 2,) * len(coefficients))


@settings(max_examples=40)
@given(roots=st.lists(places, min_size=1, max_size=5, unique=True), pairs=st.integers(0, 2), error=errors)
def test_simple_roots_are_counted_and_enclosed(roots: list[Fraction], pairs: int, error: int) -> None:
    """By Sturm's chain in intervals, as many as there are, each in an enclosure of its own."""
    found = real_roots_between(nearly(polynomial(roots, pairs), error))
    assert all(one.low <= root <= one.high for one, root in zip(found, sorted(roots), strict=True))


@settings(max_examples=40)
@given(single=st.lists(places, max_size=3, unique=True), double=places, pairs=st.integers(0, 1), error=st.integers(0, 2))
def test_multiple_roots_too(single: list[Fraction], double: Fraction, pairs: int, error: int) -> None:
    """Where it is known that there is one."""
    assume(double not in single)
    f = nearly(polynomial([*single, double, double], pairs), error)
    found = real_roots_between(f, has_multiple=True)
    assert all(one.low <= root <= one.high for one, root in zip(found, sorted([*single, double]), strict=True))
    with pytest.raises(NoClosedForm):
        real_roots_between(f)


@settings(max_examples=40)
@given(common=places, one=st.lists(places, max_size=3), other=st.lists(places, max_size=3), error=errors)
def test_what_two_have_in_common(common: Fraction, one: list[Fraction], other: list[Fraction], error: int) -> None:
    """A line through the root that was put into both, or nothing is said."""
    assume(not set(one) & set(other) and common not in {*one, *other})
    first, second = (nearly(polynomial([common, *rest], 1 - k), error) for k, rest in enumerate((one, other)))
    with precisely():
        slope, constant = divisor(first.intervals, second.intervals)
        root = -constant / slope
        assert root.a <= iv.mpf(common.numerator) / common.denominator <= root.b
        assert root.delta < 1e-60


@settings(max_examples=40)
@given(roots=st.lists(places, max_size=4), pairs=st.integers(0, 2))
def test_counted_as_sympy_counts_them(roots: list[Fraction], pairs: int) -> None:
    """Or nothing is said: a number that is zero in the chain, other than the last, is not told from a small one."""
    f = polynomial(roots, pairs)
    multiple = sp.gcd(f, f.diff()).degree() > 0
    with precisely():
        try:
            count, _ = distinct_real_roots(nearly(f, 1).intervals, multiple)
        except NoClosedForm:
            return
    assert count == f.sqf_part().count_roots()


@settings(max_examples=40)
@given(double=within, rest=st.lists(places, max_size=3), pairs=st.integers(0, 1), error=st.integers(0, 2**300))
def test_no_double_root_is_missed(double: Fraction, rest: list[Fraction], pairs: int, error: int) -> None:
    """In [-1, 1], however badly the coefficients are known; of well known ones it is told from other places."""
    f = polynomial([double, double, *rest], pairs)
    found = near_double_roots(nearly(f, error))
    assert any(root.low <= double <= root.high for root in found)
    if error < 2**100 and double not in rest:
        there = [root for root in found if root.low <= double <= root.high]
        assert there[0].high - there[0].low < Fraction(1, 2**30)


@settings(max_examples=40)
@given(roots=st.lists(within, min_size=1, max_size=4, unique=True), pairs=st.integers(0, 1))
def test_simple_roots_are_not_taken_for_double_ones(roots: list[Fraction], pairs: int) -> None:
    assert near_double_roots(nearly(polynomial(roots, pairs), 4)) == []


@settings(max_examples=40)
@given(roots=st.lists(places, min_size=1, max_size=4), value=places, error=errors)
def test_a_sign_is_certain(roots: list[Fraction], value: Fraction, error: int) -> None:
    """That of all polynomials within the errors."""
    f = polynomial(roots)
    sign = nearly(f, error).sign(value)
    assert sign in (0, sp.sign(f.eval(sp.Rational(value.numerator, value.denominator))))
