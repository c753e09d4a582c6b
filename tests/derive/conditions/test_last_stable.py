"""Edges by few verdicts: as halving finds them, whatever is guessed."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive import integrators, parse_scheme, stability
from derive.conditions.decided import fraction_of
from derive.conditions.last_stable import last_stable, of_least_denominator
from derive.conditions.one_left import condition_alone
from derive.gallery.operators import centred, second
from derive.gallery.parameters import nu, r, u


@given(
    edge=st.one_of(st.floats(1e-6, 1e3), st.fractions(Fraction(1, 50), 9, max_denominator=50).map(float)),
    aside=st.floats(-0.02, 0.02),
    closed=st.booleans(),
)
def test_the_next_float_is_not_stable(edge: float, aside: float, closed: bool) -> None:
    stable = (lambda value: value <= edge) if closed else (lambda value: value < edge)
    for near in (None, edge, edge * (1 + aside)):
        found = last_stable(stable, edge * 0.96, edge * 1.005, near)
        assert stable(found)
        assert not stable(math.nextafter(found, math.inf))


def test_a_good_guess_spares_verdicts() -> None:
    for edge, near in ((1 / 3, None), (math.pi / 4, math.pi / 4 * (1 + 3e-9))):
        asked = []
        last_stable(lambda value, edge=edge, asked=asked: asked.append(value) or value <= edge, edge * 0.97, edge * 1.01, near)
        assert len(asked) < 32
    assert last_stable(lambda value: False, 0.0, 1.0, None) == 0


@given(low=st.fractions(0, 5, max_denominator=900), size=st.fractions(Fraction(1, 500), 1, max_denominator=900))
def test_the_simplest_fraction(low: Fraction, size: Fraction) -> None:
    found = of_least_denominator(low, low + size)
    assert low < found < low + size
    assert not any(low < Fraction(math.floor(low * d) + 1, d) < low + size for d in range(1, found.denominator))


@pytest.mark.parametrize("size", [0.1, 0.4])
def test_with_one_parameter_left_there_is_a_formula(size: float) -> None:
    """Of a scheme that had no time for one in both; the oracle has phases of its own."""
    found = stability(integrators["RK2"](r * second(u[0, 0]) - nu * centred(u[0, 0]), u), seconds=1e-3)
    edge = found.edge("nu", r=size)
    alone = condition_alone(found, {r: fraction_of(size)})
    assert (found.status, alone is None or alone.free_symbols) == ("decided", {nu})
    theta = np.linspace(0, np.pi, 20001)
    most = lambda a: np.abs(np.polyval([0.5, 1, 1], -2 * size * (1 - np.cos(theta)) - 1j * a * np.sin(theta))).max()  # noqa: E731
    assert most(edge) <= 1 + 1e-12
    assert most(edge * (1 + 1e-4)) > 1 + 1e-9
    assert (found.holds(nu=edge, r=size), found.holds(nu=math.nextafter(edge, 9), r=size)) == (True, False)


def test_a_lead_that_vanishes_is_no_polynomial_of_lower_degree() -> None:
    found = stability(parse_scheme("p*u[1,0] + q*u[0,1] + (1-q)*u[0,0] == 0"), seconds=1e-3)
    p, q = found.parameters
    assert condition_alone(found, {p: fraction_of(0.0)}) is None
    assert condition_alone(found, {q: fraction_of(0.5)}) is not None
