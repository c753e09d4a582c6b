"""App. D.4: the linear part against exact matrices of small images, the bounds against roots."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import theorem
from derive.derivations import error_linearised, linearization
from derive.derivations.error_linearised import Kbar
from derive.errors import InputError
from derive.fields.activations import activation
from derive.fields.calculus import Correlation, Total
from derive.fields.symbols import A, I, Ibar, K, a, alpha, area, beta, lr, power
from derive.fields.windows import gram, response_matrix

NUMBERS = st.floats(0.05, 3)


def test_without_the_error_s_slope_it_is_theorem_5_2() -> None:
    constant = error_linearised.flow().subs(Kbar, 0)
    assert sp.expand(constant - linearization.flow()) == 0


@pytest.mark.parametrize("boundary", ["circular", "full"])
def test_integral_of_a_correlation_is_a_product(boundary: str) -> None:
    """Exactly, on small images: ones^T C = Ibar ones^T."""
    image = sp.Matrix(3, 4, range(1, 13))
    matrix = response_matrix(image, (2, 2), boundary)
    assert sp.ones(1, matrix.rows) * matrix == sum(image) * sp.ones(1, 4)
    assert error_linearised.separate(Total(Correlation(K, I))) == Ibar * Kbar


def test_integral_of_a_correlation_needs_its_boundary() -> None:
    """Negative control: with "valid" the kernel's cells see different parts of the image."""
    matrix = response_matrix(sp.Matrix(3, 4, range(1, 13)), (2, 2), "valid")
    assert len(set(sp.ones(1, matrix.rows) * matrix)) > 1


@pytest.mark.parametrize("label", [0, 1])
def test_flow_is_the_taylor_polynomial_of_the_loss(label: int) -> None:
    """Symbolic second derivatives of the loss of a 2x2 periodic image at K = 0."""
    image, weights = sp.Matrix([[1, 3], [-2, 5]]), sp.symbols("k0:4", real=True)
    matrix, swish = response_matrix(image, (2, 2), "circular"), activation("swish").expression.rewrite(sp.exp)
    (argument,) = swish.free_symbols - {beta}
    pooled = sum(swish.subs(argument, response) for response in matrix * sp.Matrix(weights))
    loss = sp.log(1 + sp.exp(pooled)) - label * pooled
    hessian = sp.hessian(loss, weights).subs(dict.fromkeys(weights, 0))
    of_gram, of_pooled = (c.subs(a, sp.Rational(1, 2) - label) for c in error_linearised.coefficients())
    derived = of_gram * gram(image, (2, 2), "circular") + of_pooled * sum(image) ** 2 * sp.ones(4, 4)
    assert (hessian - derived).applyfunc(sp.simplify) == sp.zeros(4, 4)


def test_amplifiers_are_those_of_the_whole_grid() -> None:
    """Exact eigenvalues of a 2x2 grid that the kernel fills, at rational numbers."""
    image, values = (
        sp.Matrix([[1, 3], [-2, 5]]),
        {a: sp.Rational(1, 3), beta: 2, alpha: sp.Rational(1, 5), lr: sp.Rational(1, 7)},
    )
    of_gram, of_pooled = error_linearised.coefficients()
    drive = of_gram * gram(image, (2, 2), "circular") + of_pooled * sum(image) ** 2 * sp.ones(4, 4)
    step = (sp.eye(4) * (1 - lr * alpha) - lr * drive).subs(values)
    modes = [sp.Matrix([1, s, t, s * t]) for s in (1, -1) for t in (1, -1)]
    spectrum = [sum(v * p for v, p in zip(mode, image, strict=True)) ** 2 for mode in modes]
    factors = [error_linearised.amplifier(k == 0).subs({power: p, Ibar: sum(image), area: 4}) for k, p in enumerate(spectrum)]
    for mode, factor in zip(modes, factors, strict=True):
        assert step * mode == factor.subs(values) * mode


