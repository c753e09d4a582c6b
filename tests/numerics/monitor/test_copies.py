"""A watched model and its optimiser are saved and copied as if nobody watched, and nobody watches what comes of it."""

from __future__ import annotations

import io
import pickle
import pickletools
from copy import deepcopy

import pytest
import torch
from torch.optim import SGD
from torch.optim.swa_utils import AveragedModel

from numerics.monitor import StabilityMonitor
from tests.numerics.monitor.cases import cross_entropy, data, net, train

pytestmark = pytest.mark.exact


def saved(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)


@pytest.mark.parametrize("copied", [saved, deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_watched_training_is_copied(copied) -> None:
    alone, model = net(), net()
    optimizer = SGD(model.parameters(), 0.1, momentum=0.9)
    train(alone, SGD(alone.parameters(), 0.1, momentum=0.9), 14, lambda *_: None)
    copies = []
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=1.0, window=12, budget=100.0) as watching:

        def after(*batch: torch.Tensor) -> None:
            watching.step(*batch)
            copies.append(copied((model, optimizer)))

        train(model, optimizer, 14, after)
        taken = watching._watch.observer.steps
        other, its = copies[3]
        train(other, its, 10, lambda *_: None)
        assert watching._watch.observer.steps == taken
        assert watching._watch.observer.failure is None
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), alone.parameters(), strict=True))
    assert all(torch.equal(p, q) for p, q in zip(other.parameters(), alone.parameters(), strict=True))


def test_a_copy_outlives_the_watching() -> None:
    model = net()
    watching = StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy)
    copies = [deepcopy(model), AveragedModel(model)]
    watching.close()
    for copy in copies:
        again = saved(copy)
        assert torch.equal(again(data()[0]), copy(data()[0]))


def test_what_is_saved_does_not_name_this_package() -> None:
    """It is loaded elsewhere."""
    model = net()
    with StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy):
        names = [str(argument) for _, argument, _ in pickletools.genops(pickle.dumps(model))]
    assert not any("numerics" in name for name in names)
