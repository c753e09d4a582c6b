"""Full-batch descent: gradients, k = 1 against torch.optim.SGD, buffers left alone, verdicts by the loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from numerics.measures.loss_verdict import loss_verdict, rises
from numerics.pdes.descent import descent
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.simulate import simulate

INPUTS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
TARGETS = torch.arange(12) % 3
ALPHA = 0.1


def model() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3)).double()


def test_is_torchs_own_gradient_descent() -> None:
    net = model()
    found = descent(net, INPUTS, TARGETS, ALPHA)
    ours = simulate(found.flow, found.start, 0.1, 20).final
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=ALPHA)
    for _ in range(20):
        optimizer.zero_grad()
        cross_entropy(net(INPUTS), TARGETS).backward()
        optimizer.step()
    theirs = torch.cat([p.detach().flatten() for p in net.parameters()])
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_flow_is_minus_the_gradient_of_the_loss_and_the_model_is_left_alone() -> None:
    net = model()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    found = descent(net, INPUTS, TARGETS, ALPHA)
    point = found.start.clone().requires_grad_()
    assert torch.autograd.gradcheck(found.loss, (point,))
    torch.testing.assert_close(-torch.autograd.grad(found.loss(point), point)[0], found.flow(found.start))
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_members_are_independent() -> None:
    found = descent(model(), INPUTS, TARGETS)
    states = torch.stack([found.start, 2 * found.start])
    assert torch.equal(found.flow(states)[1], found.flow(states[1]))
    assert found.loss(states).shape == (2,)


def test_sharpness_against_a_dense_hessian() -> None:
    found = descent(model(), INPUTS, TARGETS, ALPHA)
    hessian = torch.autograd.functional.hessian(found.loss, found.start)
    largest = float(torch.linalg.eigvalsh(hessian)[-1])
    assert float(flow_sharpness(found.flow, found.start, dims=1)) == pytest.approx(largest, rel=1e-6)


def test_verdict_by_the_loss() -> None:
    n = np.arange(400)
    losses = np.stack([1 / (1 + n), 1 + 0.1 * (-1.0) ** n, 1.01**n, np.where(n > 300, np.inf, 1.0), 2.0 + 0 * n], axis=1)
    assert loss_verdict(losses).tolist() == ["stable", "restrained", "unstable", "unstable", "stable"]
    assert rises(losses)[:2].tolist() == [0, 0.5]
    noisy = (1 + 1e-14 * (-1.0) ** n)[:, None]
    assert loss_verdict(noisy).tolist() == ["stable"]
