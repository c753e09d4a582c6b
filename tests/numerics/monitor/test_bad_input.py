"""What a monitor is given by mistake is named; a number is never silently wrong."""

from __future__ import annotations

import warnings
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import LBFGS, SGD, Adam

from derive.errors import InputError
from numerics.monitor import StabilityMonitor, StabilityWarning
from tests.numerics.monitor.cases import data, net, train

watch = partial(StabilityMonitor, loss_fn=cross_entropy, shadow=0)


pytestmark = pytest.mark.exact  # of refusals


def measured(model: nn.Module, *batch, **options):
    with watch(model, SGD(model.parameters(), lr=0.1), **options) as monitor:
        return monitor.measure(*(batch or data()))


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = net()

    def forward(self, inputs):
        return self.inner(inputs + 0.1 * torch.randn_like(inputs))


def test_a_random_forward_pass_is_named() -> None:
    with pytest.raises(InputError, match="expected a forward pass that repeats itself"):
        measured(Noisy())


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (
            (torch.zeros(4, 5, dtype=torch.float64), torch.zeros(4, dtype=torch.int64)),
            r"got \(4, 5\) float64 on cpu, \(4,\) int",
        ),
        ((torch.zeros(4, 6), torch.zeros(4, dtype=torch.int64)), r"expected a batch that model and loss_fn take"),
        ((torch.zeros(4, 6, dtype=torch.float64), torch.zeros(3, dtype=torch.int64)), r"got \(4, 6\) float64 on cpu, \(3,\)"),
        (({"wrong": torch.zeros(2)}, None), r"wrong: \(2,\) float32 on cpu"),
    ],
)
def test_a_batch_that_does_not_fit(batch, message: str) -> None:
    with pytest.raises(InputError, match=message):
        measured(net(), *batch)


def test_a_loss_that_is_no_number() -> None:
    with pytest.raises(InputError, match=r"expected loss_fn to return a tensor of one number, got \(24,\)"):
        measured(net(), loss_fn=partial(cross_entropy, reduction="none"))


def test_batch_norm_in_training_is_warned_of_once() -> None:
    model = net(nn.BatchNorm1d(5))
    with watch(model, SGD(model.parameters(), lr=0.1)) as monitor:
        with pytest.warns(StabilityWarning, match="couples the samples"):
            first = monitor.measure(*data())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            monitor.measure(*data())
            model.eval()
            frozen = monitor.measure(*data())
        assert "batch norm" in monitor.dataset().attrs["remarks"]
    assert first["normalised"] != pytest.approx(frozen["normalised"], rel=1e-3)


def test_optimisers_without_an_edge_or_of_another_model() -> None:
    model = net()
    with pytest.raises(InputError, match=r"no stability edge is derived for .*LBFGS"):
        watch(model, LBFGS(model.parameters()))
    with pytest.raises(InputError, match=r"expected an optimizer of the model's parameters, got 4 that it does not have"):
        watch(model, SGD(net().parameters(), lr=0.1))
    with pytest.raises(InputError, match=r"torch.optim.Optimizer, got str"):
        watch(model, "sgd")
    with pytest.raises(InputError, match="expected adam to have stepped"):
        watch(model, Adam(model.parameters())).measure(*data())
    with pytest.raises(InputError, match="require a gradient, got none"):
        frozen = net().requires_grad_(False)
        watch(frozen, SGD(frozen.parameters(), lr=0.1))


def test_an_optimiser_that_never_steps() -> None:
    model = net()
    monitor = watch(model, SGD(model.parameters(), lr=0.1))
    with pytest.warns(StabilityWarning, match="is it the one that trains") as caught:
        train(model, SGD(model.parameters(), lr=0.1), 1010, monitor.step, samples=2)
    assert len(caught) == 1
    assert len(monitor._watch.batches) < 1000  # nor does it keep what it is told for ever


@pytest.mark.parametrize(
    "options",
    [{"budget": 0}, {"every": 0}, {"every": 1.5}, {"tolerance": 0}, {"layers": -1}, {"probe": (1, 2, 3)}, {"still": "name"}],
)
def test_options_out_of_range(options) -> None:
    model = net()
    with pytest.raises(InputError, match="expected"):
        watch(model, SGD(model.parameters(), lr=0.1), **options)


@pytest.mark.parametrize("name", ["every", "budget", "tolerance", "smallest", "shadow", "window", "spikes", "rows", "still"])
@pytest.mark.parametrize("value", [None, "many"])
def test_none_and_wrong_types_are_one_clear_line(name: str, value: object) -> None:
    model = net()
    with pytest.raises(InputError, match=r"expected .*" + name) as caught:
        StabilityMonitor(model, SGD(model.parameters(), lr=0.1), cross_entropy, **{name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": None}, "expected a torch.nn.Module as model, got None"),
        ({"loss_fn": None}, r"expected loss_fn\(outputs, targets\) to be called, got None"),
        ({"after_backward": 1.0}, "or None, got float"),
        ({"forward_context": None}, r"expected forward_context\(\) to make a context, got None; pass lambda"),
        ({"sinks": 3}, "expected sinks in a list, got int"),
        ({"sinks": [print]}, r"expected sinks with write\(step, row\) and close\(\), got builtin"),
        ({"bugdet": 1.0}, "got bugdet; did you mean budget"),
        ({"chunk": 0}, "expected chunk to be a whole number from 1 on, or None for all"),
    ],
)
def test_what_is_given_by_mistake(given: dict, message: str) -> None:
    model = net()
    all_of_it = {"model": model, "optimizer": SGD(model.parameters(), lr=0.1), "loss_fn": cross_entropy, **given}
    with pytest.raises(InputError, match=message) as caught:
        StabilityMonitor(**all_of_it)
    assert "\n" not in str(caught.value)


def test_nan_is_unstable() -> None:
    model = net()
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    row = measured(model)
    assert row["verdict"] == "unstable"
    assert row["normalised"] != row["normalised"]


def test_a_diverging_training_ends_unstable() -> None:
    inputs, targets = torch.ones(1, 4), torch.zeros(1, 1)
    model = nn.Linear(4, 1)
    optimizer = SGD(model.parameters(), lr=0.4)
    told = []
    with watch(model, optimizer, loss_fn=nn.functional.mse_loss, budget=1e9) as monitor:
        for _ in range(6):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(inputs), targets).backward()
            optimizer.step()
            monitor.step(inputs, targets)
            told.append(monitor.latest["verdict"])
    assert told == ["restrained"] * 2 + ["unstable"] * 4  # the loss before the first step counts too
