"""Hooks of the user's own run while a monitor measures, and can tell."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from functools import partial
from queue import SimpleQueue

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from numerics.monitor import StabilityMonitor
from numerics.sharpness import layer_sharpness, measuring, sharpness
from tests.numerics.monitor.cases import data, net

pytestmark = pytest.mark.exact

STEPS, FEW = 15, 4
"""The former with a whole window of the shadow."""


def drained(log: SimpleQueue) -> Counter:
    """What was logged, where no measurement puts anything back."""
    return Counter(log.get_nowait() for _ in range(log.qsize()))


def trained(model: nn.Module, monitor: StabilityMonitor, steps: int = STEPS) -> None:
    inputs, targets = data()
    for _ in range(steps):
        monitor.optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        monitor.optimizer.step()
        monitor.step(inputs, targets)
    monitor.measure(inputs, targets)


OPTIONS = {"budget": 1000.0, "shadow": 0.9, "window": 12, "smallest": True}
KINDS = ("pre", "forward", "backward")


def test_passes_of_the_training_are_told_from_those_that_measure() -> None:
    """Forward and backward, with a shadow, layers and the smallest eigenvalue."""
    model, log = net(), SimpleQueue()
    with StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy, **OPTIONS) as monitor:
        model[0].register_forward_pre_hook(lambda *_: log.put(("pre", monitor.measuring)))
        model[0].register_forward_hook(lambda *_: log.put(("forward", monitor.measuring)))
        model[-1].register_full_backward_hook(lambda *_: log.put(("backward", monitor.measuring)))
        trained(model, monitor)
        assert not monitor.measuring
    seen = drained(log)
    assert {kind: seen[kind, False] for kind in KINDS} == dict.fromkeys(KINDS, STEPS)
    assert min(seen[kind, True] for kind in KINDS) > STEPS


class Latest(dict):
    """Whose update is no dictionary's."""

    def update(self, *_: object, **__: object) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        raise NotImplementedError


class Kept(list):
    """Likewise."""

    def extend(self, *_: object) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("kind", [Counter, Latest, dict, partial(defaultdict, int), OrderedDict])
def test_what_hooks_count_is_the_trainings(kind) -> None:
    model, seen, each = net(), kind(), Kept()

    def hook(name: str):
        def count(*_: object) -> None:
            seen[name] = seen.get(name, 0) + 1
            each.append(name)

        return count

    with StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy, **OPTIONS | {"shadow": 0.0}) as monitor:
        model[0].register_forward_hook(hook("forward"))
        model[-1].register_full_backward_hook(hook("backward"))
        trained(model, monitor, FEW)
    assert list(seen.items()) == [("forward", FEW), ("backward", FEW)]
    assert each == ["forward", "backward"] * FEW


def test_it_cannot_be_set() -> None:
    model = net()
    monitor = StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy)
    with pytest.raises(AttributeError):
        monitor.measuring = True  # type: ignore[misc]
    monitor.close()


@pytest.mark.parametrize("measure", [sharpness, layer_sharpness])
def test_sharpness_alone_is_told_too(measure) -> None:
    model, log = net(), SimpleQueue()
    model[0].register_forward_hook(lambda *_: log.put(measuring()))
    measure(model, cross_entropy, data())
    assert set(drained(log)) == {True}
    assert not measuring()


def test_it_is_over_after_a_failure() -> None:
    model = net()
    with pytest.raises(ZeroDivisionError):
        sharpness(model, lambda *_: torch.tensor(1 / 0), data())
    assert not measuring()
