"""Heun's step in two dimensions: exact where forward Euler's condition is needed, and only there."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, stability
from derive.conditions.closed_form import closed_form, domain_of
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.twice import condition, root
from derive.fields.phases import SHIFTS
from derive.gallery.operators import backward, centred, second
from derive.modes.amplification import amplification

p, q = sp.symbols("p q", real=True)
u = GridFunction("u", 2)
powers = st.dictionaries(
    st.tuples(st.integers(-2, 2), st.integers(-1, 1), st.integers(0, 1)), st.integers(-3, 3), min_size=1, max_size=4
)


def heun(change) -> GridScheme:
    """After two forward Euler steps, halfway back."""
    now = u[0, 0, 0]
    return GridScheme(u[1, 0, 0] - now - change(now) - change(change(now)) / 2)


def upwind(value: sp.Expr) -> sp.Expr:
    return -p * backward(value, 0) - q * backward(value, 1)


def test_upwind_along_two_axes() -> None:
    """p, q >= 0 and p + q <= 1: inside, outside, and on the edge, settled at numbers."""
    found = stability(heun(upwind))
    assert (found.status, found.grade) == ("exact", "power-bounded")
    exactly = AtNumbers(found.amplification)
    for at in [("1/3", "2/3"), ("1/3", "0.667"), ("1/4", "-1/100")]:
        place = {s.name: sp.Rational(value) for s, value in zip((p, q), at, strict=True)}
        claimed = bool(found.condition.subs({p: place["p"], q: place["q"]}))
        assert claimed == exactly.stable(place, "von-neumann")


def test_what_forward_euler_does_not_bear() -> None:
    """Centred advection with as much diffusion as is stable for Heun, and not for forward Euler: nothing is claimed."""
    change = lambda value: q * (second(value, 0) + second(value, 1)) - p * centred(value, 0)  # noqa: E731
    found = amplification(heun(change))
    place = {"p": sp.Rational(1, 2), "q": sp.Rational(1, 10)}
    assert place["p"] ** 2 > 2 * place["q"]
    assert AtNumbers(found).stable(place, "von-neumann")
    with pytest.raises(NoClosedForm):
        condition(found, (p, q), "von-neumann", domain_of(found), closed_form)


@settings(max_examples=20)
@given(powers, st.integers(1, 3), st.sampled_from([0, 1, -2]))
def test_square_roots(terms: dict, divisor: int, more: int) -> None:
    """Of squares of Laurent polynomials; what is added to one, in one place, makes it none."""
    v, w = SHIFTS[:2]
    factor = sum(c * v**i * w**j * p**k for (i, j, k), c in terms.items()) / divisor
    square = sp.expand(factor**2 + more * v**7)
    found = root(square)
    if more == 0 and square.free_symbols:
        assert found is not None
    assert found is None or sp.expand(found**2 - square) == 0
