"""What is measured is the function that is trained: in training mode, of all micro-batches, against dense Hessians of it."""

from __future__ import annotations

import random
import warnings
from collections import namedtuple
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy, dropout
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.optim import SGD

from derive.errors import InputError
from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.monitor.descended import DROPPED
from tests.numerics.monitor.cases import data, net

LR = 0.1
Features = namedtuple("Features", "values shift")


def top(model: nn.Module, loss: Callable[[], Tensor]) -> float:
    """Largest eigenvalue of the Hessian of a loss, column by column, with buffers put back."""
    state = {name: b.clone() for name, b in model.named_buffers()}
    parameters = list(model.parameters())
    slopes = torch.cat(
        [s.flatten() for s in torch.autograd.grad(loss(), parameters, create_graph=True, materialize_grads=True)]
    )
    rows = [torch.autograd.grad(s, parameters, retain_graph=True, materialize_grads=True) for s in slopes]
    for name, b in model.named_buffers():
        b.copy_(state[name])
    return float(torch.linalg.eigvalsh(torch.stack([torch.cat([p.flatten() for p in row]) for row in rows]))[-1])


def told(model: nn.Module, loss_fn, *batch, **options) -> float:
    """The same by the monitor: of plain descent the edge is 2 / lr."""
    options = {"shadow": 0, "tolerance": 1e-8} | options
    with StabilityMonitor(model, SGD(model.parameters(), LR), loss_fn, **options) as monitor:
        return monitor.measure(*batch)["normalised"] * 2 / LR


class Images(nn.Module):
    """Instance norm with statistics that it keeps for evaluation alone."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.line = nn.InstanceNorm1d(2, affine=True, track_running_stats=True), nn.Linear(6, 3)
        self.double()
        self.norm.running_mean.fill_(3.0)
        self.norm.running_var.fill_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.line(self.norm(x.view(-1, 2, 3)).flatten(1))


class Heads(nn.Module):
    """A second output in training only."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.one, self.two = nn.Linear(6, 5).double(), nn.Linear(5, 3).double(), nn.Linear(5, 3).double()

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        h = self.body(x).tanh()
        return {"out": self.one(h), "auxiliary": self.two(h)} if self.training else {"out": self.one(h)}


def both(outputs: dict[str, Tensor], targets: Tensor) -> Tensor:
    return cross_entropy(outputs["out"], targets) + 0.4 * cross_entropy(outputs["auxiliary"], targets)


@pytest.mark.parametrize(("make", "loss"), [(Images, cross_entropy), (Heads, both)])
def test_in_training_mode(make, loss) -> None:
    model, (inputs, targets) = make(), data()
    exact = top(model, lambda: loss(model(inputs), targets))
    assert told(model, loss, inputs, targets) == pytest.approx(exact, rel=1e-6)


def test_frozen_statistics_stay_frozen() -> None:
    """The mode of each module counts."""
    model, (inputs, targets) = Images(), data()
    model.norm.eval()
    exact = top(model, lambda: cross_entropy(model(inputs), targets))
    assert told(model, cross_entropy, inputs, targets) == pytest.approx(exact, rel=1e-6)


@pytest.mark.filterwarnings("ignore::numerics.monitor.StabilityWarning")  # the batch is coupled
def test_batch_norm_by_the_batch_and_of_each_micro_batch() -> None:
    model, (inputs, targets) = net(nn.BatchNorm1d(5)), data()
    exact = top(model, lambda: cross_entropy(model(inputs), targets))
    assert told(model, cross_entropy, inputs, targets) == pytest.approx(exact, rel=1e-6)
    halves = list(zip(inputs.split(8), targets.split(8), strict=True))
    exact = top(model, lambda: sum(cross_entropy(model(x), y) for x, y in halves) / 3)
    assert accumulated(model, halves) == pytest.approx(exact, rel=1e-6)


def accumulated(model: nn.Module, batches, loss_fn=cross_entropy, **options) -> float:
    """As `told`, after a step on micro-batches, at lr 0."""
    optimizer = SGD(model.parameters(), LR)
    options = {"shadow": 0, "tolerance": 1e-8, "budget": 100.0} | options
    with StabilityMonitor(model, optimizer, loss_fn, **options) as monitor:
        for number, batch in enumerate(batches):
            if number == len(batches) - 1:
                optimizer.step()  # without gradients: nothing moves
            monitor.step(*batch)
        assert monitor.records.column("products")[0] > 0
        return monitor.latest["normalised"] * 2 / LR


@pytest.mark.parametrize("sizes", [[8, 8, 8], [2, 21, 1], [24]])
def test_micro_batches_count_the_same(sizes: list[int]) -> None:
    model, (inputs, targets) = net(), data()
    batches = list(zip(inputs.split(sizes), targets.split(sizes), strict=True))
    exact = top(model, lambda: sum(cross_entropy(model(x), y) for x, y in batches) / len(sizes))
    assert accumulated(model, batches) == pytest.approx(exact, rel=1e-6)
    assert accumulated(model, batches, chunk=5) == pytest.approx(exact, rel=1e-6)


