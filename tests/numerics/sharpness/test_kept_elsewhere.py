"""What the loss keeps, and what a model keeps in containers, is after a measurement what it was; so is the user's data."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim import SGD

from numerics.monitor import StabilityMonitor
from numerics.sharpness import sharpness
from tests.numerics.sharpness.models import classifier

pytestmark = pytest.mark.filterwarnings("ignore::numerics.sharpness.BatchCoupledWarning")

NAMED = nn.BatchNorm1d(3, dtype=torch.float64)
"""A module that a loss names."""


def named(output: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(NAMED(output), targets)


class Criterion(nn.Module):
    """Trained itself, with what it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3, dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(3, dtype=torch.float64))
        self.norm = nn.BatchNorm1d(3, dtype=torch.float64)

    def forward(self, output: Tensor, targets: Tensor) -> Tensor:
        with torch.no_grad():
            self.mean.lerp_(output.mean(0), 0.1)
        return cross_entropy(self.scale * self.norm(output), targets)


class Adversary:
    """A generator's loss, by its discriminator; with generators and a counter of its own."""

    def __init__(self) -> None:
        self.judge = nn.Sequential(spectral_norm(nn.Linear(3, 4)), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
        self.torch, self.numpy, self.calls = torch.Generator().manual_seed(1), np.random.default_rng(1), 0
        self.arrays, self.past = (np.zeros(3), torch.zeros(3).double()), deque([torch.zeros(3).double()], maxlen=2)

    def loss(self, output: Tensor, _: Tensor) -> Tensor:
        self.calls += 1
        torch.rand(1, generator=self.torch)
        self.numpy.random()
        self.arrays[0][:] += 1
        self.arrays[1].add_(1)
        self.past[0].add_(1)
        return softplus(-self.judge(output)).mean()

    def state(self) -> list:
        """All of it."""
        kept = [*self.judge.state_dict().values(), self.torch.get_state(), *self.past, self.arrays[1]]
        kept += [p.grad for p in self.judge.parameters() if p.grad is not None]
        return [t.tolist() for t in kept] + [self.numpy.bit_generator.state, self.calls, self.arrays[0].tolist()]


def measure_and_shadow(model: nn.Module, loss_fn, data, steps: int = 3) -> None:
    """All that evaluates the loss, beside a training that does not."""
    sharpness(model, loss_fn, data, tolerance=0.1)
    optimizer = SGD(model.parameters(), 0.0)
    with StabilityMonitor(model, optimizer, loss_fn, shadow=1.0, window=12, budget=1000.0, tolerance=0.1) as watching:
        for _ in range(steps):
            optimizer.zero_grad()
            for p in model.parameters():
                p.grad = torch.zeros_like(p)
            optimizer.step()
            watching.step(*data)
        assert "normalised" in watching.latest


@pytest.mark.filterwarnings("ignore::numerics.monitor.StabilityWarning")
@pytest.mark.parametrize("how", ["module", "closure", "partial"])
def test_a_criterion_is_left_alone(how: str) -> None:
    model, data = classifier()
    criterion = Criterion()
    criterion.scale.grad = torch.ones(3, dtype=torch.float64)
    before, slope = deepcopy(criterion.state_dict()), criterion.scale.grad
    ways = {
        "module": criterion,
        "closure": lambda o, t: criterion(o, t),
        "partial": partial(lambda c, o, t: c(o, t), criterion),
    }
    measure_and_shadow(model, ways[how], data)
    assert all(torch.equal(value, before[name]) for name, value in criterion.state_dict().items())
    assert criterion.scale.grad is slope
    assert slope.tolist() == [1.0] * 3


@pytest.mark.filterwarnings("ignore::numerics.monitor.StabilityWarning")
@pytest.mark.parametrize("how", ["method", "closure"])
def test_an_adversary_is_left_alone(how: str) -> None:
    model, data = classifier()
    adversary = Adversary()
    before = deepcopy(adversary.state())
    measure_and_shadow(model, adversary.loss if how == "method" else lambda o, t: adversary.loss(o, t), data)
    assert adversary.state() == before


@pytest.mark.filterwarnings("ignore::numerics.monitor.StabilityWarning")
def test_what_a_loss_names_and_counts() -> None:
    model, data = classifier()
    before, calls = deepcopy(NAMED.state_dict()), 0

    def loss(output: Tensor, targets: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return named(output, targets)

    measure_and_shadow(model, loss, data)
    assert calls == 0
    assert all(torch.equal(value, before[name]) for name, value in NAMED.state_dict().items())


class Memory:
    """A plain object."""

    def __init__(self) -> None:
        self.z = torch.zeros(4, dtype=torch.float64)


class Keeping(nn.Module):
    """Writes to tensors, wherever it keeps them."""

    def __init__(self) -> None:
        super().__init__()
        zero = torch.zeros(4, dtype=torch.float64)
        self.bank = {"z": zero.clone(), "deep": {"list": [zero.clone()], "same": zero}}
        self.recent, self.pair, self.plain, self.same = deque([zero.clone()]), (zero.clone(), [zero.clone()]), Memory(), zero

    def tensors(self) -> list[Tensor]:
        deep = self.bank["deep"]
        return [self.bank["z"], deep["list"][0], deep["same"], *self.recent, self.pair[0], self.pair[1][0], self.plain.z]

    def forward(self, x: Tensor) -> Tensor:
        for tensor in self.tensors():
            tensor.lerp_(x.detach().mean(0), 0.1)
        assert self.same is self.bank["deep"]["same"]
        return x


def test_tensors_in_containers() -> None:
    model, data = classifier()
    keeping = Keeping()
    tensors, versions = keeping.tensors(), [t._version for t in keeping.tensors()]
    sharpness(nn.Sequential(keeping, model), cross_entropy, data)
    assert all(now is before for now, before in zip(keeping.tensors(), tensors, strict=True))
    assert not any(t.any() for t in tensors)
    assert sum(t._version != v for t, v in zip(tensors, versions, strict=True)) == 1  # that in a tuple


class Subtracts(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sub_(0.01)


@pytest.mark.parametrize("chunk", [None, 5])
@pytest.mark.parametrize("first", [Subtracts(), nn.ReLU(inplace=True)])
def test_data_is_not_written_to(first: nn.Module, chunk: int | None) -> None:
    model, data = classifier()
    before = [t.clone() for t in data]

    def loss(output: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(output, targets.add_(1).remainder_(3))

    found = sharpness(nn.Sequential(first, model), loss, data, chunk=chunk, tolerance=1e-8)
    assert all(torch.equal(now, then) for now, then in zip(data, before, strict=True))
    inputs = data[0] - 0.01 if isinstance(first, Subtracts) else data[0].relu()
    exact = sharpness(model, cross_entropy, (inputs, (data[1] + 1) % 3), tolerance=1e-8)
    assert float(found) == pytest.approx(float(exact), rel=1e-7)


def test_data_of_a_monitor_is_not_written_to() -> None:
    model, data = classifier()
    model = nn.Sequential(Subtracts(), model)
    kept = [t.clone() for t in data]
    optimizer = SGD(model.parameters(), 0.1)
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=1.0, window=12, budget=1000.0, probe=data) as watching:
        for _ in range(14):
            optimizer.zero_grad()
            cross_entropy(model(data[0].clone()), data[1]).backward()
            optimizer.step()
            watching.step(*data)
        results = watching.dataset()
    assert all(torch.equal(now, then) for now, then in zip(data, kept, strict=True))
    assert int(results.rel_l1.count()) >= 12
