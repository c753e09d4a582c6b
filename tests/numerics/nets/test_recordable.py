"""A step of every net can be recorded: nothing in it waits for a number, and it is the same operations each time."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from numerics.common.determinism import reproducible
from tests.numerics.nets.cases import SHAPES, images, made

pytestmark = pytest.mark.exact


@pytest.mark.parametrize("activation", ["relu", "swish"])
@pytest.mark.parametrize("name", SHAPES)
def test_no_operation_asks_for_a_number(name, activation):
    """On torch's meta device there are shapes and no numbers: whoever asks for one fails."""
    net = made(name, activation=activation, beta=2.0).to("meta")
    cross_entropy(net(images(name).to("meta")), torch.zeros(4, dtype=torch.int64, device="meta")).backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_a_net_that_asks_for_a_number_would_be_found():
    class Peeks(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.max().item() > 0 else -x

    with pytest.raises((NotImplementedError, RuntimeError)):
        Peeks()(torch.zeros(2, device="meta"))


@pytest.mark.gpu
@pytest.mark.parametrize("name", SHAPES)
def test_a_recorded_step_has_the_bits_of_the_eager_one(name):
    net, pictures = made(name, device="cuda", activation="swish"), images(name).cuda()
    labels = torch.tensor([0, 1, 0, 1], device="cuda")

    def gradients() -> list[torch.Tensor]:
        loss = cross_entropy(net(pictures), labels)
        return list(torch.autograd.grad(loss, list(net.parameters())))

    with reproducible():
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            eager = [grad.clone() for grad in gradients()]
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            recorded = gradients()
        graph.replay()
        torch.cuda.synchronize()
    assert all(torch.equal(one, other) for one, other in zip(eager, recorded, strict=True))
