"""Conditions as a whole, at all parameters and phases, decided by a program that knows nothing of the engine.

Symbols are written by hand: x is 1 - cos(theta), a second difference is -2 x, a centred one i sin(theta), an upwind one
x + i sin(theta). Skipped where there is no qepcad.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derive import Stability, stability
from derive.gallery import gallery
from derive.reading.parse import parse_scheme
from experiments.fuzz.drawing import draw
from tests.qepcad import Part, agrees, c, decided, needs_qepcad, of_table, stable

pytestmark = needs_qepcad
mu, nu, m, r, s, theta = sp.symbols("mu nu m r s theta")
x, third = 1 - c, sp.Rational(1, 3)
SYMBOLS: dict[str, list] = {
    "advection-diffusion-ftcs": [(1, 0), (2 * r * x - 1, nu)],
    "advection-euler-third-order": [(1, 0), (nu * x**2 / 3 - 1, nu * (4 - c) / 3)],
    "airy-leapfrog": [(1, 0), (0, -4 * mu * x), (-1, 0)],
    "heat-theta": [(1 + 2 * r * theta * x, 0), (2 * r * (1 - theta) * x - 1, 0)],
    "implicit-upwind": [(1 + nu * x, nu), (-1, 0)],
    "lax-wendroff": [(1, 0), (nu**2 * x - 1, nu)],
    "leapfrog": [(1, 0), (0, 2 * nu), (-1, 0)],
    "leapfrog-lagged-diffusion": [(1, 0), (0, 2 * nu), (4 * r * x - 1, 0)],
    "sbdf2": [(3 + 4 * r * x, 0), (-4, 4 * nu), (1, -2 * nu)],
    "wave-theta": [(1 + 2 * nu**2 * theta * x, 0), (2 * nu**2 * (1 - 2 * theta) * x - 2, 0), (1 + 2 * nu**2 * theta * x, 0)],
}
MORE: dict[str, list] = {
    "advection-diffusion-upwind": [(1, 0), ((2 * r + nu) * x - 1, nu)],
    "advection-ftcs": [(1, 0), (-1, nu)],
    "beam": [(1, 0), (4 * r**2 * x**2 - 2, 0), (1, 0)],
    "cnab": [(1 + r * x, 0), (r * x - 1, 3 * nu / 2), (0, -nu / 2)],
    "heat-dufort-frankel": [(1 + 2 * r, 0), (-4 * r * c, 0), (2 * r - 1, 0)],
    "heat-fourth-order": [(1, 0), (third * r * x * (7 - c) - 1, 0)],
    "heat-reaction": [(1, 0), (2 * r * x + s - 1, 0)],
    "heat-richardson": [(1, 0), (4 * r * x, 0), (-1, 0)],
    "imex-euler": [(1 + 2 * r * x, 0), (-1, nu)],
    "klein-gordon": [(1, 0), (2 * nu**2 * x + m**2 - 2, 0), (1, 0)],
    "lax-friedrichs": [(1, 0), (-c, nu)],
    "leapfrog-dufort-frankel": [(1 + 2 * r, 0), (-4 * r * c, 2 * nu), (2 * r - 1, 0)],
    "leapfrog-fourth-order": [(1, 0), (0, 2 * third * nu * (4 - c)), (-1, 0)],
    "upwind": [(1, 0), (nu * x - 1, nu)],
    "wave": [(1, 0), (2 * nu**2 * x - 2, 0), (1, 0)],
    "wave-fourth-order": [(1, 0), (third * nu**2 * x * (7 - c) - 2, 0), (1, 0)],
}


def in_its_names(found: Stability, symbol: list) -> list[Part]:
    own = {p.name: p for p in found.parameters}
    entries = [[sp.sympify(e) for e in part] for part in symbol]
    return [tuple(e.xreplace({q: own[q.name] for q in e.free_symbols - {c}}) for e in part) for part in entries]


@pytest.mark.parametrize("key", [*SYMBOLS, *(pytest.param(key, marks=pytest.mark.slow) for key in MORE)])
def test_a_textbook_scheme(key: str) -> None:
    found = stability(gallery[key].scheme)
    assert found.status == "exact"
    assert agrees(found, in_its_names(found, (SYMBOLS | MORE)[key])) is True


def test_the_biharmonic_equation() -> None:
    fourth = "u[0,2] - 4*u[0,1] + 6*u[0,0] - 4*u[0,-1] + u[0,-2]"
    found = stability(parse_scheme(f"u[1,0] == u[0,0] - r*({fourth})", positive=["r"]))
    assert agrees(found, in_its_names(found, [(1, 0), (4 * r * x**2 - 1, 0)])) is True


@pytest.mark.parametrize(("key", "percent"), [("advection-diffusion-ftcs", 99), ("leapfrog", 101), ("sbdf2", 101)])
def test_a_condition_with_another_coefficient_is_refuted(key: str, percent: int) -> None:
    """Negative control: nu is one per cent larger or smaller than it may be."""
    found = stability(gallery[key].scheme)
    (own,) = (p for p in found.parameters if p.name == "nu")
    wrong = replace(found, condition=found.condition.subs(own, percent * own / 100))
    assert agrees(wrong, in_its_names(found, SYMBOLS[key])) is False


def test_another_grade_is_refuted() -> None:
    """Negative control: at nu = 1 the leapfrog's roots meet on the circle."""
    found = stability(gallery["leapfrog"].scheme)
    (own,) = found.parameters
    closed = replace(found, condition=(own <= 1) & (own >= -1))
    assert agrees(closed, in_its_names(found, SYMBOLS["leapfrog"])) is False
    assert agrees(replace(closed, grade="von-neumann"), in_its_names(found, SYMBOLS["leapfrog"])) is True


def test_what_is_not_answered_is_not_taken_for_an_answer() -> None:
    found = stability(gallery["cnab"].scheme)
    own = in_its_names(found, MORE["cnab"])
    claim = found.condition | stable(own, "von-neumann")
    assert decided(found.parameters, "E", sp.true, claim & sp.Not(stable(own, "power-bounded")), seconds=0.01) is None


def held(number: int, seed: int = 78, seconds: float = 20) -> bool | None:
    drawn = draw(seed, number)
    found = stability(parse_scheme(drawn.text(), positive=list(drawn.positive)), seconds=seconds)
    own = {p.name: p for p in found.parameters}
    names = [own.get(name, sp.Symbol(name, real=True)) for name in drawn.names]
    return agrees(found, of_table(drawn.levels, names), seconds=3) if found.status == "exact" else None


@pytest.mark.parametrize("number", [14, 20, 42])
def test_a_random_scheme(number: int) -> None:
    assert held(number) is True


@pytest.mark.slow
def test_random_schemes() -> None:
    """Of one phase and at most three levels; of the longest conditions nothing is said in time."""
    drawn = [number for number in range(30) if (one := draw(79, number)).dims == 1 and len(one.levels) <= 3]
    told = [held(number, seed=79, seconds=5) for number in drawn]
    assert False not in told
    assert told.count(True) > len(told) // 2
