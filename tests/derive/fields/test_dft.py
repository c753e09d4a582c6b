"""Rules of the Fourier transform, against numpy's FFT on random periodic fields."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.fields.calculus import Correlation, Windowed
from derive.fields.dft import Dirac, FrequencyConvolution, Ihat, Khat, What, transform, window_transform
from derive.fields.symbols import I, K, W, alpha, omega, power, width

POINTS = 6
SHAPE = (POINTS, POINTS)


def correlate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cross-correlation on the periodic grid by its definition."""
    cells = [(p, q) for p in range(POINTS) for q in range(POINTS)]
    return sum(first[p, q] * np.roll(second, (-p, -q), (0, 1)) for p, q in cells)


def space(expr: sp.Expr, fields: dict) -> np.ndarray:
    """Value of an expression in space."""
    if expr in fields:
        return fields[expr]
    args = [space(arg, fields) for arg in expr.args]
    match expr:
        case Correlation():
            return correlate(*args)
        case Windowed():
            return args[0] * fields[W]
        case sp.Add():
            return sum(np.broadcast_to(arg, SHAPE) for arg in args)
        case sp.Mul():
            return np.prod(np.broadcast_arrays(*args, np.ones(SHAPE)), 0)
    return np.full(SHAPE, 0.7 if expr == alpha else float(expr))


def frequency(expr: sp.Expr, fields: dict) -> np.ndarray:
    """Value of a transformed expression; the grid's N stands where the continuum has (2 pi)^2."""
    spectra = {Khat: np.fft.fft2(fields[K]), Ihat: np.fft.fft2(fields[I]), What: np.fft.fft2(fields[W])}
    if expr in spectra:
        return spectra[expr]
    if expr == power:
        return np.abs(spectra[Ihat]) ** 2
    if isinstance(expr, Dirac):
        return (np.indices(SHAPE).sum(0) == 0).astype(float)
    args = [frequency(arg, fields) for arg in expr.args]
    match expr:
        case FrequencyConvolution():
            return np.fft.fft2(np.fft.ifft2(args[0]) * np.fft.ifft2(args[1])) * POINTS**2
        case sp.conjugate():
            return args[0].conj()
        case sp.Add():
            return sum(np.broadcast_to(arg, SHAPE) for arg in args)
        case sp.Mul():
            return np.prod(np.broadcast_arrays(*args), 0)
        case sp.Pow():
            return args[0] ** args[1]
    return np.full(SHAPE, {sp.pi: POINTS / 2, alpha: 0.7}.get(expr) or float(expr))


EXPRESSIONS = [
    K + alpha * I,
    Correlation(K, I),
    Correlation(I, K),
    Correlation(Correlation(K, I), I),
    alpha + Correlation(K, K),
    Windowed(K),
    Windowed(alpha + 3 * Correlation(Correlation(K, I), I)),
]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_transform_commutes_with_evaluation(expr: sp.Expr, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fields = {K: rng.standard_normal(SHAPE), I: rng.standard_normal(SHAPE), W: (rng.random(SHAPE) < 0.4).astype(float)}
    np.testing.assert_allclose(frequency(transform(expr), fields), np.fft.fft2(space(expr, fields)), rtol=1e-9, atol=1e-9)


def test_double_correlation_is_the_power_spectrum() -> None:
    assert transform(Correlation(Correlation(K, I), I)) == Khat * power


def test_window_transform_against_quadrature() -> None:
    frequencies = sorted(window_transform().free_symbols - {width}, key=str)
    value = float(window_transform().subs({width: 3, frequencies[0]: 0.7, frequencies[1]: -1.9}))
    x = (np.arange(4000) + 0.5) / 4000 * 3 - 1.5
    sides = [np.cos(f * x).mean() * 3 for f in (0.7, -1.9)]
    assert value == pytest.approx(sides[0] * sides[1], rel=1e-6)
    assert omega not in window_transform().free_symbols
