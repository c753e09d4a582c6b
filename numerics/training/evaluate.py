"""A member on the test images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from numerics.datasets import Split

BATCH = 1000
"""Images at once; always the same, for the bits of a logit may depend on it."""


@torch.no_grad()
def predictions(net: nn.Module, split: Split) -> Tensor:
    """Predicted classes, by the running statistics of batch norm; the net is back in training mode afterwards.

    Args:
        net: gives logits (N, classes).
        split: the images, on the net's device.

    Returns:
        (n,) int64, on the device.
    """
    net.eval()
    classes = [net(images).argmax(-1) for images in split.images.split(BATCH)]
    net.train()
    return torch.cat(classes)


def accuracy(classes: Tensor, labels: Tensor) -> Tensor:
    """Percent of predicted classes that are right; a float64 scalar on the device."""
    return 100 * (classes == labels).double().mean()
