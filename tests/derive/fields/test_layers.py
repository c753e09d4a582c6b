"""Networks of several layers: the induction, regimes, multipliers over frequency, coupling, the limit of strong decay."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derive import InputError, theorem
from derive.derivations import coupling, layer_hessian, layer_regimes, multilayer, stability_bounds, strong_decay
from derive.derivations.amplifier import amplifier
from derive.fields.calculus import Inner, gradient, variation
from derive.fields.layers import checked_layer, kernel, kernel_variation, kernels
from derive.fields.networks import deep_loss, layers, loss
from derive.fields.symbols import I, K, a, alpha, lr
from derive.flows.layer_code import layer_fields, layer_gradients, layer_loss, layer_products
from tests.derive.fields.test_calculus import POINTS, evaluate

PAIRS = [(depth, layer) for depth in range(1, 6) for layer in range(1, depth + 1)]
numbers = st.floats(-3, 3)


@pytest.mark.parametrize(("depth", "layer"), PAIRS)
def test_induction_equals_the_whole_network(depth: int, layer: int) -> None:
    assert sp.expand(multilayer.direct(depth, layer) - multilayer.by_recursion(depth, layer)) == 0


def test_one_layer_is_theorem_5_1() -> None:
    from derive.derivations import gradient_flow

    one = kernel(1)
    assert deep_loss([one]).xreplace({one: K}) == loss()
    assert sp.expand(multilayer.direct(1, 1).xreplace({one: K}) + gradient_flow.flow()) == 0


@pytest.mark.parametrize(("depth", "layer"), PAIRS[:6])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_gradient_is_the_adjoint_of_the_variation(depth: int, layer: int, seed: int) -> None:
    """<grad L, d> = dL[d] on random periodic fields: the dot test of the whole network."""
    draws = np.random.default_rng(seed).standard_normal((depth + 2, POINTS)) / 2
    values = dict(zip((I, kernel_variation(layer), *kernels(depth)), draws, strict=True))
    functional = deep_loss(kernels(depth)).subs(alpha, sp.Rational(7, 10))
    forward = evaluate(variation(functional, kernel(layer), kernel_variation(layer)), values)
    backward = np.sum(evaluate(gradient(functional, kernel(layer)), values) * values[kernel_variation(layer)])
    np.testing.assert_allclose(backward, forward, rtol=1e-10, atol=1e-10)


def test_last_layer_depends_on_itself_through_nothing_above() -> None:
    """g_L is 1, so the second part of the block vanishes there, and only there."""
    assert all((layer_hessian.parts(depth, layer)[1] == 0) == (layer == depth) for depth, layer in PAIRS[:6])


def test_every_part_of_the_variation_of_g_has_a_second_derivative() -> None:
    """Where r'' = 0 above, g_l does not move: dg_1 of a network of four layers, r'' of any argument set to zero."""
    own, direction = kernel(1), kernel_variation(1)
    varied = variation(multilayer.downward(4, 1), own, direction)
    flat = varied.replace(lambda e: getattr(e, "base", None) == "r" and e.order == 2, lambda _: sp.S.Zero)
    assert varied != 0
    assert flat == 0


REGIMES = {"swish": (1, 0), "silu": (1, 0), "softplus": (1, 0), "gelu": (1, 0), "sigmoid": (0, 0), "tanh": (0, 0)}


@pytest.mark.parametrize("name", list(REGIMES))
def test_regimes(name: str) -> None:
    assert layer_regimes.regime("activated", name) == REGIMES[name]
    assert layer_regimes.regime("not activated", name) == (0, 0)


def test_layerwise_curvature_is_theorem_5_4_with_a_l() -> None:
    ours = stability_bounds.edges(layer_regimes.bound())
    theirs = stability_bounds.edges(stability_bounds.bound())
    assert all(o == t.xreplace({a: layer_regimes.a_l}) for o, t in zip(ours, theirs, strict=True))
    factor = 1 - lr * (alpha + layer_regimes.layerwise_curvature())
    assert sp.expand(factor - amplifier().xreplace({a: layer_regimes.a_l})) == 0


def curvatures(fields: np.ndarray, slope: float, bend: float) -> np.ndarray:
    """F_1 over the grid's frequencies by the derived recursions: rows of `fields` are the image, K_2, ..., K_L."""
    t = theorem("eq-25")
    constant, feedback, curvature = (t.function("numpy", name) for name in ("constant", "feedback", "curvature"))
    powers = np.abs(np.fft.fft(fields, axis=-1)) ** 2
    g, s = 1.0, np.zeros(fields.shape[-1])
    for upper in range(len(fields) - 1, 0, -1):
        s = feedback(G_l=g, K_power=powers[upper], S_l=s, bend=bend, slope=slope)
        g = float(constant(G_l=g, K_sum=fields[upper].sum(), slope=slope))
    return curvature(G_l=g, S_l=s, a=1.0, bend=bend, power=powers[0], slope=slope)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(("slope", "bend"), [(0.5, 0.5), (1.0, 0.0), (0.7, -1.3)])