def test_activations_differ_in_both_coefficients() -> None:
    assert error_linearised.coefficients("tanh") == (0, sp.Rational(1, 4))  # r'' = 0, r' = 1
    assert error_linearised.coefficients("silu") == (a / 4 * 2, sp.Rational(1, 16))
    with pytest.raises(InputError, match="'relu' has no derivative"):
        error_linearised.coefficients("relu")


@cache
def code(name: str | None = None) -> Callable:
    """Generated once, and not for each example."""
    return theorem("D.4").function("numpy", name)


@settings(max_examples=40)
@given(st.floats(-2, 2), NUMBERS, NUMBERS, st.floats(-3, 3), st.integers(2, 50), NUMBERS, NUMBERS)
def test_bounds_are_the_edges_of_the_factors(error, sharpness, step, integral, cells, low, gap) -> None:
    known = {"a": error, "beta": sharpness, "image_integral": integral}
    at_zero, elsewhere = (code(f"amplifier_{name}") for name in ("at_zero", "elsewhere"))
    ends = code()(lr=step, area=cells, power_min=low, power_max=low + gap, **known)
    alpha_min, alpha_max = map(float, ends)

    def radius(decay: float) -> float:
        others = elsewhere(a=error, beta=sharpness, alpha=decay, lr=step, power=np.linspace(low, low + gap, 7))
        return max(np.abs(others).max(), abs(float(at_zero(alpha=decay, lr=step, area=cells, **known))))

    width = alpha_max - alpha_min
    if abs(width) < 1e-6:
        return
    inside = [alpha_min + abs(width) * 1e-3, alpha_max - abs(width) * 1e-3]
    assert all((radius(decay) < 1) == (width > 0) for decay in inside)
    assert radius(alpha_min - abs(width) * 1e-3) > 1
    assert radius(alpha_max + abs(width) * 1e-3) > 1


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 5), st.sampled_from([-0.5, 0.5]))
def test_windows_lie_within_the_grid_and_between_neighbours(seed: int, side: int, error: float) -> None:
    """Cauchy and Weyl, as the last step states them, on a 5x5 periodic image."""
    image = np.random.default_rng(seed).standard_normal((5, 5))
    rows = [np.roll(image, (-p, -q), (0, 1)).ravel() for p in range(5) for q in range(5)]
    whole, inside = np.array(rows), [5 * p + q for p in range(side) for q in range(side)]
    matrix = (error / 2 * whole @ whole.T)[np.ix_(inside, inside)]
    alone, both = (np.linalg.eigvalsh(m) for m in (matrix, matrix + image.sum() ** 2 / 16))
    powers = np.abs(np.fft.fft2(image)).ravel() ** 2 * error / 2
    powers[0] += 25 * image.sum() ** 2 / 16
    slack = 1e-9 * np.abs(powers).max()
    assert powers.min() - slack <= both[0]
    assert both[-1] <= powers.max() + slack
    assert (alone <= both + slack).all()
    assert (both[:-1] <= alone[1:] + slack).all()


def test_signed_cases_are_the_general_bounds() -> None:
    general = theorem("D.4").function("numpy")
    for sign in (-1, 1):
        known = {"a": 0.4 * sign, "beta": 1.5, "lr": 0.1, "image_integral": 2.0, "area": 9, "power_min": 0.5, "power_max": 7.0}
        cases = [float(edge.subs({s: known[s.name] for s in edge.free_symbols})) for edge in error_linearised.for_sign(sign)]
        assert cases == pytest.approx([float(edge) for edge in general(**known)], rel=1e-12)


def test_only_the_mode_at_zero_has_moved() -> None:
    assert error_linearised.amplifier(False) == theorem("5.3").outputs["amplifier"][0]
    assert error_linearised.shift() == -lr * area * Ibar**2 / 16
    assert A not in error_linearised.shift().free_symbols
