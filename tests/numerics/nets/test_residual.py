"""The residual block, shortcut and all, against sums written out; VGG's pooling against torchvision's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d, linear

from tests.numerics.nets.cases import images, made


def shortcut(x: Tensor, channels: int) -> Tensor:
    """Every second pixel, zeros for the channels that are new: element by element."""
    count, before, height, width = x.shape
    out = torch.zeros(count, channels, -(-height // 2), -(-width // 2), dtype=x.dtype)
    for channel in range(before):
        for row in range(0, height, 2):
            for column in range(0, width, 2):
                out[:, channel + (channels - before) // 2, row // 2, column // 2] = x[:, channel, row, column]
    return out


def by_hand(net: nn.Module, x: Tensor, projected: bool) -> Tensor:
    """The logits of resnet-8, or resnet-b-8, from its weights in the order in which they stand, in training mode."""
    weights = iter(net.parameters())

    def convolved(x: Tensor, stride: int = 1, padding: int = 1) -> Tensor:
        x = conv2d(x, next(weights), stride=stride, padding=padding)
        return batch_norm(x, None, None, next(weights), next(weights), training=True)

    x = convolved(x).relu()
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        inner = convolved(convolved(x, stride).relu())
        beside = x if stride == 1 else convolved(x, stride, 0) if projected else shortcut(x, channels)
        x = (inner + beside).relu()
    return linear(x.sum((2, 3)) / (x.shape[2] * x.shape[3]), next(weights), next(weights))


@pytest.mark.parametrize("name", ["resnet-8", "resnet-b-8"])
@pytest.mark.parametrize("size", [8, 11, 16])
def test_resnet_8_is_what_the_paper_draws(size, name):
    net = made(name, size=size, dtype=torch.float64)
    with torch.no_grad():  # weights of batch norm that differ, lest an exchange of two goes unseen
        for number, layer in enumerate(layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)):
            layer.weight.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(number))
            layer.bias.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(number + 100))
    x = images(name, size=size, dtype=torch.float64)
    assert torch.allclose(net(x), by_hand(net, x, projected="b" in name.split("-")), rtol=1e-12, atol=1e-12)


def test_without_its_convolutions_a_block_is_its_shortcut():
    x = images("resnet-8", size=9, dtype=torch.float64).repeat(1, 6, 1, 1)[:, :16]
    for block, channels in ((made("resnet-8", dtype=torch.float64)[4], 32), (made("resnet-8", dtype=torch.float64)[3], 16)):
        nn.init.zeros_(block.norm2.weight)
        assert torch.equal(block(x), (shortcut(x, channels) if channels > 16 else x).relu())


def test_shortcuts_have_no_parameters():
    for layer in made("resnet-20").modules():
        if isinstance(layer, nn.Conv2d):
            assert layer.kernel_size == (3, 3)


@pytest.mark.slow
def test_vgg16_on_32_pixels_pools_as_torchvision_does():
    net = made("vgg16-bn", size=32).eval()
    x = images("vgg16-bn", 2, size=32)
    assert torch.equal(net(x), _with_floors(net, x))


def _with_floors(net: nn.Module, x: Tensor) -> Tensor:
    for layer in net:
        x = nn.functional.max_pool2d(x, 2) if isinstance(layer, nn.MaxPool2d) else layer(x)
    return x


def test_vgg16_takes_images_of_28_pixels():
    net = made("vgg16-bn", size=28).eval()
    x, heights = torch.zeros(1, 1, 28, 28), []
    for layer in net:
        if isinstance(layer, nn.MaxPool2d):
            x = layer(x)
            heights.append(x.shape[-1])
    assert heights == [14, 7, 4, 2, 1]
