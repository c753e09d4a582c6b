"""Each benchmark is there with all that it names, and a little of what it times runs; no time is looked at."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import nn

from experiments.benchmarks import checkpointing, monitor, perturbed_step, rel_l1_logging, sharpness_tracking, side_by_side
from experiments.benchmarks.__main__ import MODULES
from numerics.datasets import load
from numerics.optim import PerturbedSGD
from numerics.training.member import members
from numerics.training.recipe import Group, Recipe


@pytest.mark.parametrize("name", MODULES)
def test_it_is_there(name: str) -> None:
    assert callable(import_module(f"experiments.benchmarks.{name}").run)


def test_what_rel_l1_logging_times() -> None:
    group, data = Group(Recipe(net="resnet-8", data="digits"), ks=(1, 3)), load("digits")
    step, epoch, each = (call() for call in rel_l1_logging._calls(members(group, data, "cpu"), group, data))
    assert len(step) == len(epoch) == len(each) == 2
    assert float(each[0]) == 0 < float(each[1])  # one step has been done before


def test_the_contenders_side_by_side() -> None:
    setting = replace(side_by_side.SETTINGS["cpu"], batch=4, steps=1)
    group = Group(Recipe(net=setting.net, batch=setting.batch), ks=(1, 3))
    for contender in side_by_side._contenders(group, side_by_side.noise(setting, "cpu"), "cpu", setting.steps):
        contender()


def test_a_round_of_the_perturbed_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perturbed_step, "BATCH", 2)
    assert all(t > 0 for t in perturbed_step.Round(lambda p: PerturbedSGD(p, lr=0.01, k=3))())


def test_what_is_checkpointed() -> None:
    group, data = checkpointing._on_a_cpu()
    assert group.recipe.epochs > 1
    assert len(data.train.labels)


def test_a_step_with_the_monitor_and_without() -> None:
    for watched in (False, True):
        step, made = monitor.loop(watched)
        assert (made is not None) == watched
        assert callable(step)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # of the peer
def test_both_ways_of_tracking_a_sharpness() -> None:
    torch.manual_seed(0)
    model, data = nn.Linear(3, 2), (torch.randn(8, 3), torch.randint(2, (8,)))
    ours = sharpness_tracking.by_us(model, data, 1e-3, None)
    theirs = sharpness_tracking.by_eigsh(model, data, 1e-3, None)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-2)
