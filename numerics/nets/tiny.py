"""A small net for quick runs."""

from __future__ import annotations

from torch import nn

from numerics.nets.pooling import GlobalMean
from numerics.nets.spec import Spec

WIDTHS = (12, 24)


def tiny(spec: Spec) -> nn.Sequential:
    """Two 3 x 3 convolutions with batch norm, the second with stride 2: 3022 parameters for one channel and ten classes.

    Raises:
        InputError: images below 2 x 2.
    """
    spec.at_least(2)
    first, second = WIDTHS
    return nn.Sequential(
        nn.Conv2d(spec.channels, first, 3, padding=1, bias=False),
        nn.BatchNorm2d(first),
        spec.activation(),
        nn.Conv2d(first, second, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(second),
        spec.activation(),
        GlobalMean(),
        nn.Linear(second, spec.classes),
    )
