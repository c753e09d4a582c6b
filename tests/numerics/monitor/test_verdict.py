"""The verdict as a function of the whole record: on records made for it, and on trainings that were thrown out."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from numerics.datasets import load
from numerics.monitor import VERDICTS, StabilityMonitor, verdict
from tests.numerics.monitor.cases import data, net, train

Row = dict[str, Any]


def record(losses: list[float], normalised: float | list[float] = 0.5, sizes: list[float] | None = None) -> list[Row]:
    """A measurement at each step, after the loss before the first."""
    values = normalised if isinstance(normalised, list) else [normalised] * (len(losses) - 1)
    rows: list[Row] = [{"step": n, "loss": loss} for n, loss in enumerate(losses)]
    for row, value in zip(rows[1:], values, strict=True):
        row |= {"normalised": value, "largest_lr": {0: 0.1 / value if value else inf}}
    for row, size in zip(rows, sizes or [], strict=False):
        row["size"] = size
    return rows


@pytest.mark.parametrize(
    ("normalised", "losses", "expected"),
    [
        (0.5, [1.1, 1.0], "stable"),
        (0.95, [1.1, 1.0], "at the edge"),
        (1.05, [1.1, 1.0], "at the edge"),
        (1.5, [1.1, 1.0], "restrained"),
        (1.5, [1.0, 0.9, 1.1, 1.2, 1.3], "unstable"),
        (1.5, [9.0, 0.9, 1.1, 1.2, 1.3], "restrained"),  # still below where it began
        (1.5, [1.0, 1.1, 1.3, 1.2], "restrained"),
        (0.5, [1.0, 2.0, 3.0, 4.0, 5.0], "thrown out"),
        (0.0, [1.06, 2.07, 20.8, 16.9], "thrown out"),
        (0.95, [1.0, 2.0], "thrown out"),
        (0.5, [2.0, 0.2, 0.1, 1.4], "thrown out"),  # more than half of the gain is lost
        (0.5, [2.0, 0.2, 0.1, 0.9], "stable"),
        (float("nan"), [1.0, 1.0], "unstable"),
        (0.5, [1.0, float("inf")], "unstable"),
    ],
)
def test_of_fixed_data(normalised: float, losses: list[float], expected: str) -> None:
    found = verdict(record(losses, normalised))
    assert found.word == expected
    assert found.reason
    assert found.word in VERDICTS


@given(
    st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=12),
    st.floats(0, 0.89),
)
def test_a_loss_above_the_first_is_never_stable_and_its_unit_does_not_matter(losses: list[float], normalised: float) -> None:
    found = verdict(record(losses, normalised))
    lost = losses[-1] - min(losses) > (losses[0] - min(losses)) / 2
    assert found.word == ("thrown out" if lost else "stable")
    assert not losses[-1] > losses[0] or found.word != "stable"
    assert verdict(record([loss * 2.0**20 for loss in losses], normalised)).word == found.word  # this rounds nothing


def noisy(levels: list[float], noise: float, seed: int = 0) -> list[float]:
    return [float(v) for v in np.array(levels) + noise * np.random.default_rng(seed).standard_normal(len(levels))]


def test_sampled_batches_are_seldom_blamed_for_their_noise() -> None:
    """A loss that has nothing left to gain goes up and down about its level, as in fine-tuning."""
    flat = [record(noisy([0.3] * 60, 0.05, seed)) for seed in range(40)]
    words = [verdict(rows[:n], sampled=True).word for rows in flat for n in range(2, 61)]
    assert words.count("stable") > 0.99 * len(words)


@pytest.mark.parametrize("seed", range(5))
def test_a_good_training_on_sampled_batches_is_stable_throughout(seed: int) -> None:
    losses = noisy(list(2.3 * np.exp(-np.arange(60) / 15) + 0.2), 0.1, seed)
    rows = record(losses, 0.1, list(6.8 * np.linspace(1, 4.6, 60)))
    assert {verdict(rows[:n], sampled=True).word for n in range(2, 61)} == {"stable"}
    reason = verdict(rows, sampled=True).reason
    assert "noise-free edge" in reason
    assert "sampled" in reason
    assert "noise" not in verdict(rows).reason


@pytest.mark.parametrize("level", [2.2, 2.3, 2.45])
def test_weights_that_left_for_chance_level(level: float) -> None:
    """As a ReLU net thrown out at a high rate: at chance, a hundred times as large, and flatter than it was."""
    found = []
    for seed in range(20):
        losses = noisy([2.31, 2.19, 2.1, *[level] * 20], 0.25, seed)
        rows = record(losses, [0.3, 0.4, *[0.01] * 20], [6.8, 7.0, 20.0, *[700.0] * 20])
        found += [verdict(rows[:n], sampled=True) for n in range(6, len(rows) + 1)]
    assert [v.word for v in found].count("thrown out") > 0.95 * len(found)
    assert any("times as large as at first" in v.reason for v in found)


def test_weights_and_curvature_that_grow_together_leave_a_saddle() -> None:
    losses = noisy([2.3] * 20, 0.05)
    growing = [float(v) for v in np.geomspace(0.001, 0.1, 19)]
    rows = record(losses, growing, list(np.geomspace(0.01, 0.2, 20)))
    assert verdict(rows, sampled=True).word == "stable"


def ended(step: int, kind: str, length: int = 32) -> Row:
    return {"step": step, "growth": kind, "growth_reason": "it grows exponentially", "growth_steps": length}


@pytest.mark.parametrize(
    ("windows", "now", "expected"),
    [
        ([ended(33, "amplified")], 40, "restrained"),
        ([ended(33, "amplified")], 65, "restrained"),
        ([ended(33, "amplified")], 66, "stable"),  # a window tells as long as it was
        ([ended(33, "undecided")], 40, "stable"),
        ([ended(33, "amplified"), ended(50, "attenuated", 12)], 55, "stable"),
        ([ended(33, "undecided"), ended(50, "amplified", 12)], 55, "restrained"),
    ],
)
def test_an_amplified_shadow_forbids_stable(windows: list[Row], now: int, expected: str) -> None:
    rows = [{"step": 0, "loss": 1.0}, *windows, {"step": now, "loss": 0.5, "normalised": 0.4}]
    found = verdict(rows)
    assert found.word == expected
    assert ("amplified up to step" in found.reason) == (expected == "restrained")


def test_what_ascends_is_judged_by_the_loss_that_falls() -> None:
    rows = record([1.0, 2.0, 3.0])
    assert verdict(rows).word == "thrown out"
    assert verdict(rows, ascends=True).word == "stable"
    assert verdict(record([1.0, 0.5]), ascends=True).word == "thrown out"


def test_a_size_that_is_no_number_is_unstable() -> None:
    assert verdict(record([1.0, 0.9], sizes=[1.0, nan])).word == "unstable"


@pytest.mark.parametrize("lr", [20.0, 1e200])
def test_a_net_that_was_thrown_out_is_never_called_stable(lr: float) -> None:
    """Its first loss stands before the first step, so that even a single step beyond is seen."""
    model = net()
    optimizer = SGD(model.parameters(), lr=lr)
    told, losses = [], []
    with StabilityMonitor(model, optimizer, cross_entropy, budget=1e9, shadow=0) as monitor:

        def after(inputs: Tensor, targets: Tensor) -> None:
            monitor.step(inputs, targets)
            told.append(monitor.latest["verdict"])
            losses.append(monitor.latest["loss"])

        train(model, optimizer, 40, after)
    begun = monitor.dataset().sel(step=0)
    assert float(begun.loss) == pytest.approx(cross_entropy(net()(data()[0]), data()[1]).item())
    above = [word for word, loss in zip(told, losses, strict=True) if not loss <= float(begun.loss)]
    assert above
    assert "stable" not in above
    if lr > 1e9:
        assert set(told) == {"thrown out"}


def digits_net() -> nn.Sequential:
    torch.manual_seed(0)
    sizes = (64, 64, 64, 10)
    return nn.Sequential(*[m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())][:-1])


@pytest.mark.parametrize(("lr", "good"), [(0.02, True), (0.3, False), (1.0, False)])
def test_digits_in_small_batches(lr: float, good: bool) -> None:
    """What a training at a high rate comes to is chaos; but one that learned nothing is not called stable."""
    digits = load("digits").train
    inputs, targets = digits.images.flatten(1).float(), digits.labels
    model, draws = digits_net(), torch.Generator().manual_seed(0)
    optimizer = SGD(model.parameters(), lr=lr, momentum=0.9)
    with StabilityMonitor(model, optimizer, cross_entropy, budget=1e9, every=10, shadow=0, layers=0) as monitor:
        for _ in range(200):
            rows = torch.randint(len(inputs), (16,), generator=draws)
            optimizer.zero_grad()
            cross_entropy(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()
            monitor.step(inputs[rows], targets[rows])
    told = monitor.dataset().verdict.values[-8:]
    final = cross_entropy(model(inputs), targets).item()
    if good:
        assert final < 0.5
        assert set(told) == {"stable"}
        assert "noise-free edge" in monitor.latest["reason"]
    else:
        assert final < 1.0 or "stable" not in told
