"""The shadow against two trainings side by side; it is told apart from another training, or not told at all."""

from __future__ import annotations

from functools import partial
from math import log, nan
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import ExponentialLR

from derive.errors import InputError
from numerics.measures.distance import relative_l1
from numerics.measures.growth import Growth, growth
from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.optim import PerturbedAdam, PerturbedSGD
from tests.numerics.monitor.cases import data, net, train

pytestmark = pytest.mark.filterwarnings("ignore:dropout is off")  # while the sharpness is measured
only_shadow = partial(StabilityMonitor, loss_fn=cross_entropy, every=10**6, shadow=1.0, window=16)


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


PAIRS = {
    "sgd": (partial(SGD, lr=0.3, momentum=0.9), partial(PerturbedSGD, lr=0.3, momentum=0.9)),
    "adam": (partial(Adam, lr=0.05, weight_decay=0.1), partial(PerturbedAdam, lr=0.05, weight_decay=0.1)),
    "adamw": (
        partial(AdamW, lr=0.05, weight_decay=0.1),
        partial(PerturbedAdam, lr=0.05, weight_decay=0.1, decoupled_weight_decay=True),
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_divergence_is_that_of_k_3_beside(case: str) -> None:
    """From the first step of the window on: that step is the training's second, the first one opens the window."""
    make, perturbed = PAIRS[case]
    model = net(dtype=torch.float32)
    optimizer = make(model.parameters())
    scheduler = ExponentialLR(optimizer, 0.9)
    path = []

    def after(inputs, targets) -> None:
        scheduler.step()
        monitor.step(inputs, targets)
        path.append(weights(model))

    monitor = only_shadow(model, optimizer)
    train(model, optimizer, 17, after, dtype=torch.float32)
    monitor.close()

    twin = net(dtype=torch.float32)
    other = perturbed(twin.parameters(), k=1)
    slow = ExponentialLR(other, 0.9)
    expected = []

    def beside(*_: object) -> None:
        slow.step()
        other.param_groups[0]["k"] = 3
        expected.append(float(relative_l1(weights(twin), path[len(expected)])))

    train(twin, other, 17, beside, dtype=torch.float32)
    found = monitor.dataset().rel_l1.dropna("step")
    assert found.step.values.tolist() == list(range(2, 18))
    assert expected[0] == 0.0
    assert found.values == pytest.approx(expected[1:], rel=1e-6)
    assert_told(monitor.latest, growth(found.values, roundoff=2.0**-24))


def assert_told(latest: dict[str, Any], expected: Growth) -> None:
    """A rate only where its interval does not hold 0; what it all came to, and why, in any case."""
    assert latest["growth_rate"] == pytest.approx(expected.rate if expected.has_rate else nan, nan_ok=True)
    assert latest["growth_total"] == expected.total
    assert latest["growth_leap"] == expected.leap
    assert (latest["growth"], latest["growth_reason"]) == (expected.verdict, expected.reason)


def test_other_optimisers_are_nudged_by_one_ulp() -> None:
    model = net()
    optimizer = RMSprop(model.parameters(), lr=0.01)
    with only_shadow(model, optimizer) as monitor:
        train(model, optimizer, 17, monitor.step)
    found = monitor.dataset().rel_l1.dropna("step")
    assert len(found) == 16
    assert 0 < float(found.max()) < 1e-9


class Valleys(nn.Module):
    """The loss sum (|w| - 1)^2 / 2, by weight: two parabolas and the ridge between them, curvature 1 everywhere else.

    A step of gradient descent is w -> lr sign(w) + (1 - lr) w: a difference grows by |1 - lr| each time, whatever the weights,
    and |w| <= lr is never left if lr <= 3: all of it is known, on any processor.
    """

    def __init__(self) -> None:
        super().__init__()
        start = torch.rand(64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self.weights = nn.Parameter(4 * start - 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return (self.weights.abs() - 1).square().sum() / 2 + 0 * inputs.sum()


def descended(lr: float, steps: int = 61) -> StabilityMonitor:
    """A training in the valleys, watched, with one window of a shadow and a measurement at the end."""
    model, batch = Valleys(), (torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    optimizer = SGD(model.parameters(), lr=lr)
    with only_shadow(model, optimizer, loss_fn=lambda output, _: output, window=steps - 1) as monitor:
        for _ in range(steps):
            optimizer.zero_grad()
            model(batch[0]).backward()
            optimizer.step()
            monitor.step(*batch)
        monitor.measure(*batch)
    assert float(model.weights.detach().abs().max()) <= max(lr, 2)
    return monitor


def test_amplified_where_training_is_restrained_and_not_where_it_is_stable(whatever_the_rounding) -> None:
    def told(lr: float) -> tuple[str, bool]:
        latest = descended(lr).latest
        return latest["verdict"], latest["growth"] == "amplified"

    assert whatever_the_rounding(lambda: told(0.5)) == ("stable", False)
    assert whatever_the_rounding(lambda: told(2.4)) == ("restrained", True)


def test_the_growth_rate_is_the_known_one() -> None:
    """The edge too. RelL1 is a mean over 64 weights of |dw| / |w|: over 60 steps it strays from the law by less than e^3."""
    monitor = descended(2.4)
    assert monitor.latest["normalised"] == pytest.approx(2.4 / 2)
    assert monitor.latest["growth_rate"] == pytest.approx(log(1.4), abs=3 / 60)
    assert descended(0.5).latest["normalised"] == pytest.approx(0.5 / 2)


def clipped(model: nn.Module) -> None:
    nn.utils.clip_grad_norm_(model.parameters(), 0.05)


@pytest.mark.parametrize("told", [True, False])
def test_clipped_gradients_are_followed_if_told_and_refused_if_not(told: bool) -> None:
    model = net(nn.Dropout(0.2))
    optimizer = SGD(model.parameters(), lr=0.3)
    optimizer.register_step_pre_hook(lambda *_: clipped(model))
    monitor = only_shadow(model, optimizer, after_backward=clipped if told else None)
    # A copied optimiser has none of the hooks.
    if told:
        train(model, optimizer, 17, monitor.step)
        assert len(monitor.records.column("rel_l1")) == 16
    else:
        with pytest.warns(StabilityWarning, match="no shadow any more: a copy of the training step does not have its bits"):
            train(model, optimizer, 17, monitor.step)
        assert monitor.records.column("rel_l1") == []
        assert "does not have its bits" in monitor.dataset().attrs["remarks"]
    monitor.close()


def test_accumulated_gradients_are_followed() -> None:
    model = net(nn.Dropout(0.2))
    optimizer = SGD(model.parameters(), lr=0.3, momentum=0.5)
    inputs, targets = data()
    with only_shadow(model, optimizer) as monitor:
        for n in range(3 * 17):
            part = slice(8 * (n % 3), 8 * (n % 3) + 8)
            (cross_entropy(model(inputs[part]), targets[part]) / 3).backward()
            if n % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
            monitor.step(inputs[part], targets[part])
    assert len(monitor.records.column("rel_l1")) == 16
    assert monitor.dataset().step.values[-1] == 17


def test_a_step_that_was_not_told_ends_the_shadow() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.3)
    monitor = only_shadow(model, optimizer)
    train(model, optimizer, 2, monitor.step)
    train(model, optimizer, 1, lambda *_: None)
    with pytest.warns(StabilityWarning, match="after each step"):
        train(model, optimizer, 1, monitor.step)
    monitor.close()


class Uncopied(nn.Linear):
    def __deepcopy__(self, memo):
        raise RuntimeError("only\nleaves")


def test_a_model_that_cannot_be_copied_has_no_shadow() -> None:
    model = Uncopied(6, 3)
    optimizer = SGD(model.parameters(), lr=0.3)
    with only_shadow(model, optimizer) as monitor, pytest.warns(StabilityWarning, match="got only leaves; pass shadow=0"):
        train(model, optimizer, 2, monitor.step, dtype=torch.float32)


@pytest.mark.parametrize("options", [{"window": 11}, {"window": True}, {"shadow": -0.1}, {"shadow": 1.1}])
def test_options_out_of_range(options) -> None:
    model = net()
    with pytest.raises(InputError, match="expected"):
        StabilityMonitor(model, SGD(model.parameters(), lr=0.1), cross_entropy, **options)
