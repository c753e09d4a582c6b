"""Where the oracle of floats is blind: at round parameters, edges among them, and rational phases, in exact arithmetic.

e^(i theta) = (1 + i t)^2 / (1 + t^2) is a Gaussian rational for a rational t = tan(theta / 2), so that the amplification
polynomial has Gaussian rational coefficients and its verdict, multiple unit roots included, is exact.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp

from derive import Stability, stability
from derive.conditions.ways.schur import numeric_verdict
from derive.fields.phases import COSINES, SHIFTS
from derive.gallery import gallery
from tests.derive.textbook import STATEMENTS

TANGENTS = [None, *map(sp.Rational, ("0", "1", "-1", "1/2", "-1/2", "2", "1/3", "3", "1/7"))]  # None: theta = pi
PHASES = {1: 10, 2: 4, 3: 3}  # tangents per axis, by number of axes
FEW, MANY = 6, 40
QUICK = [
    *("heat-ftcs", "heat-theta", "heat-dufort-frankel", "heat-reaction", "upwind", "lax-wendroff", "beam-warming", "leapfrog"),
    *("implicit-upwind", "advection-diffusion-ftcs", "advection-diffusion-upwind", "leapfrog-dufort-frankel", "imex-euler"),
    *("wave", "wave-theta", "klein-gordon", "beam", "schroedinger-leapfrog", "heat-ab2", "upwind-2d", "leapfrog-2d"),
]


def turn(tangent: sp.Rational | None) -> sp.Expr:
    """e^(i theta) by tan(theta / 2)."""
    return -sp.S.One if tangent is None else sp.expand((1 + sp.I * tangent) ** 2 / (1 + tangent**2))


def round_points(key: str, count: int) -> list[dict[sp.Symbol, sp.Rational]]:
    """Halves, quarters, fifths and eighths in the ranges of a scheme's statement."""
    generator, scheme = np.random.default_rng(5), gallery[key].scheme
    found = []
    while len(found) < count:
        whole = int(generator.choice([2, 4, 5, 8]))
        ends = ((p, *STATEMENTS[key].ranges[str(p)]) for p in scheme.parameters)
        point = {p: sp.Rational(round(generator.uniform(low, high) * whole), whole) for p, low, high in ends}
        positive = all(value > 0 or not p.is_positive for p, value in point.items())
        if positive and scheme.assumptions.subs(point) == sp.true:
            found.append(point)
    return found


def qualifies(found: Stability, point: dict) -> bool:
    """Whether all rational phases looked at say stable: necessary, and exact."""
    axes = found.amplification.phases
    tangents = TANGENTS[: PHASES[len(axes)]] if axes else []
    for chosen in product(tangents, repeat=len(axes)):
        at = dict(point)
        for axis, tangent in zip(axes, chosen, strict=True):
            at |= {SHIFTS[axis]: turn(tangent), COSINES[axis]: sp.re(turn(tangent))}
        coefficients = [sp.expand(sp.expand(c).subs(at)) for c in found.polynomial.all_coeffs()]
        if coefficients[0] == 0 or not numeric_verdict(coefficients, found.grade):
            return False
    return True


def hold(key: str, count: int, grade: str | None = None) -> None:
    found = stability(gallery[key].scheme, grade)
    if found.status == "exact":
        stable = [p for p in round_points(key, count) if found.condition.subs(p) == sp.true]
        assert all(qualifies(found, point) for point in stable)


@pytest.mark.parametrize("key", QUICK)
def test_stable_at_round_numbers(key: str) -> None:
    hold(key, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("key", gallery)
def test_stable_at_many_round_numbers(key: str) -> None:
    hold(key, MANY)


@pytest.mark.slow
@pytest.mark.parametrize("grade", ["power-bounded", "von-neumann"])
@pytest.mark.parametrize("key", QUICK)
def test_stable_at_round_numbers_in_either_grade(key: str, grade: str) -> None:
    hold(key, MANY, grade)


def test_rational_phases_tell_the_grades_apart() -> None:
    """Negative control: the leapfrog at nu = 1, at theta = pi/2, has a double root on the circle."""
    found = {grade: stability(gallery["leapfrog"].scheme, grade) for grade in ("von-neumann", "power-bounded")}
    (nu,) = gallery["leapfrog"].scheme.parameters
    assert {grade: qualifies(f, {nu: sp.S.One}) for grade, f in found.items()} == {"von-neumann": True, "power-bounded": False}
