"""The Beltrami flow: gradient of its discrete loss, its spectrum at rest, and what its step sizes do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive import theorem
from derive.derivations import beltrami as theory
from derive.errors import InputError
from derive.fields.discretize import Stencil
from derive.fields.symbols import dx as spacing
from derive.fields.symbols import epsilon, fidelity
from derive.fields.symbols import f as given_image
from derive.fields.symbols import u as fitted
from numerics.pdes.differences import RIMS, Differences
from numerics.pdes.flows import beltrami
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict
from tests.examples import thoroughly
from tests.numerics.cases import normal

seeds = st.integers(0, 2**31)
positive = st.floats(0.05, 3)
rims = st.sampled_from(RIMS)
dimensions = st.sampled_from([1, 2, 3])
SHAPES = {1: (12,), 2: (6, 8), 3: (4, 4, 6)}
CHEQUERED = {d: torch.as_tensor((-1.0) ** np.add.reduce(np.indices(SHAPES[d]))) for d in SHAPES}


def step(name: str, **values: float) -> float:
    """A derived step size at dx = 1."""
    return float(theorem("eq-4").function("numpy", name)(dx=1.0, **values))


def energy(image, weight, rounding, dx=1.0, boundary="reflecting", dims=2):
    """Eq 4 on a grid, by hand: forward differences, the last one 0 or periodic."""

    def loss(state):
        axes = range(-dims, 0)
        ends = [state.narrow(axis, 0 if boundary == "circular" else state.shape[axis] - 1, 1) for axis in axes]
        slopes = [state.diff(dim=axis, append=end) / dx for axis, end in zip(axes, ends, strict=True)]
        return dx**dims * (weight / 2 * (state - image) ** 2 + (rounding**2 + sum(s**2 for s in slopes)).sqrt()).sum()

    return loss


@thoroughly(max_examples=25)
@given(seeds, dimensions, rims, positive, positive, positive)
def test_flow_is_minus_the_gradient_of_the_discrete_loss(seed, dims, boundary, weight, rounding, dx):
    image, state = normal(seed, SHAPES[dims]), normal(seed + 1, SHAPES[dims]).requires_grad_()
    (gradient,) = torch.autograd.grad(energy(image, weight, rounding, dx, boundary, dims)(state), state)
    flow = beltrami(image, weight, rounding, dx, boundary, dims)(state.detach())
    assert (flow + gradient / dx**dims).norm() <= 1e-12 * flow.norm()


@given(seeds, dimensions, rims, positive)
def test_divergence_is_minus_the_adjoint_of_the_gradient(seed, dims, boundary, dx):
    grid, field, flux = Differences(dims, dx, boundary), normal(seed, SHAPES[dims]), normal(seed + 1, (dims, *SHAPES[dims]))
    difference = (grid.gradient(field) * flux).sum() + (field * grid.divergence(flux)).sum()
    assert abs(difference) <= 1e-12 * field.norm() * flux.norm() / dx


@pytest.mark.parametrize("dims", [1, 2])
def test_flow_is_the_derived_stencil(dims):
    """Symbolic shifts against the generated torch code, at every point."""
    image, state = normal(0, SHAPES[dims]), normal(1, SHAPES[dims])
    at = {s: (lambda j, v=v: float(v[tuple(i % n for i, n in zip(j, v.shape, strict=True))])) for s, v in
          ((fitted, state), (given_image, image))}  # fmt: skip
    stencil, numbers = Stencil(dims, at), {fidelity: 0.7, epsilon: 0.2, spacing: 0.5}
    expected = [float(stencil(theory.flow(), j).subs(numbers)) for j in np.ndindex(*SHAPES[dims])]
    found = beltrami(image, 0.7, 0.2, 0.5, "circular", dims)(state)
    torch.testing.assert_close(found.flatten(), torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=1e-12)


@thoroughly(max_examples=15)
@given(st.sampled_from([1, 2]), positive, positive, st.floats(-3, 3))
def test_spectral_radius_on_flat_ground_is_one_at_the_worst_case_step(dims, weight, rounding, level):
    flat = torch.full(SHAPES[dims], level, dtype=torch.float64)
    flow = beltrami(normal(0, SHAPES[dims]), weight, rounding, 1.0, "circular", dims)
    jacobian = torch.autograd.functional.jacobian(flow, flat).reshape(flat.numel(), -1)
    worst = step("largest_step" if dims == 1 else "largest_step_2d", fidelity=weight, epsilon=rounding)
    factors = 1 + worst * torch.linalg.eigvalsh(jacobian)
    assert float(factors.abs().max()) == pytest.approx(1, abs=1e-12)


@thoroughly(max_examples=15)
@given(seeds, st.sampled_from([1, 2]), rims, positive, positive)
def test_loss_falls_at_every_step_below_the_worst_case_step(seed, dims, boundary, weight, rounding):
    image, start = 3 * normal(seed, SHAPES[dims]), 3 * normal(seed + 1, SHAPES[dims])
    worst = step("largest_step" if dims == 1 else "largest_step_2d", fidelity=weight, epsilon=rounding)
    loss = energy(image, weight, rounding, 1.0, boundary, dims)
    flow, look = beltrami(image, weight, rounding, 1.0, boundary, dims), {"loss": lambda u, _: loss(u)}
    losses = simulate(flow, start, 0.999 * worst, 200, observe=look).records["loss"]
    assert bool((losses.diff() <= 1e-13 * losses[:-1]).all())


def test_loss_rises_somewhere_above_it():
    """Negative control of the test above."""
    loss, flow = (make(torch.zeros(12), 1.0, 0.1, 1.0, "circular", 1) for make in (energy, beltrami))
    look = {"loss": lambda u, _: loss(u)}
    worst = step("largest_step", fidelity=1.0, epsilon=0.1)
    for factor, falls in ((0.999, True), (1.01, False)):
        losses = simulate(flow, 1e-3 * CHEQUERED[1], factor * worst, 50, observe=look).records["loss"]
        assert bool((losses.diff() <= 0).all()) == falls


@pytest.mark.parametrize("dims", [1, 2])
def test_oscillation_on_flat_ground_has_the_derived_amplitude(dims):
    weight, rounding = 1.0, 0.01
    suffix = "" if dims == 1 else "_2d"
    largest = step(f"largest_step{suffix}", fidelity=weight, epsilon=rounding)
    lrs = [times * largest for times in (1.2, 10, 100)]
    flow = beltrami(torch.full(SHAPES[dims], 2.0), weight, rounding, 1.0, "circular", dims)
    beside = torch.tensor(lrs, dtype=torch.float64).reshape(-1, *[1] * dims)
    found = simulate(flow, 2 + 1e-3 * CHEQUERED[dims], beside, 3000).final - 2
    residual = theorem("beltrami").function("numpy", f"residual{suffix}")
    for one, lr in zip(found, lrs, strict=True):
        derived = residual(lr=lr, dx=1.0, fidelity=weight, epsilon=rounding)
        torch.testing.assert_close(one.abs(), torch.full_like(one, float(derived)), rtol=1e-6, atol=0)


@thoroughly(max_examples=15)
@given(seeds, rims, st.sampled_from([1, 2]), st.floats(0.05, 1.95), positive)
def test_stays_within_reach_below_two_over_lambda(seed, boundary, dims, lr, rounding):
    """Any steepness, any multiple of the worst-case step: the bound is 2/lambda's alone."""
    image, suffix = 5 * normal(seed, SHAPES[dims]), "" if dims == 1 else "_2d"
    flow = beltrami(image, 1.0, rounding, 1.0, boundary, dims)
    final = simulate(flow, image, lr, 400).final
    reach = theorem("beltrami").function("numpy", f"reach{suffix}")(lr=lr, dx=1.0, fidelity=1.0)
    assert float((final - image).abs().max()) <= float(reach) * (1 + 1e-12)


