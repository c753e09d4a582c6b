"""Networks to test, each with images that it takes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from numerics.nets import build

SHAPES = {
    "tiny": {"channels": 1, "classes": 10, "size": 8},
    "resnet-8": {"channels": 3, "classes": 10, "size": 16},
    "resnet-b-8": {"channels": 3, "classes": 10, "size": 16},
    "resnet-20": {"channels": 1, "classes": 10, "size": 8},
    "vgg16-bn": {"channels": 3, "classes": 4, "size": 8},
    "chain-1": {"channels": 1, "classes": 2, "size": 3},
    "chain-4": {"channels": 1, "classes": 2, "size": 12},
    "dense-2": {"channels": 3, "classes": 10, "size": 5},
}


def made(name: str, **changed) -> nn.Module:
    return build(name, **(SHAPES[name] | changed))


def images(name: str, count: int = 4, dtype: torch.dtype = torch.float32, **changed) -> Tensor:
    shape = SHAPES[name] | changed
    generator = torch.Generator().manual_seed(7)
    pixels = torch.randn(count, shape["channels"], shape["size"], shape["size"], generator=generator, dtype=torch.float64)
    return pixels.to(dtype)


def parameters(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())
