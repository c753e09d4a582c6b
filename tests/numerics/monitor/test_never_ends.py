"""Whatever fails while a monitor watches, the training goes on, bit for bit as without it, and the reason is said once."""

from __future__ import annotations

import inspect
import random
import warnings
from types import FunctionType

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from derive.errors import InputError
from numerics import thresholds
from numerics.monitor import (
    StabilityMonitor,
    StabilityWarning,
    budget,
    clock,
    curvature,
    descended,
    gauge,
    monitor,
    observer,
    records,
    remarks,
    shadow,
    shadows,
    spikes,
    usual,
    watch,
    witness,
)
from numerics.sharpness import checks, held, hessian, measure, objective, pooled, untouched, weights
from tests.numerics.monitor.cases import data, net, train

STEPS = 2


class Keeping(nn.Module):
    """Draws from every stream, and keeps what it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            with torch.no_grad():
                self.mean.mul_(0.9).add_(0.1 * x.mean(0))
        return x


def after_training(watch: bool, **options) -> list:
    """All that a training leaves behind."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    model = net(nn.BatchNorm1d(5), Keeping(), nn.Dropout(0.3), dtype=torch.float32)
    optimizer = SGD(model.parameters(), 0.1, momentum=0.9)
    options = {"budget": 1000.0, "shadow": 0.9, "window": 12, "tolerance": 0.5} | options
    watching = StabilityMonitor(model, optimizer, cross_entropy, **options) if watch else None
    inputs, targets = data(dtype=torch.float32)
    for number in range(STEPS):
        optimizer.zero_grad()
        shift = 1e-2 * random.random() * float(np.random.rand())  # noqa: NPY002
        cross_entropy(model(inputs + shift), targets).backward()
        optimizer.step()
        if watching is not None:
            watching.step(inputs, targets)
        if number == 0:
            model[1].eval()
    if watching is not None:
        watching.close()
    hooks = [len(h) for m in model.modules() for h in (m._forward_hooks, m._forward_pre_hooks, m._backward_hooks)]
    hooks += [len(optimizer._optimizer_step_pre_hooks), len(optimizer._optimizer_step_post_hooks)]
    tensors = [*model.state_dict().values(), *(p.grad for p in model.parameters())]
    tensors += [s["momentum_buffer"] for s in optimizer.state.values()]
    streams = [torch.rand(1).item(), random.random(), float(np.random.rand())]  # noqa: NPY002
    return [[t.tolist() for t in tensors], hooks, [m.training for m in model.modules()], streams]


OURS = [budget, clock, curvature, descended, gauge, monitor, observer, records, remarks, shadow, shadows, spikes, watch]
OURS += [checks, held, hessian, measure, objective, pooled, thresholds, untouched, usual, weights, witness]
KEEPERS = {
    "step_of",
    "missing",
    "tried",
    "once",
    "watching",
    "_without_numbers",
    "_outside",
    "reason",
    "__init__",
    "__deepcopy__",
    "__exit__",
    "__enter__",
}
"""What catches; beginnings; and what is not called in a training."""


def internals() -> list[tuple[object, str]]:
    """Functions and methods of the modules at work."""
    found: list[tuple[object, str]] = []
    for module in OURS:
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                found += [(value, n) for n, v in vars(value).items() if isinstance(v, FunctionType | property)]
            elif inspect.isfunction(value) and (value.__module__ or "").startswith("numerics"):
                found.append((module, name))
    doors = [(StabilityMonitor, "step"), (StabilityMonitor, "close"), (observer.Hook, "__call__")]
    doors += [
        (observer.Observer, "close"),
        (witness.Witness, "close"),
        (spikes.Spikes, "close"),
        (watch.Watch, "close"),
        (held.Held, "put_back"),
    ]  # what takes off, and puts back
    doors += [(held, name) for name in ("_refill", "_same", "_bind", "_write_back", "_write_back_array")]
    return [pair for pair in found if pair not in doors and pair[1] not in KEEPERS]


PARTS = 4
"""Of the calls, of which one is tried unless all are asked for (`-m slow`)."""


class Broken(RuntimeError):
    pass