def test_curvature_over_frequency_against_dense_hessians(depth: int, slope: float, bend: float) -> None:
    """First layer at zero, kernels on the whole periodic grid, r(u) = r' u + r'' u^2/2: the recursion is exact there."""
    fields = np.random.default_rng(depth).standard_normal((depth, 7))
    shifts = torch.tensor([[(x + z) % 7 for z in range(7)] for x in range(7)])

    def pooled(first: torch.Tensor) -> torch.Tensor:
        field = torch.from_numpy(fields[0])
        for own in (first, *torch.from_numpy(fields[1:])):
            argument = field[shifts] @ own
            field = slope * argument + bend / 2 * argument**2
        return field.sum()

    hessian = torch.autograd.functional.hessian(pooled, torch.zeros(7, dtype=torch.float64))
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), np.sort(curvatures(fields, slope, bend)), rtol=1e-9, atol=1e-9)


def test_data_do_nothing_at_zero_from_three_layers_on() -> None:
    assert all(coupling.linear_part(3, i, j) == 0 for i in (1, 2, 3) for j in (1, 2, 3))
    assert [coupling.linear_part(2, n, n) for n in (1, 2)] == [0, 0]
    assert coupling.linear_part(2, 1, 2) != 0


@settings(max_examples=40)
@given(decay=numbers, c=st.floats(0, 3), step=st.floats(0.01, 3))
def test_joint_bound_against_eigenvalues(decay: float, c: float, step: float) -> None:
    radius = max(abs(1 - step * (decay + c)), abs(1 - step * (decay - c)))
    assume(abs(radius - 1) > 1e-9)
    assert coupling.bound().holds(alpha=decay, coupling=c, lr=step) == (radius < 1)


@settings(max_examples=40)
@given(decay=numbers, low=numbers, gap=st.floats(0, 3), step=st.floats(0.01, 3))
def test_strong_decay_bound_against_the_factor(decay: float, low: float, gap: float, step: float) -> None:
    factors = [1 - step * (decay + low), 1 - step * (decay + low + gap)]
    assume(all(abs(abs(f) - 1) > 1e-9 for f in factors))
    assert strong_decay.bound().holds(alpha=decay, F_min=low, F_max=low + gap, lr=step) == (max(map(abs, factors)) < 1)


def test_strong_decay_is_the_limit() -> None:
    assert strong_decay.limit() == 1


def test_generated_code_grows_with_the_depth_alone() -> None:
    """Common parts are shared: every layer adds the same lines, it does not double them."""
    lines = [len(layer_gradients(depth).source) for depth in (2, 4, 6)]
    assert lines[2] - lines[1] < 1.2 * (lines[1] - lines[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layer_gradients(0), "expected a number of layers of at least 1, got 0"),
        (lambda: layer_loss(2.0), "expected a number of layers of at least 1, got 2.0"),
        (lambda: layer_fields(2, "swich"), "unknown activation 'swich'"),
        (lambda: layer_products(2, 3), "expected a layer from 1 to 2, got 3"),
        (lambda: checked_layer(3, 0), "expected a layer from 1 to 3, got 0"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_layers_start_at_the_image() -> None:
    fields = layers(kernels(3))
    assert fields[0] == I
    assert [f.has(kernel(3)) for f in fields] == [False, False, False, True]
    assert Inner(kernel(1), kernel(1)) in deep_loss(kernels(3)).atoms(sp.Function)
