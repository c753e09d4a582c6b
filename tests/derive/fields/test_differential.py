"""Gradient, divergence and their discretisation: adjoints, gradients and stencils as identities on random arrays."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.derivations import beltrami
from derive.fields.calculus import Dot, Inner, Total, expand_linear
from derive.fields.differential import Div, Grad
from derive.fields.discretize import Stencil
from derive.fields.symbols import du, dx, f, u
from derive.printing.text import latex, pretty
from tests.derive.fields.adjoints import both_sides, remainders

SHAPE = (4, 5)
FUNCTIONALS = [
    Inner(Div(Grad(u)), f),
    Total(sp.sqrt(1 + Dot(Grad(u), Grad(u)))),
    Total(sp.sin(Dot(Grad(u), Grad(f)) * u)),
    Total(Div(u * Grad(u)) ** 2) + Total(u) ** 2,
    beltrami.loss().subs({beltrami.fidelity: sp.Rational(7, 10), beltrami.epsilon: sp.Rational(1, 5)}),
]


def evaluate(expr: sp.Expr, fields: dict[sp.Symbol, np.ndarray]) -> np.ndarray | float:
    """Value on a periodic grid, dx = 1; a vector field has its components first."""
    if expr in fields:
        return fields[expr]
    args = [evaluate(arg, fields) for arg in expr.args]
    match expr:
        case Grad():
            return np.array([np.roll(args[0], -1, axis) - args[0] for axis in range(2)])
        case Div():
            return sum(p - np.roll(p, 1, axis) for axis, p in enumerate(args[0]))
        case Dot():
            return (args[0] * args[1]).sum(0)
        case Total():
            return np.sum(args[0] * np.ones(SHAPE))
        case Inner():
            return np.sum(args[0] * args[1])
        case sp.sin() | sp.cos():
            return getattr(np, type(expr).__name__)(args[0])
    if expr.is_Add or expr.is_Mul:
        return (np.add if expr.is_Add else np.multiply).reduce(np.broadcast_arrays(*args), axis=0)
    return args[0] ** args[1] if expr.is_Pow else float(expr)


def random(seed: int) -> dict[sp.Symbol, np.ndarray]:
    return dict(zip((u, f, du), np.random.default_rng(seed).standard_normal((3, *SHAPE)), strict=True))


@pytest.mark.parametrize("functional", FUNCTIONALS, ids=str)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_gradient_is_the_adjoint_of_the_variation(functional: sp.Expr, seed: int) -> None:
    """The adjoint dot test of every rule: integration by parts holds for the sum as it does for the integral."""
    backward, forward = both_sides(functional, u, du, random(seed), evaluate)
    np.testing.assert_allclose(backward, forward, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("functional", FUNCTIONALS, ids=str)
def test_variation_is_the_derivative(functional: sp.Expr) -> None:
    """Taylor test: the remainder shrinks with the square of the step."""
    rest = remainders(functional, u, du, random(0), evaluate, (1e-3, 1e-4))
    assert rest[0] < 1e-12 or np.log10(rest[0] / rest[1]) > 1.8


@given(seed=st.integers(0, 2**32 - 1))
def test_linear_expansion_changes_nothing(seed: int) -> None:
    expr = Div(3 * Grad(u) * f + Grad(u + 2 * f) / 2) + Dot(Grad(3 * u), Grad(f) + Grad(du))
    np.testing.assert_allclose(evaluate(expand_linear(expr), random(seed)), evaluate(expr, random(seed)), atol=1e-12)


@pytest.mark.parametrize("expr", [beltrami.flow(), Div(Grad(u)), Dot(Grad(u), Grad(f))], ids=str)
def test_stencil_is_the_operator_on_arrays(expr: sp.Expr) -> None:
    """One expression by two readings: symbolic shifts, and rolled arrays."""
    expr = expr.subs({beltrami.fidelity: sp.Rational(7, 10), beltrami.epsilon: sp.Rational(1, 5)})
    values = random(1)
    at = {s: (lambda j, a=values[s]: sp.Float(a[j[0] % SHAPE[0], j[1] % SHAPE[1]])) for s in (u, f)}
    stencil = Stencil(2, at)
    found = [[float(stencil(expr, (i, j)).subs(dx, 1)) for j in range(SHAPE[1])] for i in range(SHAPE[0])]
    np.testing.assert_allclose(found, evaluate(expr, values), rtol=1e-12, atol=1e-12)


def test_laplacian_is_the_central_second_difference() -> None:
    v = sp.Function("v")
    found = Stencil(1, {u: lambda j: v(*j)})(Div(Grad(u)))
    assert sp.simplify(found - (v(-1) - 2 * v(0) + v(1)) / dx**2) == 0


def test_operators_vanish_on_zero_and_print() -> None:
    assert Grad(0) == Div(0) == Dot(0, Grad(u)) == 0
    assert Dot(Grad(f), Grad(u)) == Dot(Grad(u), Grad(f))
    assert latex(Div(Grad(u))) == r"\operatorname{div}\left(\nabla u\right)"
    assert latex(Grad(u + f)) == r"\nabla \left(f + u\right)"
    assert pretty(Dot(Grad(u), Grad(u))).splitlines()[1] == "│∇u│"
