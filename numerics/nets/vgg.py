"""VGG16 with batch norm and the small head that is customary for small images.

Source: Simonyan, Zisserman, Very deep convolutional networks, ICLR 2015, configuration D; features as in torchvision's
vgg16_bn.
"""

from __future__ import annotations

from torch import nn

from numerics.nets.pooling import GlobalMean
from numerics.nets.spec import Spec

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels; after each stage the largest of 2 x 2 pixels is taken."""


def vgg16(spec: Spec) -> nn.Sequential:
    """Thirteen 3 x 3 convolutions and one linear layer.

    An odd height is rounded up where it is halved, so images of 28 x 28 pixels, which torchvision's net would lose, work too;
    on 32 x 32 nothing changes. As there, convolutions have biases, which batch norm takes out again: their gradients are
    nothing but rounding.

    Raises:
        InputError: images below 2 x 2.
    """
    spec.at_least(2)
    layers, before = [], spec.channels
    for stage in STAGES:
        for after in stage:
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), spec.activation()]
            before = after
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*layers, GlobalMean(), nn.Linear(before, spec.classes))
