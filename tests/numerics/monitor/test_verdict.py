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


def in_mean_square(value: float, low: float = 0.95, coupled_high: float = 1.05) -> Row:
    """As if the batches were nearly alike."""
    told = {"mean_square": value, "mean_square_low": low * value, "mean_square_high": 1.02 * value}
    return {**told, "coupled": 1.02 * value, "coupled_high": coupled_high * value}


def record(losses: list[float], normalised: float | list[float] = 0.5, sizes: list[float] | None = None) -> list[Row]:
    """A measurement at each step, after the loss before the first."""
    values = normalised if isinstance(normalised, list) else [normalised] * (len(losses) - 1)
    rows: list[Row] = [{"step": n, "loss": loss} for n, loss in enumerate(losses)]
    for row, value in zip(rows[1:], values, strict=True):
        row |= {"normalised": value, "largest_lr": {0: 0.1 / value if value else inf}, **in_mean_square(value)}
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


def prefixes(rows: list[Row], **kwargs: bool) -> list[str]:
    return [verdict(rows[:n], **kwargs).word for n in range(2, len(rows) + 1)]


@pytest.mark.parametrize(
    "losses",
    [
        [47.5, 42.1, 15.8, 1.39, 1.01e6],
        [47.5, 42.1, 15.8, 1.39, 1.01e6, 3e4],
        [0.7, 1e5],
        [2.3] * 30 + [100.0],
        [2.3, 2.2, 2.4, 2.3, 2.1, 1e3, 1e9, 1e4, 1e6, 1e12],  # its own ups and downs are no excuse
    ],
)
@pytest.mark.parametrize("sampled", [True, False])
def test_a_loss_that_has_blown_up_is_never_stable(losses: list[float], sampled: bool) -> None:
    for normalised, expected in ((0.045, "thrown out"), (0.95, "thrown out"), (1.5, "unstable")):
        found = verdict(record(losses, normalised), sampled)
        assert found.word == expected
        assert f"{losses[-1]:.3g}" in found.reason


def test_an_outlier_counts_while_it_is_the_newest() -> None:
    words = prefixes(record([*noisy([0.3] * 20, 0.02), 500.0, *noisy([0.3] * 20, 0.02, 1)]), sampled=True)
    assert [n for n, word in enumerate(words) if word != "stable"] == [19]


def test_losses_of_one_sample_spread_by_orders_and_seldom_blow_up() -> None:
    """Squared Gaussians: how seldom is stated, of the newest one at any number of those before."""
    draws = np.random.default_rng(0).standard_normal((1000, 12)) ** 2
    for count in (2, 3, 5, 12):
        found = ["since it left" in verdict(record([float(v) for v in row[:count]]), sampled=True).reason for row in draws]
        assert np.mean(found) < 2.5 * 0.01  # of the newest, and of the one before where that is no outlier


GROWN = list(np.linspace(1, 9, 5))
"""Weights from a small initialisation, as healthy trainings have them."""


@pytest.mark.parametrize(
    "losses",
    [
        [71.2, 58.0, 31.8, 0.903, 4.1e-10],
        [1.13, 0.9, 0.6, 0.3, 0.146],
        [1.13, 0.95, 0.55, 0.6, 0.146],
        [2.3, 2.0, 1.7, 1.4, 1.1],
    ],
)
def test_a_descent_of_few_measurements_is_no_noise(losses: list[float]) -> None:
    assert set(prefixes(record(losses, [0.01, 0.4, 0.3, 0.2], GROWN), sampled=True)) == {"stable"}