@pytest.mark.exact
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))])
def test_every_internal_call_fails_in_turn(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other: none of them reaches the training, and what it leaves has the bits of a training alone."""
    expected = after_training(False)
    reached = 0
    for owner, name in internals()[part::PARTS]:
        failing = [0]

        def fail(*_: object, failing: list[int] = failing, **__: object) -> None:
            failing[0] += 1
            raise Broken("broken")

        with monkeypatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore", StabilityWarning)
            value = inspect.getattr_static(owner, name)
            patch.setattr(owner, name, property(fail) if isinstance(value, property) else fail)
            if fails_as_it_is_made():  # that is meant
                continue
            failing[0] = 0
            found = after_training(True)
        reached += failing[0] > 0
        assert found == expected, (owner, name)
    assert reached > 100 / PARTS


def fails_as_it_is_made() -> bool:
    """Before the training, errors are meant."""
    model = net(dtype=torch.float32)
    try:
        StabilityMonitor(model, SGD(model.parameters(), 0.1), cross_entropy)
    except Broken:
        return True
    return False


def test_groups_that_come_while_a_shadow_runs() -> None:
    """As trainings do that thaw layers one after another; the next window begins anew."""
    model = net()
    optimizer = SGD(model[2].parameters(), 0.1)
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=1.0, window=12, budget=100.0) as watching:

        def after(*batch: torch.Tensor) -> None:
            if watching._watch.observer.steps == 5:
                optimizer.add_param_group({"params": model[0].parameters(), "lr": 0.05})
            watching.step(*batch)

        with pytest.warns(StabilityWarning, match="got other groups") as caught:
            train(model, optimizer, 40, after)
        assert len(caught) == 1
        results = watching.dataset()
    assert results.rel_l1.count() >= 17  # five steps of the window that was broken off, and a whole one of twelve
    assert set(results.group.values) == {0, 1}


def test_sparse_embeddings_are_measured() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 3, sparse=True), nn.Flatten(), nn.Linear(6, 3)).double()
    optimizer, batch = SGD(model.parameters(), 0.1), (torch.randint(0, 7, (9, 2)), torch.randint(0, 3, (9,)))
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=0) as watching:
        found = watching.measure(*batch)["normalised"]
        model[0].sparse = False
        assert watching.measure(*batch)["normalised"] == pytest.approx(found, rel=1e-2)


class Loud:
    """A sink that fails."""

    def write(self, step: int, row: object) -> None:
        raise OSError(f"no space left at step {step}")

    def close(self) -> None:
        raise OSError("no space left")


def test_a_reason_is_said_once_whatever_its_numbers() -> None:
    with pytest.warns(StabilityWarning) as caught:
        after_training(True, sinks=[Loud()], shadow=0)
    texts = [str(w.message) for w in caught if "not measured" in str(w.message)]
    assert len(texts) == 2  # writing, and closing
    assert "OSError: no space left at step 1" in texts[0]
    assert all("\n" not in text for text in texts)
    assert {w.filename for w in caught} == {__file__}


def test_a_batch_that_does_not_fit_is_said_and_costs_no_more_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    model = net()
    optimizer, (inputs, targets) = SGD(model.parameters(), 0.1), data()
    tried = []
    row = gauge.Gauge.row
    monkeypatch.setattr(gauge.Gauge, "row", lambda *args: tried.append(1) or row(*args))
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=0, budget=1.0) as watching:
        with pytest.warns(StabilityWarning, match="expected a batch that model and loss_fn take") as caught:
            train(model, optimizer, 40, lambda x, y: watching.step(x[:, :2], y))
        assert len(caught) == 1
        assert 1 < len(tried) <= 1 + 40 / watch.ATTEMPT
        with pytest.raises(InputError, match="expected a batch that model and loss_fn take"):
            watching.measure(inputs[:, :2], targets)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_passes(error: type[BaseException]) -> None:
    model, optimizer = net(), None

    def ends(*_: object) -> torch.Tensor:
        raise error

    optimizer = SGD(model.parameters(), 0.1)
    watching = StabilityMonitor(model, optimizer, ends, shadow=0)
    optimizer.step()
    streams = torch.get_rng_state()
    with pytest.raises(error):
        watching.step(*data())
    assert torch.equal(torch.get_rng_state(), streams)
    assert model.training
    watching.close()


def test_a_filter_that_makes_errors_of_warnings_is_obeyed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", StabilityWarning)
        with pytest.raises(StabilityWarning, match="batch norm"):
            after_training(True)


class Mute(RuntimeError):
    def __str__(self) -> str:
        raise KeyError

    __repr__ = __str__


def test_an_error_without_a_readable_message_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Mute

    monkeypatch.setattr(gauge.Gauge, "row", fail)
    expected = after_training(False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert after_training(True, shadow=0.0) == expected
    assert any(str(one.message).endswith("is not measured: Mute: its message cannot be read") for one in said)