def test_the_decay_counts_once_whatever_the_chunks() -> None:
    model, (inputs, targets) = net(), data()
    squares = lambda: 0.3 / 2 * sum(p.square().sum() for p in model.parameters())  # noqa: E731
    for how in ("sum", "mean"):
        loss = partial(cross_entropy, reduction=how)
        exact = top(model, lambda loss=loss: loss(model(inputs), targets) + squares())
        optimizer = SGD(model.parameters(), LR, weight_decay=0.3)
        with StabilityMonitor(model, optimizer, loss, shadow=0, tolerance=1e-8, chunk=7) as monitor:
            row = monitor.measure(inputs, targets)
        assert row["normalised"] * 2 / LR == pytest.approx(exact, rel=1e-6)
        assert row["loss"] == pytest.approx(loss(model(inputs), targets).item())


def test_dropout_of_torch_is_off_and_that_is_said() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.3, batch_first=True, dtype=torch.float64)
    model, (inputs, targets) = nn.Sequential(layer, nn.Linear(6, 3).double()), data()
    inputs = inputs.view(6, 4, 6)
    loss = lambda output, target: cross_entropy(output.flatten(0, 1), target)  # noqa: E731
    with pytest.warns(StabilityWarning, match="dropout is off") as caught:
        found = told(model, loss, inputs, targets)
    assert [str(w.message) for w in caught] == [DROPPED]
    assert all(m.training for m in model.modules())
    layer.eval()
    with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
        assert found == pytest.approx(top(model, lambda: loss(model(inputs), targets)), rel=1e-6)


class Own(nn.Module):
    """Dropout that is no module of torch's."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x) if self.training else x


OWN = {
    "functional": lambda x: dropout(x, 0.5),
    "torch": lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)),
    "numpy": lambda x: x * float(np.random.rand()),  # noqa: NPY002
    "python": lambda x: x * random.random(),
}


@pytest.mark.parametrize("kind", OWN)
def test_other_randomness_is_refused_by_name_and_what_to_do(kind: str) -> None:
    model, (inputs, targets) = net(Own(OWN[kind])), data()
    with pytest.raises(InputError, match=r"'2' \(Own\).*still="):
        told(model, cross_entropy, inputs, targets)
    for still in (["2"], ["Own"]):
        found = told(model, cross_entropy, inputs, targets, still=still)
    assert model[2].training
    model[2].eval()
    assert found == pytest.approx(top(model, lambda: cross_entropy(model(inputs), targets)), rel=1e-6)


class Keeps(nn.Module):
    """Keeps all that a module can: buffers written in place and anew, counters, lists, tensors, generators."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(5).double())
        self.register_buffer("renewed", torch.zeros(5).double())
        self.register_buffer("later", None)
        self.plain, self.calls, self.seen, self.known = torch.zeros(2), 0, [], {}
        self.generator, self.old = torch.Generator().manual_seed(0), np.random.default_rng(0)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.mean.lerp_(x.mean(0), 0.1)
            self.renewed = self.renewed + x.mean(0)
            self.later = x.mean(0)
            self.plain += torch.rand(2, generator=self.generator) + self.old.random()
        self.calls += 1
        self.seen.append(x)
        self.known[self.calls] = x
        random.random()
        np.random.rand()  # noqa: NPY002
        torch.rand(1)
        return x

    def state(self) -> list:
        streams = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()  # noqa: NPY002
        kept = [None if b is None else b.tolist() for b in self._buffers.values()], self.plain.tolist(), self.calls
        inner = self.generator.get_state().tolist(), str(self.old.bit_generator.state)
        return [*streams, *kept, len(self.seen), sorted(self.known), *inner, list(vars(self))]


def test_all_that_modules_keep_is_put_back() -> None:
    model, (inputs, targets) = net(Keeps()), data()
    model(inputs)
    kept = model[2]
    before, buffers, versions = kept.state(), dict(kept._buffers), [b._version for b in kept._buffers.values()]
    told(model, cross_entropy, inputs, targets)
    assert kept.state() == before
    assert all(kept._buffers[name] is b for name, b in buffers.items())
    assert [b._version for b in kept._buffers.values()] == versions
    with pytest.raises(InputError, match="batch"):
        told(model, cross_entropy, inputs[:, :2], targets)
    assert kept.state() == before


def test_rows_that_an_embedding_renormalises_are_not_touched() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(5, 4, max_norm=0.1), nn.Flatten(), nn.Linear(8, 3)).double()
    before = model[0].weight.detach().clone()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(InputError):  # its gradient is of rows that are changed on the way
            told(model, cross_entropy, torch.randint(0, 5, (9, 2)), torch.randint(0, 3, (9,)))
    assert torch.equal(model[0].weight, before)


def test_compiled_models_are_measured_as_they_are() -> None:
    model, (inputs, targets) = net(), data()
    found = told(model, cross_entropy, inputs, targets)
    assert told(torch.compile(model, backend="aot_eager"), cross_entropy, inputs, targets) == pytest.approx(found)


class Pair(nn.Module):
    """Takes a named tuple as one argument."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = net()

    def forward(self, batch: Features) -> Tensor:
        return self.inner(batch.values + batch.shift)


def test_named_tuples_are_one_argument_and_packed_sequences_too() -> None:
    model, (inputs, targets) = Pair(), data()
    found = told(model, cross_entropy, Features(inputs, torch.zeros_like(inputs)), targets)
    assert found == pytest.approx(told(model.inner, cross_entropy, inputs, targets))

    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model.inner

        def forward(self, packed: PackedSequence) -> Tensor:
            return self.inner(packed.data)

    packed = pack_sequence(list(inputs.split(8)))
    order = torch.arange(24).view(3, 8).T.flatten()
    assert told(Rows(), cross_entropy, packed, targets[order]) == pytest.approx(found)
