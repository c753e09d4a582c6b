"""Trainings whose last bits are compared: nothing but the last bit may differ, on any device."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from experiments.edges import edge_of_optimizers_runs, figure_9, full_batch, supp_figure_2
from experiments.edges.edge_of_optimizers_runs import Pace, follow
from experiments.edges.full_batch import FullBatch
from experiments.running.progress import silent
from numerics.common.determinism import reproducible
from numerics.datasets import Split
from numerics.pdes.simulate import simulate

RUNS = FullBatch(("tiny",), (0.1,), subset=8, steps=2, every=1)


class Met(Exception):
    """The training has begun; whether it is deterministic."""


def spy(*_, **__):
    raise Met(torch.are_deterministic_algorithms_enabled())


@pytest.mark.parametrize(
    ("module", "start"),
    [
        (full_batch, lambda: full_batch.train(RUNS, "cpu", silent)),
        (figure_9, lambda: figure_9.compute(replace(figure_9.PRESETS["smoke"]), "cpu", silent)),
        (supp_figure_2, lambda: supp_figure_2.compute(supp_figure_2.PRESETS["smoke"], "cpu", silent)),
    ],
)
def test_full_batch_trainings_are_deterministic(module, start, monkeypatch):
    monkeypatch.setattr(module, "simulate", spy)
    with pytest.raises(Met) as met:
        start()
    assert met.value.args == (True,)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_training_that_is_followed_is_deterministic(monkeypatch):
    monkeypatch.setattr(edge_of_optimizers_runs, "_train", spy)
    model = nn.Linear(2, 2)
    with pytest.raises(Met) as met:
        split = Split(torch.ones(4, 2), torch.zeros(4), torch.zeros(1))
        follow(model, torch.optim.SGD(model.parameters(), lr=0.1), nn.functional.mse_loss, split, Pace(14, 7))
    assert met.value.args == (True,)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("net", ["tiny", "resnet-8"])
def test_one_beside_one_is_one(net, device):
    """k = 1 against k = 1 is exactly 0; k = 3, the negative control, is not."""
    setting = replace(RUNS, dtype="float32")
    found = setting.descent(net, setting.images(device), device)
    ks = torch.tensor([1.0, 1.0, 3.0], device=device)[:, None]
    with reproducible():
        states = simulate(found.flow, found.start.expand(3, -1), 0.1, 3, k=ks).final
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
