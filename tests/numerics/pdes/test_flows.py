from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.common.checks import BOUNDARIES
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import heat, linear, nonlinear, nonlinear_loss
from numerics.pdes.simulate import simulate
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import correlations, normal

seeds = st.integers(0, 2**31)
positive = st.floats(0.1, 3)


@thoroughly(max_examples=25)
@given(correlations(dtypes=(torch.float64,)), seeds, positive, positive, st.sampled_from([0.0, 1.0]))
def test_nonlinear_flow_is_minus_the_gradient_of_its_loss(c, seed, alpha, beta, y):
    kernel = normal(seed, c.kernel_shape).requires_grad_()
    gradient = torch.autograd.grad(nonlinear_loss(c, alpha, beta, y)(kernel), kernel)[0]
    difference = (nonlinear(c, alpha, beta, y)(kernel.detach()) + gradient).norm()
    assert difference <= 1e-12 * (1 + gradient.norm() + c.image.norm() ** 2)


def test_first_steps_equal_those_by_convolution_and_autograd():
    image, kernel = normal(1, (40, 40)), normal(2, (7, 7))
    path = simulate(nonlinear(Correlation(image, 7, pooling="mean"), 20.0, 1.0, 1.0), kernel, 0.02, 20).final
    oracle = simulate(lambda k: oracles.convolution_flow(k, image, 20.0, 1.0, 1.0), kernel, 0.02, 20).final
    assert (path - oracle).norm() <= 1e-12 * oracle.norm()


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_linear_flow_is_the_linearised_nonlinear_one(boundary):
    """Negative control included: the difference falls by 4 when the kernel is halved, not by 2."""
    c = Correlation(normal(3, (9, 9)) / 9, 3, boundary)
    kernel, alpha, beta, y = normal(4, (3, 3)), 0.7, 1.3, 1.0
    flow = linear(c, 0.5 - y, beta, alpha)
    # The nonlinear flow with its output error frozen at a = s(0) - y, as Thm 5.2 has it.
    frozen = lambda k: torch.autograd.functional.jvp(lambda h: _data_term(c, h, beta), k, torch.zeros_like(k))[0]  # noqa: E731
    gaps = [(flow(e * kernel) + (0.5 - y) * frozen(e * kernel) + alpha * e * kernel).norm() for e in (1e-3, 5e-4)]
    assert 7 <= float(gaps[0] / gaps[1]) <= 9


def _data_term(c: Correlation, kernel, beta: float):
    """r'(K * I) * I for Swish: its second derivative at 0 is beta/2, its third 0, so the gap above is cubic."""
    x = c(kernel)
    s = torch.sigmoid(beta * x)
    return c.adjoint(s + beta * x * s * (1 - s))


def test_unforced_linear_flow_is_homogeneous():
    c, kernel = Correlation(normal(0, (8, 8)), 3), normal(1, (3, 3))
    flow = linear(c, -0.5, 1.0, 2.0, forced=False)
    assert torch.allclose(flow(2 * kernel), 2 * flow(kernel), rtol=1e-13)
    forced = linear(c, -0.5, 1.0, 2.0)
    assert torch.allclose(forced(kernel) - flow(kernel), forced(torch.zeros_like(kernel)), rtol=1e-10)


@pytest.mark.parametrize("size", [16, 200])
def test_batch_over_parameters_equals_solo_runs(size, device):
    """Both below and above the size at which a CPU takes the members one at a time."""
    c = Correlation(checkerboard(size).to(device), 6, pooling="mean")
    kernels = normal(0, (3, 1, 6, 6)).to(device)
    alpha = torch.tensor([1.0, 20.0], dtype=torch.float64, device=device)[:, None, None]
    together = nonlinear(c, alpha, 1.0, 1.0)(kernels)
    losses = nonlinear_loss(c, alpha, 1.0, 1.0)(kernels)
    assert together.shape == (3, 2, 6, 6)
    assert losses.shape == (3, 2)
    solo = nonlinear(c, 20.0, 1.0, 1.0)(kernels[2, 0])
    assert (together[2, 1] - solo).norm() <= 1e-14 * solo.norm() * size
    assert float(losses[2, 1]) == pytest.approx(float(nonlinear_loss(c, 20.0, 1.0, 1.0)(kernels[2, 0])), rel=1e-13)


def test_threads_are_put_back():
    before = torch.get_num_threads()
    nonlinear(Correlation(checkerboard(16), 3), 1.0, 1.0, 1.0)(normal(0, (3, 3)))
    assert torch.get_num_threads() == before


@thoroughly(max_examples=25)
@given(st.integers(3, 20), positive, positive)
def test_heat_multiplies_sine_waves_by_their_eigenvalue(points, diffusivity, dx):
    grid = torch.arange(points, dtype=torch.float64)
    wave = torch.sin(math.pi * grid / (points - 1))
    factor = -2 * diffusivity / dx**2 * (1 - math.cos(math.pi / (points - 1)))
    expected = factor * wave
    assert torch.allclose(heat(diffusivity, dx)(wave)[1:-1], expected[1:-1], rtol=1e-10, atol=1e-12 * diffusivity / dx**2)


def test_heat_holds_its_ends():
    u = torch.tensor([0.0, 1.0, 2.0, 0.0])
    assert heat()(u).tolist() == [0.0, 0.0, -3.0, 0.0]


def test_heat_bad_input():
    with pytest.raises(InputError, match="3 grid points"):
        heat()(torch.ones(2))
    with pytest.raises(InputError, match="dx"):
        heat(dx=0)
