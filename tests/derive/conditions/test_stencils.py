"""Random schemes: the engine's verdict is that of one-step matrices, whatever the stencil."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, stability
from derive.conditions.sampling import RESOLUTION
from tests.oracles import spectral_radius, verdict

r, nu = sp.symbols("r nu", real=True)
u, v, p = GridFunction("u", 1), GridFunction("v", 1), GridFunction("p", 2)
SECONDS = 1.0
SIZES = np.concatenate([s * 10.0 ** np.linspace(-1.7, 0.5, 12) for s in (1, -1)])
OFFSETS = {2: (-1, 1), 4: (-2, -1, 1, 2)}
AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1))

Weights = tuple[sp.Rational, ...]
eighths = st.integers(-8, 8).map(lambda k: sp.Rational(k, 8))
three = st.tuples(eighths, eighths)
five = st.tuples(eighths, eighths, eighths, eighths)
past = st.sampled_from([sp.S.Zero, sp.S.One, sp.S.Half, -sp.Rational(1, 3)])  # weight of the old level; -1/3 is BDF2


def differences(weights: tuple[sp.Rational, ...], level: int, unknown: GridFunction = u) -> sp.Expr:
    """Weighted differences to the neighbours, zero on constants."""
    here = unknown[level, 0]
    return sp.Add(*(w * (unknown[level, j] - here) for w, j in zip(weights, OFFSETS[len(weights)], strict=True)))


def explicit(weights: Weights) -> GridScheme:
    return GridScheme(u[1, 0] - u[0, 0] - r * differences(weights, 0))


def implicit(old: Weights, new: Weights) -> GridScheme:
    """Not (1 - x) u' = (1 - x) u: where 1 - x is zero it determines nothing, and no factor shows it."""
    assume(any(a + b for a, b in zip(old, new, strict=True)))
    return GridScheme(u[1, 0] - u[0, 0] - r * (differences(old, 0) + differences(new, 1)))


def three_levels(now: Weights, old: Weights, share: sp.Rational) -> GridScheme:
    change = u[1, 0] - (1 - share) * u[0, 0] - share * u[-1, 0]
    return GridScheme(change - r * (differences(now, 0) + differences(old, -1)))


def implicit_three_levels(new: Weights, now: Weights, old: Weights, share: sp.Rational) -> GridScheme:
    change = u[1, 0] - (1 - share) * u[0, 0] - share * u[-1, 0]
    return GridScheme(change - r * (differences(new, 1) + differences(now, 0) + differences(old, -1)))


def complex_coefficients(now: Weights, turned: Weights, new: Weights) -> GridScheme:
    return GridScheme(u[1, 0] - u[0, 0] - r * (differences(now, 0) + sp.I * differences(turned, 0) + differences(new, 1)))


def two_parameters(first: Weights, second: Weights) -> GridScheme:
    return GridScheme(u[1, 0] - u[0, 0] - r * differences(first, 0) - nu * differences(second, 0))


def system(diagonal: Weights, upper: Weights, lower: Weights) -> GridScheme:
    first = u[1, 0] - u[0, 0] - r * (differences(diagonal, 0) + differences(upper, 0, v))
    second = v[1, 0] - v[0, 0] - r * (differences(lower, 1) + differences(diagonal, 0, v))
    return GridScheme(first, second)


def two_dimensions(weights: Weights) -> GridScheme:
    here = p[0, 0, 0]
    return GridScheme(p[1, 0, 0] - here - r * sum(w * (p[0, *j] - here) for w, j in zip(weights, AROUND, strict=True)))


KINDS = {
    "explicit": st.builds(explicit, st.one_of(three, five)),
    "implicit": st.builds(implicit, three, three),
    "three levels": st.builds(three_levels, three, three, past),
    "implicit, three levels": st.builds(implicit_three_levels, three, five, three, past),
    "complex": st.builds(complex_coefficients, three, three, three),
    "two parameters": st.builds(two_parameters, three, three),
    "system": st.builds(system, three, three, three),
    "two dimensions": st.builds(two_dimensions, five),
}


def hold(scheme: GridScheme, seed: int) -> None:
    """The engine against the oracle, in the grade that the oracle knows."""
    assume(scheme.parameters)
    generator = np.random.default_rng(seed)
    values = {str(q): generator.permutation(SIZES) for q in scheme.parameters}
    found = stability(scheme, "von-neumann", seconds=SECONDS)
    note(f"{scheme}: {found.condition}")
    stable, sure = verdict(scheme, values)
    claimed = np.broadcast_to(found.holds(**{str(q): values[str(q)] for q in found.parameters}), stable.shape)
    disputed = (claimed != stable) & sure
    if found.status == "exact":
        assert not disputed.any()
    elif disputed.any():  # right to its resolution, and then on the weak side
        assert claimed[disputed].all()
        assert (spectral_radius(scheme, {n: x[disputed] for n, x in values.items()}) < 1 + RESOLUTION).all()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3)
@given(data=st.data(), seed=st.integers(0, 99))
def test_random_schemes(kind: str, data: st.DataObject, seed: int) -> None:
    hold(data.draw(KINDS[kind]), seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80)
@given(data=st.data(), seed=st.integers(0, 99))
def test_many_random_schemes(kind: str, data: st.DataObject, seed: int) -> None:
    hold(data.draw(KINDS[kind]), seed)
