from __future__ import annotations

import pytest
import torch
from torch import nn

from numerics.training.trail import trail


def trained(optimizer=torch.optim.Adam, dtype=torch.float32, device="cpu"):
    """A small net with batch norm after two steps, and its optimiser."""
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
    net = net.to(device, dtype)
    optimizer = optimizer(net.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.randn(6, 4, generator=generator).to(device, dtype)).square().mean().backward()
        optimizer.step()
    return net, optimizer


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_equal_states_have_equal_trails(dtype, device):
    first, second = trail(*trained(dtype=dtype, device=device)), trail(*trained(dtype=dtype, device=device))
    assert first == second
    assert len(first) == 32
    assert int(first, 16) >= 0


def nudge(tensor):
    """The last bit of the last number."""
    tensor.detach().view(-1)[-1:].view(torch.uint8)[:1].bitwise_xor_(1)


def test_every_single_tensor_counts_to_the_last_bit():
    net, optimizer = trained()
    tensors = [*net.state_dict().values(), *(v for state in optimizer.state.values() for v in state.values())]
    seen = {trail(net, optimizer)}
    for tensor in tensors:
        nudge(tensor)
        seen.add(trail(net, optimizer))
        nudge(tensor)
    assert len(tensors) == 9 + 3 * 6
    assert len(seen) == len(tensors) + 1
    assert trail(net, optimizer) in seen


def test_the_sign_of_zero_counts():
    net, optimizer = trained()
    with torch.no_grad():
        net[0].weight[0, 0] = 0.0
        plus = trail(net, optimizer)
        net[0].weight[0, 0] = -0.0
    assert trail(net, optimizer) != plus


def test_type_and_shape_count():
    nets = [nn.Linear(1, 4, bias=False), nn.Linear(2, 2, bias=False), nn.Linear(4, 1, bias=False)]
    for net in nets:
        nn.init.zeros_(net.weight)
    half = nn.Linear(1, 2, bias=False, dtype=torch.float64)
    nn.init.zeros_(half.weight)
    trails = {trail(net, torch.optim.SGD(net.parameters(), lr=1.0)) for net in [*nets, half]}
    assert len(trails) == 4


def test_layout_in_memory_and_step_size_do_not_count():
    net, optimizer = trained()
    before = trail(net, optimizer)
    optimizer.param_groups[0]["lr"] = 7.0
    with torch.no_grad():
        net[0].weight.data = net[0].weight.data.t().contiguous().t()
    assert trail(net, optimizer) == before
