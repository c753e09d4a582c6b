"""One parameter and two phases: against what is known in closed form, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from derive import amplification, parse_scheme, stability
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.over_the_torus import MOST, _Over, condition, stable_values
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.two_phases import TANGENTS

P = sp.Symbol("p", real=True)
SUM = "(u[0,1,0] + u[0,-1,0] + u[0,0,1] + u[0,0,-1] - 4*u[0,0,0])"
CENTRED = "(u[0,1,0] - u[0,-1,0] + u[0,0,1] - u[0,0,-1])"
MIXED = "(u[0,1,1] - u[0,1,-1] - u[0,-1,1] + u[0,-1,-1])"


def values(text: str, grade: str = "power-bounded", domain: Domain | None = None) -> sp.Set:
    return stable_values(amplification(parse_scheme(text)), P, grade, domain or Domain())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u[1,0,0] == u[0,0,0] + p*" + SUM, sp.Interval(0, sp.Rational(1, 4))),
        ("u[1,0,0] == u[0,0,0] - p*(2*u[0,0,0] - u[0,-1,0] - u[0,0,-1])", sp.Interval(0, sp.Rational(1, 2))),
        ("u[1,0,0] == u[0,0,0] - p*" + CENTRED + "/2", sp.FiniteSet(0)),
        (f"u[1,0,0] == u[0,0,0] + {SUM}/4 - p*{CENTRED}/2", sp.Interval(-sp.Rational(1, 2), sp.Rational(1, 2))),
        (f"u[1,0,0] == u[0,0,0] + {SUM}/8 - p*{CENTRED}/2", sp.Interval(-sp.sqrt(2) / 4, sp.sqrt(2) / 4)),  # 2 p^2/r <= 2
        (f"u[1,0,0] == u[0,0,0] + {SUM}/8 + p*{MIXED}/4", sp.Interval(-sp.Rational(1, 4), sp.Rational(1, 4))),  # p^2 <= 4 r^2
    ],
)
def test_textbook_schemes_of_one_number(text: str, expected: sp.Set) -> None:
    assert values(text) == expected


def test_lax_wendroff_with_equal_numbers() -> None:
    """2 nu^(2/3) = 1 on Turkel's astroid."""
    twice = "(u[0,{0}1,{1}0] - 2*u[0,0,0] + u[0,{0}-1,{1}0])"
    along = f"{twice.format('', '')} + (u[0,0,1] - 2*u[0,0,0] + u[0,0,-1])"
    text = f"u[1,0,0] == u[0,0,0] - p*{CENTRED}/2 + p**2*({along})/2 + p**2*{MIXED}/4"
    edge = sp.sqrt(2) / 4
    assert values(text) == sp.Interval(-edge, edge)


def test_the_leapfrog_is_of_two_steps() -> None:
    text = f"u[1,0,0] == u[-1,0,0] + 2*p*{SUM.replace('u[0', 'u[-1')}"  # xi^2 = 1 - 4 p (2 - cos - cos), down to 1 - 16 p
    assert values(text, "von-neumann") == sp.Interval(0, sp.Rational(1, 8))
    with pytest.raises(NoClosedForm):
        values(text)


def test_an_implicit_scheme_of_either_sign() -> None:
    found = stability(parse_scheme(f"u[1,0,0] - p*{SUM.replace('u[0', 'u[1')} == u[0,0,0] + {MIXED}/16"))
    assert found.status == "exact"
    exact = AtNumbers(found.amplification)
    for p in ("-3", "-1/4", "-1/8", "-1/20", "0", "1/16", "1/8", "1/7", "5"):
        value = sp.Rational(p)
        assert found.holds(p=float(value)) == exact.stable({"p": value}, "power-bounded"), p


def test_a_range_that_is_known() -> None:
    text = f"u[1,0,0] == u[0,0,0] - p*{CENTRED}/2 + {SUM}/8"
    assert values(text, domain=Domain.of([sp.Symbol("p", positive=True)])) == sp.Interval(-sp.sqrt(2) / 4, sp.sqrt(2) / 4)
    positive = amplification(parse_scheme(text, positive=["p"]))
    (p,) = positive.polynomial.free_symbols & {sp.Symbol("p", positive=True)}
    found = condition(positive, [p], "power-bounded", Domain.of([p]))
    assert found.subs(p, sp.Rational(1, 3)) == sp.true
    assert found.subs(p, sp.Rational(3, 8)) == sp.false


def test_what_is_too_long_is_refused() -> None:
    text = f"u[1,0,0] == u[0,0,0] - p*(u[0,2,1] - u[0,-2,0]) + p**2*(u[0,1,2] - 2*u[0,1,1] + u[0,0,-2])/{MOST[0]}"
    with pytest.raises(NoClosedForm):
        values(text)


def test_cut_where_two_factors_become_one() -> None:
    """(p - C) (1/2 - C), whatever C is: at p = 1/2 alone a square."""
    x, y = TANGENTS
    whole = (1 + x**2) * (1 + y**2)
    for waves in ((1 - x**2) * (1 + y**2) + (1 - y**2) * (1 + x**2), 2 * x * (1 - y**2), 4 * x * y):
        gap = sp.Poly((P * whole - waves) * (whole - 2 * waves), x, y, P, domain="QQ")
        over = _Over([gap], bool)
        assert Fraction(1, 2) in [root.exact for root, _ in over.cuts([])]
        assert [over.stable(Fraction(n, 100)) for n in (49, 50, 51)] == [False, True, False]