@thoroughly(max_examples=15)
@given(seeds, rims, st.floats(2.01, 6), positive)
def test_two_states_part_beyond_two_over_lambda(seed, boundary, lr, rounding):
    flow = beltrami(normal(seed, (12,)), 1.0, rounding, 1.0, boundary, 1)
    first, second = normal(seed + 1, (12,)), normal(seed + 2, (12,))
    after = (first + lr * flow(first)) - (second + lr * flow(second))
    assert after.norm() >= (lr - 1) * (first - second).norm() * (1 - 1e-12)


def test_verdicts_on_either_side_of_both_edges():
    weight, rounding = 1.0, 0.02
    worst, blowup = step("largest_step", fidelity=weight, epsilon=rounding), 2 / weight
    lrs = torch.tensor([0.99 * worst, 1.5 * worst, 0.98 * blowup, 1.02 * blowup], dtype=torch.float64)[:, None]
    flow = beltrami(torch.zeros(32), weight, rounding, dims=1)
    start = normal(0, (32,)).expand(4, -1)
    found = verdict(simulate(flow, start, lrs, 2000, observe=motion_observers(1)).records)
    assert found.tolist() == ["stable", "restrained", "restrained", "unstable"]


def test_batch_over_parameters_equals_solo_runs(device):
    """Also where the batch is as long as the grid has dimensions: nothing is broadcast along the wrong axis."""
    image, states = normal(0, (5, 7)).to(device), normal(1, (2, 5, 7)).to(device)
    weights = torch.tensor([0.5, 2.0], dtype=torch.float64)[:, None, None]
    roundings = torch.tensor([0.1, 0.3], dtype=torch.float64)[:, None, None]
    for state in (states, states[0]):
        together = beltrami(image, weights, roundings)(state)
        for i in range(2):
            one = state[i] if state.ndim == 3 else state
            solo = beltrami(image, float(weights[i]), float(roundings[i]))(one)
            torch.testing.assert_close(together[i], solo, rtol=1e-14, atol=1e-14)


def test_one_dimension_is_a_row_of_two():
    """A 2-D image that does not vary along one axis flows as its rows do."""
    row = normal(3, (9,))
    two = beltrami(row.expand(4, 9), 0.7, 0.1)(2 * row.expand(4, 9))
    torch.testing.assert_close(two, beltrami(row, 0.7, 0.1, dims=1)(2 * row).expand(4, 9), rtol=1e-13, atol=1e-13)


def test_mean_approaches_that_of_the_image():
    """The divergence moves mass about, and makes none: the mean follows the fidelity term alone."""
    image, state = normal(0, (6, 6)), normal(1, (6, 6))
    for boundary in RIMS:
        rate = beltrami(image, 0.7, 0.1, boundary=boundary)(state).mean()
        assert float(rate) == pytest.approx(-0.7 * float((state - image).mean()), abs=1e-14)


BAD = [({"fidelity": 0.0}, "fidelity"), ({"epsilon": -1.0}, "epsilon"), ({"dx": math.nan}, "dx"), ({"dims": 4}, "dimensions")]


@pytest.mark.parametrize(("arguments", "message"), [*BAD, ({"boundary": "valid"}, "boundary")])
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        beltrami(torch.zeros(4, 4), **{"fidelity": 1.0, "epsilon": 0.1} | arguments)
