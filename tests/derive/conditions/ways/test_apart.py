"""Roots near the circle told apart, against polynomials made of their roots."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from derive.conditions.ways.apart import ROOM, simple_on_the_circle

inside = st.builds(lambda size, angle: size * np.exp(1j * angle), st.floats(0, 0.95), st.floats(-np.pi, np.pi))
angles = st.floats(-np.pi, np.pi)


@given(roots=st.lists(inside, max_size=4), angle=angles, scale=st.floats(0.1, 10))
def test_one_on_the_circle_is_seen_to_be_alone(roots: list[complex], angle: float, scale: float) -> None:
    """Unless several of the others are nearly one, which takes more room."""
    gaps = [abs(a - b) for k, a in enumerate(roots) for b in roots[:k]]
    if min(gaps, default=1) > 0.1:
        assert simple_on_the_circle([scale * complex(c) for c in np.poly([*roots, np.exp(1j * angle)])], most=1)


@given(roots=st.lists(inside, max_size=3), pair=st.tuples(angles, angles), off=st.floats(0, ROOM / 2))
def test_two_near_the_circle_are_never_taken_for_one(roots: list[complex], pair: tuple[float, float], off: float) -> None:
    """Also where they are the same."""
    for first, second in (pair, pair[:1] * 2):
        both = [(1 - off) * np.exp(1j * first), np.exp(1j * second)]
        assert not simple_on_the_circle([complex(c) for c in np.poly([*roots, *both])], most=1)
