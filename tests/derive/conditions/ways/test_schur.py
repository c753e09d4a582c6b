"""Verdicts on polynomials with given numbers, against roots that are known because the polynomial is made of them."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from derive import InputError
from derive.conditions.ways.schur import GRADES, numeric_verdict

_PYTHAGOREAN = [(3, 4, 5), (5, 12, 13), (8, 15, 17), (20, 21, 29)]
ON_CIRCLE = [sp.QQ_I(x, y) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))]
ON_CIRCLE += [sp.QQ_I(sp.QQ(s * a, c), sp.QQ(t * b, c)) for a, b, c in _PYTHAGOREAN for s in (1, -1) for t in (1, -1)]
DIGITS = 40
NEAR = 1e-8  # an mpmath root this near the circle decides nothing

small = st.fractions(min_value=-2, max_value=2, max_denominator=12)
anywhere = st.builds(lambda x, y: sp.QQ_I(sp.QQ(x.numerator, x.denominator), sp.QQ(y.numerator, y.denominator)), small, small)
inside = st.builds(lambda z: z / (2 * (1 + abs(z.x) + abs(z.y))), anywhere)
roots = st.lists(st.one_of(inside, st.sampled_from(ON_CIRCLE)), min_size=1, max_size=5)
some_outside = st.lists(st.one_of(anywhere, st.sampled_from(ON_CIRCLE)), min_size=1, max_size=5)


def _size(z) -> sp.Rational:
    return z.x**2 + z.y**2


def known(grade: str, zeros: list) -> bool:
    """The definition of a grade."""
    sizes = [_size(z) for z in zeros]
    if grade == "schur":
        return all(size < 1 for size in sizes)
    simple = all(times == 1 for z, times in Counter(zeros).items() if _size(z) == 1)
    return all(size <= 1 for size in sizes) and (grade == "von-neumann" or simple)


def product_of(zeros: list, lead=1) -> list:
    """Coefficients of lead * prod (xi - zero), exact, from the leading one down."""
    found = [sp.QQ_I(1, 0) * lead]
    for z in zeros:
        found = [a - z * b for a, b in zip([*found, sp.QQ_I(0, 0)], [sp.QQ_I(0, 0), *found], strict=True)]
    return [sp.QQ_I.to_sympy(c) for c in found]


def real_pairs(zeros: list) -> list:
    """Every root with its conjugate: a real polynomial."""
    return [w for z in zeros for w in ([z] if z.y == 0 else [z, sp.QQ_I(z.x, -z.y)])]


@pytest.mark.parametrize("grade", GRADES)
@given(zeros=st.one_of(roots, some_outside), lead=anywhere)
def test_complex_polynomials_of_known_roots(grade: str, zeros: list, lead) -> None:
    assume(lead)
    assert numeric_verdict(product_of(zeros, lead), grade) == known(grade, zeros)


@pytest.mark.parametrize("grade", GRADES)
@given(zeros=st.one_of(roots, some_outside), repeated=st.booleans())
def test_real_polynomials_of_known_roots(grade: str, zeros: list, repeated: bool) -> None:
    both = real_pairs(zeros) + (real_pairs(zeros[:1]) if repeated else [])
    coefficients = product_of(both)
    assert all(c.is_real for c in coefficients)
    assert numeric_verdict(coefficients, grade) == known(grade, both)


@given(on_circle=st.lists(st.sampled_from(ON_CIRCLE), min_size=2, max_size=5, unique=True), rest=st.lists(inside, max_size=2))
def test_a_double_unit_root_separates_the_grades(on_circle: list, rest: list) -> None:
    once, twice = product_of(on_circle + rest), product_of([*on_circle, on_circle[0], *rest])
    assert [numeric_verdict(once, grade) for grade in GRADES] == [False, True, True]
    assert [numeric_verdict(twice, grade) for grade in GRADES] == [False, True, False]


whole = st.integers(-6, 6)


@pytest.mark.parametrize("grade", GRADES)
@given(parts=st.lists(st.tuples(whole, whole), min_size=2, max_size=6))
def test_random_coefficients_against_mpmath(grade: str, parts: list[tuple[int, int]]) -> None:
    assume(parts[0] != (0, 0))
    with mpmath.workdps(DIGITS):
        sizes = [abs(z) for z in mpmath.polyroots([mpmath.mpc(*c) for c in parts], maxsteps=400, extraprec=400, error=False)]
    assume(all(abs(size - 1) > NEAR for size in sizes))
    assert numeric_verdict([complex(*c) for c in parts], grade) == all(size < 1 for size in sizes)


@pytest.mark.parametrize("grade", GRADES)
@given(parts=st.lists(st.floats(-1, 1), min_size=2, max_size=6))
def test_floats_against_numpy(grade: str, parts: list[float]) -> None:
    assume(abs(parts[0]) > 0.1)
    sizes = np.abs(np.roots(parts))
    assume((abs(sizes - 1) > 1e-4).all())
    assert numeric_verdict(parts, grade) == bool((sizes < 1).all())


@given(zeros=roots, angle=st.sampled_from(ON_CIRCLE), grade=st.sampled_from(GRADES))
def test_a_turn_of_the_plane_and_a_conjugation_change_nothing(zeros: list, angle, grade: str) -> None:
    verdict = numeric_verdict(product_of(zeros), grade)
    assert numeric_verdict(product_of([angle * z for z in zeros]), grade) == verdict
    assert numeric_verdict(product_of([sp.QQ_I(z.x, -z.y) for z in zeros]), grade) == verdict


@given(zeros=st.one_of(roots, some_outside))
def test_grades_are_nested(zeros: list) -> None:
    schur, von_neumann, power_bounded = (numeric_verdict(product_of(zeros), grade) for grade in GRADES)
    assert schur <= power_bounded <= von_neumann


@given(grade=st.sampled_from(GRADES), tiny=st.integers(20, 60))
def test_it_is_exact_however_near_the_circle(grade: str, tiny: int) -> None:
    """Roots 1 -/+ 2^-60 are told apart, in fractions and in floats."""
    small = Fraction(1, 2**tiny)
    assert numeric_verdict([1, -(1 - small)], grade)
    assert not numeric_verdict([1, -(1 + small)], grade)
    assert not numeric_verdict([1.0, -(1 + 2.0**-52)], grade)


@pytest.mark.parametrize(
    ("coefficients", "grade", "message"),
    [
        ([1, 0], "stable", "unknown grade"),
        ([0, 1], "schur", "leading coefficient other than zero"),
        ([], "schur", "leading coefficient other than zero"),
        ([1, float("nan")], "schur", "finite"),
        ([1, sp.sqrt(2)], "schur", "rational"),
        ([1, sp.Symbol("a")], "schur", "rational"),
    ],
)
def test_bad_input(coefficients: list, grade: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        numeric_verdict(coefficients, grade)
