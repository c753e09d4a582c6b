"""What goes into the model reaches it as it is: its type, its identity, and whether it asks for a gradient."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.checkpoint import checkpoint

from derive.errors import InputError
from numerics.sharpness import Hessian, sharpness
from numerics.sharpness.nested import leaves, mapped, merged
from tests.numerics.sharpness.models import classifier, dense

Labelled = namedtuple("Labelled", "labels weights")


@dataclass(frozen=True)
class Record:
    x: Tensor
    name: str = "r"


class Checkpointed(nn.Module):
    def __init__(self, reentrant: bool | None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.reentrant = nn.Linear(3, 4).double(), nn.Linear(4, 1).double(), reentrant

    def forward(self, x: Tensor) -> Tensor:
        h = self.a(x) if self.reentrant is None else checkpoint(self.a, x, use_reentrant=self.reentrant)
        return self.b(torch.tanh(h))


def rows(number: int = 8) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(number, n, generator=generator, dtype=torch.float64) for n in (3, 1))  # pyright: ignore


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoints(reentrant: bool) -> None:
    inputs, targets = rows()
    exact = dense(Checkpointed(None), mse_loss, (inputs, targets))
    found = Hessian(Checkpointed(reentrant), mse_loss, (inputs.requires_grad_(), targets))
    torch.testing.assert_close(found @ torch.eye(found.size).double(), exact)


def test_a_reentrant_checkpoint_without_a_gradient_is_refused() -> None:
    """No gradient reaches what is inside, in training neither: what is descended is no function of it."""
    with pytest.raises(InputError, match="something is detached"):
        sharpness(Checkpointed(True), mse_loss, rows())


class Field(nn.Module):
    def __init__(self, inside: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net, self.inside = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1)).double(), inside

    def forward(self, x: Tensor) -> Tensor:
        if not self.inside:
            return self.net(x)
        x = x.requires_grad_()
        u = self.net(x)
        return torch.autograd.grad(u.sum(), x, create_graph=True)[0].sum(1, keepdim=True) + u


def laplacian_like(output: Tensor, inputs: Tensor) -> Tensor:
    slope = torch.autograd.grad(output.sum(), inputs, create_graph=True)[0]
    return (slope.sum(1, keepdim=True) - output).square().mean()


def written_out(model: Field, inputs: Tensor) -> Tensor:
    """Hessian of the same loss, row by row of the gradient."""
    parameters = list(model.parameters())
    loss = laplacian_like(model(inputs), inputs)
    slopes = torch.cat([s.flatten() for s in torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)])
    columns = [torch.autograd.grad(s, parameters, retain_graph=True, materialize_grads=True) for s in slopes]
    return torch.stack([torch.cat([c.flatten() for c in column]) for column in columns])


def test_losses_that_differentiate_by_the_inputs() -> None:
    """Equations in the loss: inputs among the targets, or known to the loss beforehand; all at once and in chunks."""
    model, inputs = Field(), rows()[0].requires_grad_()
    exact = written_out(model, inputs)
    unit = torch.eye(len(exact)).double()
    for chunk in (None, 3):
        torch.testing.assert_close(Hessian(model, laplacian_like, (inputs, inputs), chunk=chunk) @ unit, exact)
    closed = lambda output, _: laplacian_like(output, inputs)  # noqa: E731
    torch.testing.assert_close(Hessian(model, closed, (inputs, None)) @ unit, exact)
    assert inputs.grad is None


def test_models_that_differentiate_by_their_inputs() -> None:
    model, data = Field(inside=True), rows()
    found = Hessian(model, mse_loss, data)
    torch.testing.assert_close(found @ torch.eye(found.size).double(), dense(model, mse_loss, data))


@pytest.mark.parametrize("chunk", [None, 4])
def test_targets_keep_their_names(chunk: int | None) -> None:
    model, (inputs, targets) = classifier()
    weights = torch.rand(len(targets)).double()

    def loss(output: Tensor, target: Labelled) -> Tensor:
        each = cross_entropy(output, target.labels, reduction="none")
        return (target.weights * each).sum() / target.weights.sum()

    exact = dense(model, loss, (inputs, Labelled(targets, weights)))
    found = Hessian(model, loss, (inputs, Labelled(targets, weights)), chunk=chunk)
    torch.testing.assert_close(found @ torch.eye(found.size).double(), exact)


def test_packed_sequences_reach_the_model_packed() -> None:
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.rnn, self.line = nn.GRU(3, 4).double(), nn.Linear(4, 2).double()

        def forward(self, packed: PackedSequence) -> Tensor:
            return self.line(self.rnn(packed)[1][-1])

    packed = pack_sequence([torch.randn(n, 3).double() for n in (5, 2, 3)], enforce_sorted=False)
    data = packed, torch.tensor([0, 1, 1])
    found = Hessian(Tagger(), cross_entropy, data)
    torch.testing.assert_close(found @ torch.eye(found.size).double(), dense(Tagger(), cross_entropy, data))


def test_types_are_kept() -> None:
    x, y = torch.ones(2), torch.zeros(2)
    packed = pack_sequence([torch.randn(2), torch.randn(1)])
    given = [x, (y, Labelled(x, 3)), {"a": [x], "b": None}, OrderedDict(z=y), Record(x), packed, "text", torch.Size([2, 3])]
    made = mapped(lambda t: t + 1, given)
    assert list(map(type, made)) == list(map(type, given))
    assert (type(made[1][1]), made[1][1].weights) == (Labelled, 3)
    assert made[0] is made[1][1].labels is made[2]["a"][0] is made[4].x  # one tensor stays one
    assert torch.equal(made[5].batch_sizes, packed.batch_sizes)
    assert [torch.equal(a, b + 1) for a, b in zip(leaves(made), leaves(given), strict=True)] == [True] * 7
    assert given[0] is x
    assert x.sum() == 2
    assert mapped(lambda t: t, given) is given


def test_what_libraries_hold_tensors_in() -> None:
    transformers = pytest.importorskip("transformers")
    from transformers.modeling_outputs import SequenceClassifierOutput

    encoding = transformers.BatchEncoding({"ids": torch.ones(3, 2), "mask": torch.zeros(3, 2)})
    made = mapped(lambda t: t[:1], encoding)
    assert type(made) is type(encoding)
    assert made["ids"].shape == (1, 2)
    assert encoding["ids"].shape == (3, 2)
    output = mapped(lambda t: 2 * t, SequenceClassifierOutput(loss=torch.ones(()), logits=torch.ones(3)))
    assert (type(output), float(output.loss), output.hidden_states) == (SequenceClassifierOutput, 2.0, None)


def test_unlike_things_are_not_merged() -> None:
    x = torch.ones(2)
    for other in ([x], (x, x), {"a": x}, Labelled(x, 1), x, Record(x)):
        with pytest.raises(ValueError, match=r"."):
            merged(lambda a, b: a, (x,), other)


def test_inputs_of_a_type_of_the_users_own() -> None:
    class Graph:
        def __init__(self, x: Tensor) -> None:
            self.x = x

    class OfGraph(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, graph: Graph) -> Tensor:
            return self.inner(graph.x)

    model, (inputs, targets) = classifier()
    found = sharpness(OfGraph(model), cross_entropy, (Graph(inputs), targets))
    assert float(found) == pytest.approx(float(sharpness(model, cross_entropy, (inputs, targets))))


def test_sparse_embeddings() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 3, sparse=True), nn.Flatten(), nn.Linear(6, 3)).double()
    data = torch.randint(0, 7, (9, 2)), torch.randint(0, 3, (9,))
    found = Hessian(model, cross_entropy, data) @ torch.eye(42).double()
    assert model[0].sparse
    model[0].sparse = False
    torch.testing.assert_close(found, dense(model, cross_entropy, data))


@pytest.mark.parametrize("kept", [torch.float16, torch.float32])
def test_a_model_and_a_loss_may_convert_what_they_are_given(kept: torch.dtype) -> None:
    """Numbers that all these types hold: one and the same function, whoever converts them."""

    class Converting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x.double())

    model, (x, y) = Checkpointed(None), ((8 * t).round() / 8 for t in rows())
    there, here = (Hessian(m, mse_loss, d) for m, d in ((model, (x, y)), (Converting(), (x.to(kept), y.to(kept)))))
    probe = torch.ones(there.size, dtype=torch.float64)
    torch.testing.assert_close(here @ probe, there @ probe, rtol=1e-9, atol=1e-12)
