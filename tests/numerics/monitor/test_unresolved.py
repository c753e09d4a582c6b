"""Rounding errors that hide the curvature: said, and the training goes on being watched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from derive.errors import InputError
from numerics.monitor import StabilityMonitor, StabilityWarning
from tests.numerics.monitor.cases import data, net, train


class Slope(torch.autograd.Function):
    """2x, whose derivative is lost in noise while `noise` is not 0."""

    noise = 0.0

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return 2 * slope + Slope.noise * torch.randn_like(slope)


class Square(torch.autograd.Function):
    """x^2."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return slope * Slope.apply(ctx.saved_tensors[0])


class Squares(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Square.apply(x)


def watched(noisy: range, steps: int = 6) -> StabilityMonitor:
    """Measured at every step, of which some are noisy."""
    model = net(Squares())
    optimizer = SGD(model.parameters(), 0.01)
    monitor = StabilityMonitor(model, optimizer, cross_entropy, every=1, budget=1e9, shadow=0)
    numbers = iter(range(steps))

    def after(inputs: Tensor, targets: Tensor) -> None:
        Slope.noise = 1e6 * (next(numbers) in noisy)
        monitor.step(inputs, targets)

    try:
        train(model, optimizer, steps, after)
    finally:
        Slope.noise = 0.0
    return monitor


def test_a_gap_in_the_record_is_said() -> None:
    with pytest.warns(StabilityWarning, match="rounding errors hid the curvature"):
        data = watched(range(2, 4)).dataset().sel(step=slice(1, None))
    assert np.isnan(data.normalised.values).tolist() == [False, False, True, True, False, False]
    assert data.loss.notnull().all()
    assert [bool(text) for text in data.unresolved.values] == [False, False, True, True, False, False]
    assert data.verdict.values.tolist() == ["undecided", "stable", "", "", "stable", "stable"]  # one step tells no sampling
    assert "rounding errors" in data.remarks


def test_from_the_start_it_is_said_too_and_nothing_is_told() -> None:
    with pytest.warns(StabilityWarning, match="with Square the second derivative") as caught:
        monitor = watched(range(6))
    assert len(caught) == 1
    assert "normalised" not in monitor.latest
    with pytest.raises(InputError, match="with Square the second derivative"):
        Slope.noise = 1e6
        try:
            monitor.measure(*data())
        finally:
            Slope.noise = 0.0