def test_weights_that_grew_are_held_against_what_did_not_fall_alone() -> None:
    falls, stays = [], []
    for seed in range(200):
        sizes = list(np.linspace(1, 5, 8))
        values = [0.4, 0.3, 0.2, 0.15, 0.12, 0.11, 0.105]
        falls.append(
            verdict(record(noisy([1.1, 0.9, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15], 0.1, seed), [0.01, *values[:-1]], sizes), True)
        )
        stays.append(verdict(record(noisy([1.1] * 8, 0.1, seed), values[::-1][:1] + values[:-1], sizes), True))
    assert [v.word for v in falls].count("thrown out") <= 0.01 * len(falls)
    assert [v.word for v in stays].count("thrown out") >= 0.8 * len(stays)


def test_a_descent_long_ago_is_remembered_when_the_weights_grow_late() -> None:
    """Weights that pass the threefold long after the loss has settled, on batches whose losses differ by half a loss."""
    found = []
    for seed in range(20):
        losses = [1.2, *np.clip(noisy([0.8, 0.6, *[0.4] * 147], 0.25, seed), 0.05, 1.19)]
        rows = record([float(v) for v in losses], [0.3, *[0.1] * 147, 0.11], list(np.linspace(1, 3.1, 150)))
        found.append(verdict(rows, sampled=True))
    assert {v.word for v in found} == {"stable"}


def test_descents_whose_noise_is_half_the_loss_are_seldom_blamed_for_large_weights() -> None:
    draws, level = np.random.default_rng(0), 2 * np.exp(-np.arange(40) / 8) + 0.3
    values = [0.1 * (1 + n % 2) for n in range(39)]
    words = []
    for _ in range(40):
        losses = [float(v) for v in level * draws.chisquare(8, 40) / 8]
        words += prefixes(record(losses, values, list(np.linspace(1, 4.6, 40))), sampled=True)
    assert words.count("thrown out") < 0.02 * len(words)


ALTERNATES = [1.3, 1.1, 1.9, 1.5, 3.6, 3.0, 7.9, 6.7, 16.0, 14.0]


@pytest.mark.parametrize("sampled", [True, False])
def test_a_loss_that_grows_in_turns_is_unstable(sampled: bool) -> None:
    losses = ALTERNATES + [float(f * 2.2**n) for n in range(1, 15) for f in (16, 14)]
    words = prefixes(record(losses, 7.0), sampled=sampled)
    assert set(words[(16 if sampled else 6) :]) == {"unstable"}
    if not sampled:
        assert set(words[:6]) == {"restrained"}


@pytest.mark.parametrize("seed", range(10))
def test_a_loss_that_grows_by_orders_on_sampled_batches_is_unstable_for_good(seed: int) -> None:
    walk = 1.5 * np.arange(40) + 1.5 * np.random.default_rng(seed).standard_normal(40)
    words = prefixes(record([float(v) for v in np.exp(walk)], 1.5), sampled=True)
    assert set(words[12:]) == {"unstable"}


@pytest.mark.parametrize("growth", [1.0, 1.02, 1.05])
def test_oscillation_at_the_edge_is_restrained(growth: float) -> None:
    """Period two about a level that stays or falls, with an amplitude that grows before it is bounded."""
    n = np.arange(60)
    amplitude = 0.05 * np.minimum(growth**n, 3.0)
    losses = [float(v) for v in np.exp(-n / 100) + amplitude * (-1.0) ** n]
    assert set(prefixes(record(losses, 1.3))) == {"restrained"}
    assert set(prefixes(record([3.0, *losses], 1.05))) == {"at the edge"}


def test_noise_beyond_the_edge_is_seldom_growth() -> None:
    words = [word for seed in range(40) for word in prefixes(record(noisy([0.3] * 60, 0.05, seed), 1.5), sampled=True)]
    assert words.count("unstable") < 0.01 * len(words)


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
    with StabilityMonitor(model, optimizer, cross_entropy, budget=1e9, every=10, shadow=0, layers=0, batches=4) as monitor:
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
        assert set(told) <= {"stable", "undecided"}  # what goes across is large in batches of 16
        assert all(edge in monitor.latest["reason"] for edge in ("noise-free edge", "mean-square edge"))
    else:
        assert final < 1.0 or "stable" not in told
