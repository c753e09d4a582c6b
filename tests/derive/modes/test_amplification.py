"""Amplification polynomials, against one step of the scheme on a single Fourier mode."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, amplification
from derive.fields.phases import COSINES, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import in_phases

r, q = sp.symbols("r q", real=True)
u = GridFunction("u", 1)


@settings(max_examples=30)
@given(
    theta=st.floats(-np.pi, np.pi),
    value=st.floats(-2, 2),
    weights=st.tuples(*[st.floats(-3, 3, allow_subnormal=False)] * 3),  # what floating point has in full is taken
)
def test_even_explicit_scheme_on_a_mode(theta: float, value: float, weights: tuple[float, ...]) -> None:
    """u' = sum_k a_k (u_k + u_-k): the mode exp(i j theta) is multiplied by the root of the polynomial."""
    stencil = {k: sp.Rational(a) for k, a in enumerate(weights)}
    right = sum(r * a * (u[0, k] + u[0, -k]) for k, a in stencil.items())
    lead, constant = (
        amplification(GridScheme(sp.Eq(u[1, 0], right))).polynomial.all_coeffs() if any(weights) and value else (1, 0)
    )
    factor = complex((-constant / lead).subs({r: value, COSINES[0]: np.cos(theta)})) if any(weights) and value else 0
    direct = sum(value * a * (np.exp(1j * k * theta) + np.exp(-1j * k * theta)) for k, a in enumerate(weights))
    assert factor == pytest.approx(complex(direct), abs=1e-9)


def test_advection_keeps_its_laurent_polynomial() -> None:
    found = amplification(GridScheme(sp.Eq(u[1, 0], u[0, 0] - r * (u[0, 0] - u[0, -1]))))
    assert found.box == {THETAS[0]: (-sp.pi, sp.pi)}
    assert found.polynomial.gens == (xi,)


def test_system_is_the_determinant() -> None:
    """u' = v, v' = -u: a rotation, xi^2 + 1."""
    first, second = GridFunction("u", 0), GridFunction("v", 0)
    found = amplification(GridScheme(sp.Eq(first[1], second[0]), sp.Eq(second[1], -first[0])))
    assert sp.expand(found.polynomial.as_expr() - (xi**2 + 1)) == 0


def test_shift_in_time_changes_nothing() -> None:
    early = GridScheme(sp.Eq(u[0, 0], r * u[-1, 1] + r * u[-1, -1]))
    late = GridScheme(sp.Eq(u[1, 0], r * u[0, 1] + r * u[0, -1]))
    assert amplification(early).polynomial == amplification(late).polynomial


def test_cosines_are_written_back_as_phases() -> None:
    assert in_phases(COSINES[0]).func == sp.cos
