"""What an answer says in words, and what numbers it takes."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

from derive import GridFunction, GridScheme, modified_equation, stability
from derive.errors import InputError
from derive.reading.parse import parse_definitions, parse_scheme

HEAT = "u[1,0]-u[0,0] == r*(u[0,1]-2*u[0,0]+u[0,-1])"


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("u[1]-2*u[0]+u[-1] == -h/9*u[0]", None),
        ("u[1]-2*u[0]+u[-1] == -9*h*u[0]", "schur"),
        ("u[1]-u[-1] == -2*h*u[0]+a*u[0]", None),
        (HEAT, "schur"),
        ("u[1,0]-2*u[0,0]+u[-1,0] == 16*s*(u[0,1]-2*u[0,0]+u[0,-1])", "schur"),
    ],
)
def test_an_example_of_what_never_decays_stays_bounded(text: str, grade: str | None) -> None:
    found = stability(parse_scheme(text), grade)
    words = " ".join(str(found).split())
    stable = found if found.condition != sp.false else found.other
    assert stable is not None
    assert "perturbations never decay" in words
    told = re.search(r"for instance, at (.*?) an amplification factor has \|xi\| = (\S+)", words)
    assert told is not None
    place = dict(part.split(" = ") for part in told[1].split(", "))
    assert stable.holds(**{str(p): float(sp.Rational(place[str(p)])) for p in stable.parameters})
    assert told[2] == "1"


def test_a_meaning_that_the_scheme_is_not_consistent_with_is_named() -> None:
    centred = parse_scheme("u[1,0]-u[0,0] == -nu*(u[0,1]-u[0,-1])/2")
    with pytest.raises(InputError, match=r"where nu == c\*dt/dx\*\*2: it is not consistent with that"):
        modified_equation(centred, parse_definitions("nu == c*dt/dx**2"))


@pytest.mark.parametrize("value", [None, "0.1", 1j, [None, 0.1], object(), {}, sp.Symbol("x"), 10**400, [[1, 2], [3]]])
def test_what_is_no_real_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="expected real numbers"):
        stability(parse_scheme(HEAT)).holds(r=value)


@pytest.mark.parametrize("value", [0.5, 0, np.float32(0.25), sp.Rational(1, 3), np.array([0.5])])
def test_real_numbers_of_any_kind_are_taken(value: object) -> None:
    assert np.all(stability(parse_scheme(HEAT)).holds(r=value))


@pytest.mark.parametrize("number", [sp.oo, -sp.oo, sp.zoo, sp.nan, sp.I * sp.oo])
def test_numbers_that_are_not_finite_are_refused(number: sp.Expr) -> None:
    u, nu = GridFunction("u"), sp.Symbol("nu")
    for equation in (u[1, 0] - number * u[0, 0], sp.Eq(u[1, 0], u[0, 0] + number * nu * u[0, 1])):
        with pytest.raises(InputError, match="expected"):
            GridScheme(equation)


def test_differences_of_radicals_are_real() -> None:
    found = stability(parse_scheme("u[1,0] == u[0,0] + (sqrt(2)-sqrt(3))*nu*(u[0,1]-u[0,0])"))
    largest = 1 / (np.sqrt(3) - np.sqrt(2))
    assert found.holds(nu=np.array([-0.99 * largest, -0.1, 0])).all()
    assert not found.holds(nu=np.array([-1.01 * largest, 0.1])).any()
