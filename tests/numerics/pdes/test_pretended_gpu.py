"""What a GPU would refuse, and what it would wait for, seen on a device that is strict as one."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from numerics.datasets import Split
from numerics.layerwise.average import layer_steps
from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.nets import build
from numerics.optim import PerturbedAdam, PerturbedSGD
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import linear
from numerics.pdes.nesterov import accelerated, at_rest
from numerics.pdes.simulate import simulate
from numerics.pdes.spectrum import extreme_eigenvalues
from numerics.sharpness import sharpness
from numerics.thresholds import thresholds
from tests.numerics.monitor import cases
from tests.pretended import There, pretended

pytestmark = pytest.mark.exact


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def during(counts: Counter[str], before: Counter[str]) -> Counter[str]:
    return counts - before


def test_it_refuses_what_a_gpu_refuses() -> None:
    with pretended() as counts:
        there = torch.ones(3, device="cuda:0")
        assert isinstance(there, There)
        assert there.device == torch.device("cuda:0")
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(3)
        assert (there + torch.tensor(1.0)).tolist() == [2, 2, 2]
        assert counts["waits"] == 1


def test_it_has_the_bits_of_the_cpu() -> None:
    def trained(device: str) -> list[torch.Tensor]:
        model, moved = cases.net(nn.BatchNorm1d(5)).to(device), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        cases.train(model, optimizer, 3, lambda *_: moved.append(model[0].weight.detach().cpu().clone()))
        return moved

    with pretended():
        there = trained("cuda:0")
    assert all(torch.equal(a, b) for a, b in zip(there, trained("cpu"), strict=True))


def test_layer_average() -> None:
    images, labels = normal(3, 1, 8, 8), torch.tensor([0, 1, 1])
    model = build("chain-2", channels=1, classes=2, size=8, activation="swish", dtype=torch.float64)
    here = layer_steps(model, cross_entropy, Split(images, labels, torch.zeros(1)), 0.1, 1.0)
    with pretended() as counts:
        split = Split(images.to("cuda:0"), labels.to("cuda:0"), torch.zeros(1))
        assert layer_steps(model.to("cuda:0"), cross_entropy, split, 0.1, 1.0) == pytest.approx(here, rel=1e-12)
        assert counts["waits"] <= 1  # the eigenvalues


@pytest.mark.parametrize("steps", [2, 30])
def test_no_step_of_nesterovs_flow_copies(steps) -> None:
    with pretended() as counts:
        flow = accelerated(linear(Correlation(checkerboard(8).to("cuda:0"), 3), -0.5, 1.0, 1.0), 1e-3, 0.9)
        start, before = at_rest(normal(3, 3).to("cuda:0")), Counter(counts)
        simulate(flow, start, 1.0, steps)
        assert during(counts, before)["copies"] <= 3


def test_an_operators_vectors_stay_where_it_is() -> None:
    here = extreme_eigenvalues(Correlation(normal(12, 12), 5))
    with pretended() as counts:
        correlation = Correlation(normal(12, 12).to("cuda:0"), 5)
        before = Counter(counts)
        found = extreme_eigenvalues(correlation)
        spent = during(counts, before)
    assert found == pytest.approx(here, rel=1e-9)
    assert spent["copies"] == 0
    assert spent["waits"] <= found.products + 2  # one for the two numbers of a step


def test_start_vectors_are_made_on_the_device() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(100, 30), nn.Tanh(), nn.Linear(30, 3)).double()
    data = normal(16, 100), torch.arange(16) % 3
    here = sharpness(model, cross_entropy, data)
    with pretended() as counts:
        model, data = model.to("cuda:0"), tuple(part.to("cuda:0") for part in data)
        counts["largest"] = 0
        found = sharpness(model, cross_entropy, data)
    assert float(found) == pytest.approx(float(here), rel=1e-9)
    assert found.products == here.products
    assert 0 < counts["largest"] < 1000  # coefficients of the basis, no vector of 3123 numbers


@pytest.mark.parametrize("cls", [PerturbedSGD, PerturbedAdam])
def test_no_step_of_an_optimiser_waits(cls) -> None:
    with pretended() as counts:
        model = cases.net().to("cuda:0")
        optimizer = cls(model.parameters(), lr=0.1, k=3)
        cases.train(model, optimizer, 1, lambda *_: None)
        before = Counter(counts)
        optimizer.step()
        assert during(counts, before)["waits"] == 0


@pytest.mark.parametrize("layers", [1, 6])
def test_all_denominators_are_waited_for_once(layers) -> None:
    with pretended() as counts:
        model = nn.Sequential(*(nn.Linear(3, 3) for _ in range(layers))).double().to("cuda:0")
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        model(normal(4, 3).to("cuda:0")).square().sum().backward()
        optimizer.step()
        for state in optimizer.state.values():
            state["step"] = state["step"].to("cuda:0")
        before = Counter(counts)
        found = thresholds(optimizer)
        assert len(found) == 2 * layers
        assert during(counts, before)["waits"] == 2  # the counts of steps; whether all denominators are above 0


@pytest.mark.filterwarnings("ignore::numerics.monitor.StabilityWarning")
@pytest.mark.parametrize("chosen", [False, True])
def test_a_shadow_on_a_gpu_says_what_makes_kernels_deterministic(chosen) -> None:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(chosen)
    try:
        with pretended(), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", StabilityWarning)
            model = cases.net().to("cuda:0")
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            monitor = StabilityMonitor(model, optimizer, cross_entropy, shadow=1.0, window=12, budget=0.01)

            def disturbed(inputs, targets):
                with torch.no_grad():
                    model[0].bias.add_(1e-9)  # as a kernel would that adds up in another order
                monitor.step(inputs, targets)

            cases.train(model, optimizer, 4, disturbed)
    finally:
        torch.use_deterministic_algorithms(before)
    (said,) = [str(one.message) for one in told if "does not have its bits" in str(one.message)]
    assert ("torch.use_deterministic_algorithms(True) and torch.backends.cudnn.benchmark = False" in said) is not chosen
