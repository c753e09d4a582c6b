"""A scheme is not called stable where it determines no new value, nor where rounding decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from derive import optimizers, stability
from derive.conditions.determined import determined
from derive.modes.amplification import amplification
from derive.reading.parse import parse_scheme

PHASES = np.linspace(-np.pi, np.pi, 7201)
C, W = np.cos(PHASES), np.exp(1j * PHASES)

# scheme, its newest level and the rest on the mode e^(i j theta), by hand
SINGULAR = [
    ("m*(u[1,0]-u[0,0]) == r*(u[0,1]-2*u[0,0]+u[0,-1])", lambda m, r: m, lambda m, r: m - 2 * r * (1 - C)),
    ("u[1,1]+k*u[1,0]+u[1,-1] == a*u[0,0]", lambda k, a: k + 2 * C, lambda k, a: a + 0 * C),
    ("k*u[1,0]+u[1,1] == a*u[0,0]", lambda k, a: k + W, lambda k, a: a + 0 * C),
    ("(1+k)*u[1,0] == a*u[0,1]", lambda k, a: 1 + k, lambda k, a: a * W),
    (
        "u[1,1]+(k-2)*u[1,0]+u[1,-1] == a*(u[0,1]+(k-2)*u[0,0]+u[0,-1])",
        lambda k, a: k - 2 + 2 * C,
        lambda k, a: a * (k - 2 + 2 * C),
    ),
]


@pytest.mark.parametrize(("text", "newest", "rest"), SINGULAR)
def test_no_claim_where_the_newest_level_vanishes_at_some_phase(text: str, newest, rest) -> None:
    found = stability(parse_scheme(text))
    names = [name for name in newest.__code__.co_varnames[:2]]
    grid = [-5, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 5]
    for values in ((x, y) for x in grid for y in grid):
        lead = newest(*values) + 0 * C
        size = np.abs(lead)
        vanishes = size.min() < 1e-12 or (np.isrealobj(lead) and lead.min() < 0 < lead.max())
        stable = not vanishes and bool((np.abs(rest(*values)) <= size * (1 + 1e-12)).all())
        assert found.holds(**dict(zip(names, values, strict=True))) == stable, values


@pytest.mark.parametrize(
    ("text", "values"),
    [("a*u[1,0] == b*u[0,0]", {"a": 0, "b": 1}), ("u[1,0] == u[0,0]+a/b*(u[0,1]-u[0,0])", {"a": 0, "b": 0})],
)
def test_zero_over_zero_is_not_stable_and_the_assumption_is_told(text: str, values: dict[str, float]) -> None:
    found = stability(parse_scheme(text))
    assert not found.holds(**values)
    assert " != 0" in str(found)


def test_a_singular_scheme_without_a_closed_form_is_not_claimed() -> None:
    found = stability(parse_scheme("u[1,1]+k*u[1,0]+u[1,-1] == a*u[0,0]"), seconds=1e-3)
    assert found.status == "decided"
    assert not found.holds(a=0, k=1)
    assert found.holds(a=0.5, k=3)


def test_a_lead_that_vanishes_at_two_phases_together_is_not_claimed() -> None:
    found = stability(parse_scheme("w*u[1,1,0]+u[1,0,0]+r*u[1,0,1] == w*u[0,1,0]+u[0,0,0]+r*u[0,0,1]"))
    for w, r in ((1, 1), (0.9, 0.8), (3, 2.5), (-0.7, 0.9), (0.3, 0.4), (3, 0.4), (0.2, -4)):
        sides = sorted(map(abs, (1, w, r)))
        assert found.holds(w=w, r=r) == (sides[2] > sides[0] + sides[1]), (w, r)


def test_values_without_a_new_level_are_no_solution() -> None:
    found = stability(parse_scheme("(u[1,0]-u[0,0])/k == -u[1,0]"))
    assert [v for v in (-3, -2, -1, 0, 1) if found.solve("k").contains(v)] == [-3, -2, 1]


@pytest.mark.parametrize(
    "text",
    [
        "u[1,0]-u[0,0] == r*(u[1,1]-2*u[1,0]+u[1,-1])",
        "u[1,0]-u[0,0] == -nu/4*(u[1,1]-u[1,-1]+u[0,1]-u[0,-1])",
        "3*u[1,0]-4*u[0,0]+u[-1,0] == 2*r*(u[1,1]-2*u[1,0]+u[1,-1])",
        "u[1,0]-u[0,0] == -nu*(u[1,0]-u[1,-1])",
    ],
)
def test_where_the_condition_keeps_the_newest_level_nothing_is_added(text: str) -> None:
    assert stability(parse_scheme(text)).assumptions == sp.true


def test_all_coefficients_that_vanish_together_at_one_point_are_left_out() -> None:
    """At theta = pi 1 - 5 p/2 and 1 - 9 q/4."""
    newest = "p/4*u[1,-2] + p/2*u[1,-1] + (1-5*p/2)*u[1,0] + 3*p/4*u[1,1] + p*u[1,2]"
    scheme = parse_scheme(f"{newest} + q/2*u[0,-2] - 5*q/8*u[0,-1] - (1+q/8)*u[0,0] - q/2*u[0,1] + 3*q/4*u[0,2] == 0")
    needed = determined(amplification(scheme), scheme)
    p, q = sorted(needed.free_symbols, key=str)
    assert needed == sp.Or(sp.Ne(p, sp.Rational(2, 5)), sp.Ne(q, sp.Rational(4, 9)))


def test_optimisers_always_determine_a_new_value() -> None:
    assert all(determined(amplification(optimizers[name]), optimizers[name]) == sp.true for name in optimizers)


def test_a_proof_respects_the_assumption() -> None:
    pytest.importorskip("z3")
    assert stability(parse_scheme("u[1,1]+k*u[1,0]+u[1,-1] == a*u[0,0]")).prove().verdict == "proved"


@pytest.mark.parametrize("power", [32, 40])
def test_terms_that_cancel_do_not_decide_a_condition_without_a_formula(power: int) -> None:
    found = stability(parse_scheme(f"u[1,0] == (1-r)**{power}*u[0,0] + r/8*(u[0,1]-u[0,0])"), seconds=0.5)
    assert found.status == "decided"
    for r in (0.3, 0.9, 1.5, 1.9, 2.2):
        factor = (1 - r) ** power + r / 8 * (W - 1)
        assert found.holds(r=r) == (np.abs(factor).max() <= 1), r


def test_a_high_power_is_stable_where_its_base_is() -> None:
    found = stability(parse_scheme("u[1] == (1-r)**64*u[0]"), seconds=0.5)
    inside = np.array([0.01, 0.5, 0.9, 1.1, 1.5, 1.99])
    assert found.holds(r=inside).all()
    assert not found.holds(r=np.array([-0.01, 2.01, math.pi])).any()
