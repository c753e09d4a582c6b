"""Residual networks for small images.

Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition, CVPR 2016, Section 4.2.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import pad

from derive.errors import InputError
from numerics.nets.pooling import GlobalMean
from numerics.nets.spec import Spec

WIDTHS = (16, 32, 64)
"""Channels of the three stages; the second and the third begin with stride 2."""


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norm, beside a shortcut without parameters (option A).

    Where the shape changes the shortcut takes every second pixel and adds channels of zeros, half of them on each side.
    """

    def __init__(self, before: int, after: int, spec: Spec) -> None:
        super().__init__()
        self.stride, self.added = after // before, (after - before) // 2
        self.conv1 = nn.Conv2d(before, after, 3, stride=self.stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.act1 = spec.activation()
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.act2 = spec.activation()

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H / stride, W / stride), rounded up."""
        inner = self.norm2(self.conv2(self.act1(self.norm1(self.conv1(x)))))
        return self.act2(inner + (self.shortcut(x) if self.added else x))

    def shortcut(self, x: Tensor) -> Tensor:
        """Where the shape changes: (N, before, H, W) -> (N, after, H / stride, W / stride), rounded up."""
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added, self.added))


class ProjectionBlock(Block):
    """The same beside a shortcut with parameters where the shape changes (option B): a 1 x 1 convolution with batch norm."""

    def __init__(self, before: int, after: int, spec: Spec) -> None:
        super().__init__(before, after, spec)
        if self.added:
            self.conv3 = nn.Conv2d(before, after, 1, stride=self.stride, bias=False)
            self.norm3 = nn.BatchNorm2d(after)

    def shortcut(self, x: Tensor) -> Tensor:
        """See Block."""
        return self.norm3(self.conv3(x))


def resnet(spec: Spec) -> nn.Sequential:
    """A residual net of L = 6n + 2 layers: three stages of n blocks with 16, 32 and 64 channels.

    Raises:
        InputError: L is not 6n + 2 with n >= 1, or images below 4 x 4.
    """
    return _stages(spec, Block)


def resnet_b(spec: Spec) -> nn.Sequential:
    """The same with shortcuts of option B: two have parameters, which do not count as layers.

    Raises:
        InputError: as `resnet`.
    """
    return _stages(spec, ProjectionBlock)


def _stages(spec: Spec, block: type[Block]) -> nn.Sequential:
    blocks, rest = divmod(spec.layers - 2, 6)
    if rest or blocks < 1:
        raise InputError(f"expected a ResNet of 6n + 2 layers (8, 14, 20, ..., 56, ...), got {spec.name!r}")
    spec.at_least(4)
    widths = [WIDTHS[0], *(width for width in WIDTHS for _ in range(blocks))]
    return nn.Sequential(
        nn.Conv2d(spec.channels, WIDTHS[0], 3, padding=1, bias=False),
        nn.BatchNorm2d(WIDTHS[0]),
        spec.activation(),
        *(block(before, after, spec) for before, after in pairwise(widths)),
        GlobalMean(),
        nn.Linear(WIDTHS[-1], spec.classes),
    )
