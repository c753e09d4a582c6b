"""The L-layer network of one channel that the theory treats.

Source: Eq 20-22 and Section 6.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from derive.errors import InputError
from numerics.nets.spec import Spec

KERNEL = 3


class Chain(nn.Module):
    """I_l = r(K_l * I_{l-1}), z = mean of I_L over the pixels it has; logits 0 and z.

    K * I is the correlation where the kernel fits ("valid"), so each layer loses two rows and columns. There are no biases.
    Cross entropy of the logits (0, z) is the paper's, of s(z) against a label of 0 or 1.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        layers = [(nn.Conv2d(1, 1, KERNEL, bias=False), spec.activation()) for _ in range(spec.layers)]
        self.layers = nn.Sequential(*(part for layer in layers for part in layer))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) -> (N, 2)."""
        z = self.layers(x).mean((1, 2, 3))
        return torch.stack([torch.zeros_like(z), z], 1)


def chain(spec: Spec) -> Chain:
    """The net of L layers with 3 x 3 kernels, so of 9 L parameters.

    Raises:
        InputError: images of several channels, not two classes, L < 1, or images below 2 L + 1 pixels.
    """
    if spec.channels != 1 or spec.classes != 2:
        got = f"{spec.channels} and {spec.classes}"
        raise InputError(f"expected 1 channel and 2 classes for {spec.name}, got {got}; load the data with two classes")
    spec.at_least((KERNEL - 1) * spec.layers + 1)
    return Chain(spec)
