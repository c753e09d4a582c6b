"""The comparison of caps: what its rule says of made-up losses, and that a share of the mean-square edge is that share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from experiments.benchmarks.caps.comparison import caption
from experiments.benchmarks.caps.setting import CAPS, PRESETS, TOO_LARGE
from experiments.benchmarks.caps.share import ShareOfMeanSquare
from experiments.benchmarks.caps.told import TODAY, chosen, ratios, worst
from experiments.benchmarks.caps.training import _dataset
from experiments.benchmarks.control.training import Outcome

CONFIG = replace(PRESETS["smoke"], seeds=(0, 1, 2))


def made_up(losses: dict[str, float], spread: float):
    """Fixed ones reach 1; each cap has its own loss, whatever the setting, but for a spread over seeds."""
    settings, chance = list(CONFIG.settings()), np.random.default_rng(0)
    fixed = np.ones((len(settings), CONFIG.rates, 3))
    outcomes = [
        Outcome(losses[cap] * float(np.exp(spread * chance.standard_normal())), 90.0, False, 10, 0)
        for _ in settings for cap in CAPS for _ in TOO_LARGE for _ in CONFIG.seeds
    ]  # fmt: skip
    return _dataset(CONFIG, settings, fixed, [0.1] * len(settings), outcomes)


@pytest.mark.parametrize(
    ("spread", "least", "taken", "words"),
    [
        (0.01, "half", "half", "half of the mean-square edge"),
        (0.01, "c = 2", "c = 2", "c = 2"),
        (2.0, "half", TODAY, "c by rows"),
    ],
)
def test_the_rule_takes_the_least_worst_case_where_seeds_tell_it_apart(
    spread: float, least: str, taken: str, words: str
) -> None:
    results = made_up({"c = 1": 3.0, "c = 2": 2.0, "quarter": 2.5, "half": 2.2} | {least: 1.5}, spread)
    assert chosen(results)[0] == taken
    assert f"The rule takes {words}: " in caption(results)


def test_c_by_rows_is_1_below_64_and_2_from_there_on() -> None:
    decades = ratios(made_up({"c = 1": 3.0, "c = 2": 2.0, "quarter": 2.5, "half": 1.5}, 0.0))
    assert float(worst(decades).sel(cap=TODAY)) == pytest.approx(np.log10(3))
    at = decades.sel(cap=TODAY).isel(too_large=0, seed=0)
    assert at.values == pytest.approx([np.log10(3 if "batch 16" in str(name) else 2) for name in at.setting.values])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_share_of_an_edge_that_is_known(momentum: float) -> None:
    """Of 0.5 a x^2 with a drawn anew for each batch: its mean and deviation are those of the batches told."""
    model = nn.Linear(1, 1, bias=False).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=100.0, momentum=momentum)
    control = ShareOfMeanSquare(model, optimizer, lambda out, y: (out * out).mean() / 2, 0.25, every=1)
    curvatures = [1.0, 4.0, 2.0, 3.0, 5.0]
    for a in curvatures:
        optimizer.param_groups[0]["lr"] = 100.0
        optimizer.zero_grad()
        x = torch.full((2, 1), a**0.5, dtype=torch.float64)
        (model(x) ** 2).mean().div(2).backward()
        control.step(x, x)
    h, s = np.mean(curvatures[:-1]), np.std(curvatures[:-1], ddof=1)
    edge = 2 * (1 - momentum) * h / (s**2 + h**2 * (1 - momentum) / (1 + momentum))
    before = np.mean(curvatures[:-2]), np.std(curvatures[:-2], ddof=1)  # the lower of the last two counts
    earlier = 2 * (1 - momentum) * before[0] / (before[1] ** 2 + before[0] ** 2 * (1 - momentum) / (1 + momentum))
    assert optimizer.param_groups[0]["lr"] == pytest.approx(min(edge, earlier) / 4, rel=1e-6)
