from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics import windowed_bounds
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.edge import growth_of, linear_edges
from numerics.pdes.flows import linear
from numerics.pdes.nesterov import accelerated, at_rest, damping_for, newest, on_newest, torch_parameters
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers
from tests.examples import thoroughly
from tests.numerics.cases import normal


def run(flow, start, lr, momentum, steps):
    return newest(simulate(accelerated(flow, lr, momentum), at_rest(start), 1.0, steps).final)


def by_definition(flow, start, lr, momentum, steps):
    """Eq 16, 17, one line each."""
    before = now = start
    for _ in range(steps):
        ahead = now + momentum * (now - before)
        before, now = now, ahead + lr * flow(ahead)
    return now


@thoroughly(max_examples=20)
@given(st.floats(-0.9, 0.95), st.floats(0.01, 0.5), st.integers(1, 40))
def test_pair_form_is_the_scheme(momentum, lr, steps):
    start = normal(0, (2, 3, 4))

    def flow(kernel):
        return torch.sin(kernel) - kernel

    found, expected = run(flow, start, lr, momentum, steps), by_definition(flow, start, lr, momentum, steps)
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.3, 0.9])
def test_torch_steps_from_look_ahead_point_to_look_ahead_point(momentum):
    """torch.optim.SGD(nesterov=True) holds V, from the same (lr, momentum), bit for bit up to rounding."""
    hessian, lr = torch.tensor([0.2, 3.0, 11.0], dtype=torch.float64), 0.05
    parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimiser = torch.optim.SGD([parameter], lr=lr, momentum=momentum, nesterov=True)
    for _ in range(25):
        optimiser.zero_grad()
        (hessian * parameter**2 / 2).sum().backward()
        optimiser.step()
    pair = at_rest(torch.ones(1, 3, dtype=torch.float64))
    final = simulate(accelerated(lambda k: -hessian * k, lr, momentum), pair, 1.0, 25).final
    now, before = final.chunk(2, -2)
    assert torch.allclose((now + momentum * (now - before))[0], parameter.detach(), rtol=1e-12, atol=1e-14)


def test_without_momentum_it_is_gradient_descent():
    start, flow = normal(0, (3, 3)), linear(Correlation(checkerboard(8), 3), -0.5, 1.0, 0.3)
    assert torch.allclose(run(flow, start, 1e-3, 0.0, 30), simulate(flow, start, 1e-3, 30).final, rtol=1e-13)


@thoroughly(max_examples=30)
@given(st.floats(1e-5, 1), st.floats(1e-3, 20))
def test_parameters_there_and_back(dt, rate):
    lr, momentum = torch_parameters(dt, rate / dt)
    assert -1 < momentum < 1
    assert lr == pytest.approx(dt**2 * (1 + momentum) / 2, rel=1e-12)
    if abs(momentum) < 0.99:
        assert damping_for(dt, momentum) == pytest.approx(rate / dt, rel=1e-9)


@thoroughly(max_examples=30)
@given(st.floats(-0.9, 0.95), st.floats(-0.5, 4.5))
def test_growth_rate_is_the_spectral_radius(momentum, size):
    """One mode of curvature size/lr. Double and complex roots beat, so the margin is what a run of this length resolves."""
    keep, lr = 1 - size, 0.1
    radius = np.abs(np.linalg.eigvals([[keep * (1 + momentum), -keep * momentum], [1, 0]])).max()
    rate = float(growth_of(lambda k: -size / lr * k, torch.ones(1, 1, dtype=torch.float64), lr, 3000, momentum))
    if radius > 1e-3:
        assert rate == pytest.approx(np.log(radius), abs=2e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_simulated_edges_agree_with_the_spectrum(momentum):
    lower, upper = linear_edges(Correlation(checkerboard(40), 6), -0.5, 1.0, 1e-5, momentum=momentum, rtol=3e-4)
    alpha_min, alpha_max = windowed_bounds(checkerboard(40), 6, -0.5, 1.0, 1e-5, momentum=momentum)
    assert lower.middle == pytest.approx(alpha_min, rel=1e-3)
    assert upper.middle == pytest.approx(alpha_max, rel=1e-3)


def test_observers_see_the_newest_kernel():
    pair = at_rest(normal(0, (3, 3)))
    observers = {name: on_newest(look) for name, look in motion_observers().items()}
    path = simulate(accelerated(lambda k: -k, 0.1, 0.5), pair, 1.0, 2, observe=observers)
    assert path.records["size"].shape == (3,)
    assert float(path.records["motion"][1]) == pytest.approx(0.1 * float(path.records["size"][0]), rel=1e-12)


def test_runs_on_the_device_of_the_state(device):
    assert run(lambda k: -k, torch.ones(2, 2, device=device), 0.1, 0.9, 3).device.type == device


@pytest.mark.parametrize(
    "call",
    [
        lambda: accelerated(lambda k: k, 0.1, 1.0),
        lambda: accelerated(lambda k: k, 0.0, 0.5),
        lambda: accelerated(lambda k: k, 0.1, float("nan")),
        lambda: torch_parameters(0.1, 0.0),
        lambda: torch_parameters(-1.0, 1.0),
        lambda: damping_for(0.1, -1.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(InputError, match="expected"):
        call()
