"""One explicit step on a star, against the amplification factor itself at many phases and beside the edge."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, stability
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.star import condition, weights
from derive.modes.amplification import amplification

p, q = sp.symbols("p q", real=True)
eighth = sp.Rational(1, 8)
side = st.tuples(st.integers(-8, 8), st.integers(-8, 8))
sides = st.sampled_from([2, 3]).flatmap(lambda axes: st.lists(st.tuples(side, side), min_size=axes, max_size=axes))


def star(parts: list[tuple[sp.Expr, sp.Expr]]) -> GridScheme:
    """Neighbours behind and ahead along every axis, with these weights."""
    u = GridFunction("u", len(parts))
    at = lambda time, axis=0, step=0: u[(time, *(step if k == axis else 0 for k in range(len(parts))))]  # noqa: E731
    change = sum(w * (at(0, k, step) - at(0)) for k, pair in enumerate(parts) for w, step in zip(pair, (-1, 1), strict=True))
    return GridScheme(at(1) - at(0) - change)


def growth(numbers: np.ndarray) -> float:
    """The largest |xi| - 1 of weights (axes, 2): at phases in steps of pi/24, and of long waves, also the worst."""
    axes = len(numbers)
    steps = np.linspace(-np.pi, np.pi, 49 if axes == 2 else 17)
    phases = np.stack(np.meshgrid(*[steps] * axes), -1).reshape(-1, axes)
    worst = np.linalg.eigh(np.diag(numbers.sum(1)) - np.outer(*[numbers[:, 1] - numbers[:, 0]] * 2))[1].T
    turned = np.exp(1j * np.concatenate([phases, phases / 50, worst / 1000])) - 1
    return float(np.abs(1 + turned.conj() @ numbers[:, 0] + turned @ numbers[:, 1]).max() - 1)


@settings(max_examples=6)
@given(sides, st.floats(0.05, 1.5), st.floats(0, 6.28))
def test_any_weights(eighths: list[tuple[tuple[int, int], tuple[int, int]]], size: float, angle: float) -> None:
    """In two parameters, in two and three dimensions."""
    mixed = [tuple(eighth * (a * p + b * q) for a, b in pair) for pair in eighths]
    scheme = star(mixed)
    place = {p: size * np.cos(angle), q: size * np.sin(angle)}
    excess = growth(np.array([[float(sp.sympify(w).subs(place)) for w in pair] for pair in mixed]))
    try:
        claimed = bool(condition(amplification(scheme), Domain.of([p, q])).subs(place))
    except NoClosedForm:  # along some axis all weights are zero
        return
    assert excess < 1e-12 if claimed else excess > 0


def test_a_step_of_random_weights_beside_its_edge() -> None:
    """From inside to outside at the one place on a ray that the condition names."""
    scheme = star([(p + 5 * eighth * q, eighth * q), (-7 * eighth * p - eighth * q, 6 * eighth * p + 2 * eighth * q)])
    found = stability(scheme)
    assert (found.status, found.grade) == ("exact", "power-bounded")
    seen = set()
    for angle in np.linspace(0, 2 * np.pi, 9, endpoint=False):
        sizes = np.geomspace(1e-3, 4, 24)
        place = {"p": sizes * np.cos(angle), "q": sizes * np.sin(angle)}
        one, other = place["p"], place["q"]
        behind, ahead = [one + 5 / 8 * other, -7 / 8 * one - other / 8], [other / 8, 3 / 4 * one + other / 4]
        numbers = np.stack([behind, ahead], -1).transpose(1, 0, 2)
        excess = np.array([growth(part) for part in numbers])
        sure = (excess <= 1e-13) | (excess > 1e-10)
        assert (found.holds(**place) == (excess <= 1e-13))[sure].all()
        seen |= set((excess <= 1e-13)[sure])
    assert seen == {True, False}


def test_other_steps_are_no_star() -> None:
    """Weights far away, between the axes, at the new level, or that do not keep constants."""
    u = GridFunction("u", 2)
    new, now = u[1, 0, 0], u[0, 0, 0]
    for step in (
        new - now - p * (u[0, 2, 0] - now) - q * (u[0, 0, 1] - now),
        new - now - p * (u[0, 1, 1] - now) - q * (u[0, 0, 1] - now),
        new - now - p * (u[1, 1, 0] - new) - q * (u[0, 0, 1] - now),
        new - now - p * (u[0, 1, 0] - 2 * now) - q * (u[0, 0, 1] - now),
    ):
        with pytest.raises(NoClosedForm):
            weights(amplification(GridScheme(step)))
