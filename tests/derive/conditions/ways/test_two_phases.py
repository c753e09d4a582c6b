"""Stability at numbers over two phases: against identities, and against closed forms at their very edges."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, amplification, integrators, parse_scheme, stability
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.on_the_real_line import non_negative, positive
from derive.conditions.ways.on_the_real_plane import nowhere_negative
from derive.gallery import gallery
from derive.gallery.operators import centred, second

X, Y = sp.symbols("x y")
TINY = sp.Rational(1, 10**15)
coefficients = st.lists(st.integers(-4, 4), min_size=6, max_size=6)
place = st.tuples(*[st.fractions(-3, 3, max_denominator=9)] * 2)


def poly(expr: sp.Expr) -> sp.Poly:
    return sp.Poly(expr, X, Y, domain="QQ")


def of(numbers: list[int]) -> sp.Poly:
    return poly(sum(c * m for c, m in zip(numbers, (1, X, Y, X * Y, X**2, Y**2), strict=True)))


@settings(max_examples=25, deadline=None)
@given(one=coefficients, other=coefficients, at=place)
def test_sums_of_squares_and_less_than_their_value_somewhere(one: list[int], other: list[int], at: tuple) -> None:
    total = of(one) ** 2 + of(other) ** 2
    assert nowhere_negative(total)
    assert not nowhere_negative(total - total(*(sp.Rational(v) for v in at)) - TINY)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (X**4 * Y**2 + X**2 * Y**4 - 3 * X**2 * Y**2 + 1, True),
        ((X * Y - 1) ** 2 + X**2, True),  # its infimum, 0, is not attained
        ((X * Y - 1) ** 2 + X**2 - TINY, False),  # where |y| is 3e7
        ((X - Y) ** 2 * (X**2 + 1), True),
        ((X - Y) ** 3, False),
        (X * Y, False),
        (Y**2 - X**3, False),
        (X**2, True),
        (X - X, True),
        (-(X**2) - 1, False),
        ((X**2 - 2) ** 2 * (Y**2 - 3) ** 2, True),
        ((X**2 - 2) ** 2 * (Y**2 - 3), False),
    ],
)
def test_nowhere_negative(expr: sp.Expr, expected: bool) -> None:
    assert nowhere_negative(poly(expr)) is expected


@pytest.mark.parametrize("large", [10**3, 10**9, 10**40])
def test_roots_that_are_far_away_or_near_zero(large: int) -> None:
    """Two that are close together: halves find them where steps of 1 would take as many steps as they are large."""
    for scale in (sp.Integer(large), sp.Rational(1, large)):
        f = sp.Poly((X - scale) * (X - scale * sp.Rational(101, 100)), X, domain="QQ")
        assert not positive(f)
        assert not non_negative(f)
        assert positive(f + scale**2)


def stable(key: str, **values: sp.Rational) -> bool:
    return AtNumbers(amplification(gallery[key].scheme)).stable({k: sp.Rational(v) for k, v in values.items()}, "power-bounded")


def test_turkels_astroid_at_its_very_edge() -> None:
    """|nu_x|^(2/3) + |nu_y|^(2/3) = 1 at the cubes of 3/5 and 4/5."""
    x, y = sp.Rational(27, 125), sp.Rational(64, 125)
    assert stable("lax-wendroff-2d", nu_x=x, nu_y=-y)
    assert not stable("lax-wendroff-2d", nu_x=x, nu_y=-y - TINY)


def test_hindmarshs_condition_at_its_very_edge() -> None:
    """nu_x^2/r_x + nu_y^2/r_y = 2 and r_x + r_y = 1/2, whichever is felt."""
    u = GridFunction("u", 2)
    a, b, r, s = sp.symbols("a b r s", real=True)
    rate = r * second(u[0, 0, 0], 0) + s * second(u[0, 0, 0], 1) - a * centred(u[0, 0, 0], 0) - b * centred(u[0, 0, 0], 1)
    found = AtNumbers(amplification(GridScheme(sp.Eq(u[1, 0, 0] - u[0, 0, 0], rate))))
    at = lambda *v: found.stable(dict(zip("abrs", map(sp.Rational, v), strict=True)), "power-bounded")  # noqa: E731
    third, quarter = sp.Rational(1, 5), sp.Rational(3, 10)
    inside = {"a": sp.Rational(1, 5), "b": sp.Rational(3, 5)}  # 1/25 / (1/5) + 9/25 / (3/10) = 7/5
    assert at(*inside.values(), third, quarter)
    assert not at(*inside.values(), third + TINY, quarter)
    assert at("1/5", "3/10", "1/20", "3/40")  # 4/5 + 6/5
    assert not at("1/5", sp.Rational(3, 10) + TINY, "1/20", "3/40")


@pytest.mark.parametrize(("r", "expected"), [("1/8", True), (sp.Rational(1, 8) + TINY, False), (-TINY, False)])
def test_a_leapfrog_with_lagged_damping(r: str, expected: bool) -> None:
    """Of two steps: xi^2 = 1 - 2 r (4 - 2 cos theta_1 - 2 cos theta_2), within -1 up to 16 r = 2."""
    text = "u[1,0,0] == u[-1,0,0] + 2*r*(u[-1,1,0] + u[-1,-1,0] + u[-1,0,1] + u[-1,0,-1] - 4*u[-1,0,0])"
    found = AtNumbers(amplification(parse_scheme(text)))
    assert found.stable({"r": sp.Rational(r)}, "von-neumann") is expected
    assert not found.tells("power-bounded")
    with pytest.raises(NoClosedForm):
        found.stable({"r": sp.Rational(r)}, "power-bounded")


def test_a_lead_that_vanishes() -> None:
    """Real ones that change sign, complex ones that turn about zero; and what touches zero, which is not told."""
    at = lambda text, **v: AtNumbers(amplification(parse_scheme(text))).stable(  # noqa: E731
        {k: sp.Rational(x) for k, x in v.items()}, "von-neumann"
    )
    real = "k*u[1,0,0] + u[1,1,0] + u[1,-1,0] + u[1,0,1] + u[1,0,-1] == 0*k*u[0,0,0] + u[0,0,0]/8"
    assert [at(real, k=k) for k in ("5", "3", "-5", "1/3")] == [True, False, True, False]
    same = "k*u[1,0,0] + u[1,1,0] + a*u[1,0,1] == k*u[0,0,0] + u[0,1,0] + a*u[0,0,1]"
    assert at(same, k=3, a=1)
    assert not at(same, k=1, a=1)
    with pytest.raises(NoClosedForm):
        at(same, k=2, a=1)


def test_it_is_decided_and_told_where_a_grade_is_not() -> None:
    u = GridFunction("u", 2)
    r, nu = sp.Symbol("r", positive=True), sp.Symbol("nu", real=True)
    rate = r * (second(u[0, 0, 0], 0) + second(u[0, 0, 0], 1)) - nu * (centred(u[0, 0, 0], 0) + centred(u[0, 0, 0], 1))
    found = stability(integrators["RK2"](rate, u), seconds=0.1)
    assert found.status == "decided"
    assert found.holds(r=[0.1, 0.25, 0.2501], nu=[0.1, 0.0, 0.0]).tolist() == [True, True, False]
    two = stability(integrators["AB2"](rate, u), "power-bounded", seconds=0.1)
    assert (two.status, two.grade) == ("decided", "von-neumann")
    assert "do not tell whether equal ones" in " ".join(str(two).split())
