"""Random schemes of the harder kind: the engine against brute force, and brute force against what is known and wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

import derive
from experiments.fuzz import holding
from experiments.fuzz.brute import grows, nearest, radius
from experiments.fuzz.drawing import FACTS, SHARE, Drawn, draw, supposing
from experiments.fuzz.summary import summary
from experiments.fuzz.tables import minus, parameter, plus, scaled, shift, times

SEED, FEW = 5, 60
SECONDS = 0.6
"""Of processor time: what the engine does not find in it is decided or sampled, and held to that."""


def heat() -> list:
    laplacian = plus(shift(1), scaled(shift(0), -2), shift(-1))
    return [shift(0), scaled(plus(shift(0), times(parameter(0, 1), laplacian)), -1)]


def test_brute_force_knows_the_heat_equation() -> None:
    r = np.array([[0.1], [0.5], [0.6], [-0.1]])
    assert np.allclose(radius(heat(), r), np.maximum(1, np.abs(1 - 4 * r[:, 0])))
    assert [grows(heat(), value) for value in r] == [False, False, True, True]


def test_growth_below_rounding_is_seen() -> None:
    """Centred advection with little implicit fourth differences: growth of p^4/(16 q) and less."""
    centred = scaled(minus(shift(1), shift(-1)), Fraction(1, 2))
    fourth = plus(shift(2), scaled(shift(1), -4), scaled(shift(0), 6), scaled(shift(-1), -4), shift(-2))
    levels = [plus(shift(0), times(parameter(1, 1), fourth)), scaled(minus(shift(0), times(parameter(0, 1), centred)), -1)]
    assert radius(levels, np.array([[4e-4, 2e-3]]))[0] < 1 + 1e-11
    assert grows(levels, np.array([4e-4, 2e-3]))


def test_growth_between_the_phases_of_the_grid_is_seen_beside_corners_that_keep_what_is_constant() -> None:
    """Upwind leapfrog with lagged diffusion, two steps at y = pi: g^2 + 2p (1 - e^-ix) g = 1 - 8q + 4q (cos x - 1)."""
    p, q = -0.2008084212260935, 0.1139008949465607
    x = np.linspace(2.3, 2.5, 20001)
    middle = p * (np.exp(-1j * x) - 1)
    apart = np.sqrt(middle**2 + 1 - 12 * q + 4 * q * np.cos(x) + 0j)
    expected = np.maximum(abs(middle + apart), abs(middle - apart)).max()
    slope, heat = (
        minus(shift(0, 0), shift(-1, 0)),
        plus(shift(1, 0), shift(-1, 0), shift(0, 1), shift(0, -1), scaled(shift(0, 0), -4)),
    )
    now, old = scaled(times(parameter(0, 2), slope), 2), scaled(plus(shift(0, 0), scaled(times(parameter(1, 2), heat), 2)), -1)
    assert radius([shift(0, 0), now, old], np.array([[p, q]]))[0] == pytest.approx(expected, abs=1e-8)
    assert expected > 1 + 1e-4


def test_every_kind_is_drawn_and_the_same_again() -> None:
    drawn = [draw(SEED, number) for number in range(FEW)]
    assert {one.kind for one in drawn} == set(SHARE)
    assert drawn[7] == draw(SEED, 7)


def test_facts_are_about_its_parameters_and_hold_where_it_is_tried() -> None:
    supposed = [supposing(draw(SEED, number), SEED, number) for number in range(FEW)]
    assert all(one.facts and ("q" in one.names or not any("q" in fact for fact in one.facts)) for one in supposed)
    assert {fact for one in supposed for fact in one.facts} == set(FACTS)
    for one in supposed[:3]:
        places, beside = holding.places_of(one, SEED)
        assert len(places) == len(beside) <= 2 * holding.RAYS * len(holding.SIDES)
        assert all(FACTS[fact](dict(zip(one.names, places.T, strict=True))).all() for fact in one.facts)


def answering(monkeypatch: pytest.MonkeyPatch, holds: Callable[..., np.ndarray]) -> None:
    """The engine with another answer at numbers: of what it says itself, and p."""

    class Other:
        def __init__(self, right) -> None:
            self.right = right

        def __getattr__(self, name: str):
            return getattr(self.right, name)

        def holds(self, p: np.ndarray) -> np.ndarray:
            return holds(self.right.holds, p)

    right = derive.stability
    monkeypatch.setattr(derive, "stability", lambda *a, **k: Other(right(*a, **k)))


def test_a_wrong_condition_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: 1 % too wide."""
    drawn = replace(draw(SEED, 0), kind="heat", names=("p",), positive=("p",), levels=tuple(heat()))
    assert holding.hold(drawn, SEED).wrong == 0
    answering(monkeypatch, lambda right, p: right(p=p * 0.99))
    assert holding.hold(drawn, SEED).wrong > 3


