"""Calculus of correlations: adjoints and gradients, as identities on random arrays."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.fields.calculus import Convolution, Correlation, Inner, Total, expand_linear, pointwise
from derive.fields.networks import loss
from derive.fields.symbols import Field, I, K, alpha, dK
from tests.derive.fields.adjoints import both_sides, remainders

POINTS = 5
J = Field("J", real=True)
M = Field("M", real=True)
r = pointwise("r")
s = pointwise("s")


def evaluate(expr: sp.Expr, fields: dict[sp.Symbol, np.ndarray]) -> np.ndarray | float:
    """Value on a periodic line of points, each operator by its definition."""
    if expr in fields:
        return fields[expr]
    args = [evaluate(arg, fields) for arg in expr.args]
    n = range(POINTS)
    match expr:
        case Correlation():
            return np.array([sum(args[0][z] * args[1][(x + z) % POINTS] for z in n) for x in n])
        case Convolution():
            return np.array([sum(args[0][z] * args[1][(x - z) % POINTS] for z in n) for x in n])
        case Total():
            return np.sum(args[0] * np.ones(POINTS))
        case Inner():
            return np.sum(args[0] * args[1])
    functions = {"r": np.tanh, "r'": lambda u: 1 / np.cosh(u) ** 2, "s": np.sin, "s'": np.cos}
    if type(expr).__name__ in functions:
        return functions[type(expr).__name__](args[0])
    if type(expr).__name__ in ("ell", "ell'"):
        return args[0] ** 2 if type(expr).__name__ == "ell" else 2 * args[0]
    if expr == alpha:
        return 0.7
    if expr.is_Add or expr.is_Mul:
        return np.sum(np.broadcast_arrays(*args), 0) if expr.is_Add else np.prod(np.broadcast_arrays(*args), 0)
    if expr.is_Pow:
        return args[0] ** args[1]
    return float(expr)


def fields(seed: int) -> dict[sp.Symbol, np.ndarray]:
    return dict(zip((K, I, J, M, dK), np.random.default_rng(seed).standard_normal((5, POINTS)) / 2, strict=True))


FUNCTIONALS = [
    Inner(Correlation(K, I), J),
    Inner(Correlation(I, K), J),
    Inner(Convolution(K, I), J),
    Inner(Convolution(I, K), J),
    Total(r(Correlation(K, I)) * J),
    s(Total(r(Correlation(K, I)))) + Inner(K, K),
    Total(r(Correlation(M, r(Correlation(K, I))))),
    s(Total(K)) * Inner(K, J),
    Total(s(Total(K * J)) * K**2),
    loss(),
]


@pytest.mark.parametrize("functional", FUNCTIONALS, ids=str)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_gradient_is_the_adjoint_of_the_variation(functional: sp.Expr, seed: int) -> None:
    """<grad F, d> = dF[d] for random fields: the adjoint dot test of every rule."""
    backward, forward = both_sides(functional, K, dK, fields(seed), evaluate)
    np.testing.assert_allclose(backward, forward, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("functional", FUNCTIONALS, ids=str)
def test_variation_is_the_derivative(functional: sp.Expr) -> None:
    """Taylor test: the remainder of F(K + e d) shrinks with the square of e."""
    rest = remainders(functional, K, dK, fields(0), evaluate, (1e-2, 1e-3))
    assert rest[0] < 1e-13 or np.log10(rest[0] / max(rest[1], 1e-17)) > 1.8


@given(seed=st.integers(0, 2**32 - 1))
def test_linear_expansion_changes_nothing(seed: int) -> None:
    expr = Correlation(3 * alpha * K + J * Total(M), I) + Correlation(alpha, I) + Inner(2 * K, J + M)
    values = fields(seed)
    np.testing.assert_allclose(evaluate(expand_linear(expr), values), _with_constant(expr, values), rtol=1e-9, atol=1e-11)


def _with_constant(expr: sp.Expr, values: dict) -> np.ndarray:
    """Like `evaluate`, with the constant field alpha spelled out."""
    constant = Field("ones", real=True)
    return evaluate(expr.subs(Correlation(alpha, I), Correlation(constant, I)), {**values, constant: 0.7 * np.ones(POINTS)})


def test_operators_vanish_on_zero() -> None:
    assert Correlation(0, I) == Inner(K, 0) == Total(0) == 0


def test_unspecified_functions_differentiate_by_primes() -> None:
    u = sp.Symbol("u")
    assert str(r(u).diff(u, 2)) == "r''(u)"
    assert sp.diff(s(u**2), u) == 2 * u * pointwise("s", None, 1)(u**2)
