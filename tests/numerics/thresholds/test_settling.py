"""When adaptive denominators have settled: against sums of weights, and against what the monitor tells before and after."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import SGD, AdamW

from numerics.monitor import StabilityMonitor
from numerics.thresholds import unsettled
from numerics.thresholds.optimizers import LIVE
from numerics.thresholds.settling import PRECISION, effective, is_settled, steps_to_settle
from tests.numerics.monitor.cases import data, net, train


@given(st.integers(1, 300), st.floats(0.5, 0.9999))
def test_the_effective_number_is_that_of_the_weights(steps: int, memory: float) -> None:
    weights = memory ** np.arange(steps)
    assert effective(steps, memory) == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-6)


@pytest.mark.parametrize("memory", [0.95, 0.99, 0.999, 1.0])
def test_settled_means_that_roots_are_known(memory: float) -> None:
    """The roots of means of squares of Gaussians, drawn."""
    steps = steps_to_settle(memory)
    weights = memory ** np.arange(steps)
    draws = np.random.default_rng(0).standard_normal((4000, steps))
    roots = np.sqrt((draws**2 * weights).sum(1) / weights.sum())
    assert roots.std() / roots.mean() == pytest.approx(PRECISION, rel=0.1)
    assert not is_settled(steps - 1, memory)


@pytest.mark.parametrize("name", [name for name, live in LIVE.items() if live.adaptive])
def test_no_measurement_before_that_and_then_several(name: str) -> None:
    model = net()
    optimizer = LIVE[name].cls(model.parameters(), lr=2e-3)
    with StabilityMonitor(model, optimizer, torch.nn.functional.cross_entropy, shadow=0) as monitor:
        train(model, optimizer, 12, monitor.step)
        assert unsettled(optimizer)
        assert not {"verdict", "normalised", "largest_lr", "weight_decay_high"} & set(monitor.latest)
        assert list(monitor.dataset().step.values) == [0]  # the loss before the first step
        train(model, optimizer, 48, monitor.step)
        latest = monitor.latest
    assert not unsettled(optimizer)
    at = monitor.dataset().normalised.dropna("step").step.values
    assert at[0] == 13
    assert len(at) >= 3
    assert latest["step"] == 60
    assert latest["steps"]["verdict"] == at[-1]
    assert latest["age"]["normalised"] == 60 - at[-1]


def test_one_that_is_asked_for_earlier_is_marked_and_advises_nothing() -> None:
    model = net()
    optimizer = AdamW(model.parameters(), lr=1e-2)
    train(model, optimizer, 2, lambda *_: None)
    with StabilityMonitor(model, optimizer, torch.nn.functional.cross_entropy, shadow=0) as monitor:
        row = monitor.measure(*data())
        assert row["unsettled"] == "the denominators are means of 2 squared gradients, and settle to 20% at step 13"
        assert row["normalised"] > 0
        assert "verdict" not in row
        assert not {"verdict", "normalised", "largest_lr", "weight_decay_high"} & set(monitor.latest)
        assert monitor.latest["unsettled"]
    assert monitor.dataset().verdict.values.tolist() == [""]


def test_sgd_has_nothing_to_settle() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    assert unsettled(optimizer) == ""
    with StabilityMonitor(model, optimizer, torch.nn.functional.cross_entropy, shadow=0) as monitor:
        train(model, optimizer, 2, monitor.step)  # one batch alone does not tell whether they are sampled
        assert monitor.latest["verdict"] == "stable"


def test_no_negative_weight_decay_is_advised() -> None:
    model = net()
    optimizer = AdamW(model.parameters(), lr=30.0, weight_decay=0.0)
    with StabilityMonitor(model, optimizer, torch.nn.functional.cross_entropy, shadow=0) as monitor:
        train(model, optimizer, 60, monitor.step)
        row = monitor.measure(*data())
    if row["normalised"] > 1:
        assert np.isnan(row["weight_decay_high"])
        assert "no weight decay is stable" in row["no_decay"]
    highs = monitor.dataset().weight_decay_high.dropna("step")
    assert (highs >= 0).all()