def test_never_is_noticed_where_unit_roots_are_to_be_simple(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control, of three levels: the leapfrog of the wave equation said to be stable nowhere."""
    centred = scaled(minus(shift(1), shift(-1)), Fraction(1))
    leapfrog = (shift(0), times(parameter(0, 1), centred), scaled(shift(0), -1))
    drawn = replace(draw(SEED, 0), kind="leapfrog", names=("p",), positive=("p",), levels=leapfrog)
    assert holding.hold(drawn, SEED).wrong == 0
    answering(monkeypatch, lambda right, p: np.zeros(np.shape(p), bool))
    monkeypatch.setattr(holding, "grows", lambda levels, values: False)  # two seconds a point, and known here
    assert holding.hold(drawn, SEED).wrong > 10


def test_double_roots_on_the_circle_are_seen() -> None:
    """xi^2 - 2 (1 - p (1 - cos theta)) xi + 1: at theta = 0 whatever p is, and at pi for p = 1."""
    laplacian = plus(shift(1), scaled(shift(0), -2), shift(-1))
    wave = [shift(0), scaled(plus(scaled(shift(0), 2), times(parameter(0, 1), laplacian)), -1), shift(0)]
    assert nearest(wave, np.array([[0.3], [1.0]])).max() < holding.CLOSE
    centred = scaled(minus(shift(1), shift(-1)), Fraction(1))
    leapfrog = [shift(0), times(parameter(0, 1), centred), scaled(shift(0), -1)]
    apart = nearest(leapfrog, np.array([[0.5], [1.0]]))  # -i p sin theta +- sqrt(1 - p^2 sin^2 theta): they meet for p = 1
    assert apart[0] > 1
    assert apart[1] < holding.CLOSE


def of_each_kind() -> Iterator[Drawn]:
    """The first ones of which an edge is seen, since many are stable nowhere: two in one dimension, one in two."""
    for kind in SHARE:
        drawn = (one for number in range(FEW) if (one := draw(SEED, number)).kind == kind)
        yield from islice((one for one in drawn if holding.places_of(one, SEED)[1].any()), 2 if kind.startswith("1-D") else 1)


def test_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of each kind, a sixth of the points or more beside an edge; `make fuzz` takes as many as there is time for."""
    monkeypatch.setattr(holding, "RAYS", 3)
    found = [holding.hold(one, SEED, SECONDS) for one in of_each_kind()]
    assert {one.kind for one in found} == set(SHARE)
    assert [one.wrong for one in found] == [0] * len(found)
    points, near = sum(one.points for one in found), sum(one.near for one in found)
    assert points > 20 * len(found)
    assert near >= 4 * len(found)
    assert f"all: {len(found)} schemes" in summary(found)
    assert summary(found).endswith(f"{points} points, {near} beside the edge: 0 wrong")


def test_growth_where_the_newest_level_nearly_vanishes() -> None:
    """At theta = pi/2 the lead is 1 - p/4: within two degrees of it a factor is 75, and elsewhere none is above 1."""
    drawn = draw(62, 113)
    assert radius(drawn.levels, np.array([[4.012783539353862, 0.47118946514738486]]))[0] > 70
