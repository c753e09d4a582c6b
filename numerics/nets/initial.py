"""Initial weights, decided by a seed alone.

They are drawn in float64 and rounded once to the net's own precision, so nets of all precisions begin at the same point,
up to that rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import init

Rule = Callable[[nn.Module, torch.Generator], None]


def he(layer: nn.Module, generator: torch.Generator) -> None:
    """Weights of a convolution N(0, 2 / fan_in), those of a linear layer N(0, 1 / fan_in), biases 0.

    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers, ICCV 2015 (convolutions); LeCun, Bottou, Orr, Müller, Efficient
    backprop, 1998 (no activation follows the linear layer).
    """
    kind = "relu" if isinstance(layer, nn.Conv2d) else "linear"
    init.kaiming_normal_(layer.weight, nonlinearity=kind, generator=generator)
    if layer.bias is not None:
        init.zeros_(layer.bias)


def he_out(layer: nn.Module, generator: torch.Generator) -> None:
    """Weights of a convolution N(0, 2 / fan_out), as the code of Section 4 draws them; a linear layer as in `uniform`."""
    if isinstance(layer, nn.Conv2d):
        init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
    else:
        uniform(layer, generator)


def uniform(layer: nn.Module, generator: torch.Generator) -> None:
    """Weights and biases uniform within 1 / sqrt(fan_in), as torch's own layers begin."""
    bound = layer.weight[0].numel() ** -0.5
    for weight in (layer.weight, layer.bias):
        if weight is not None:
            init.uniform_(weight, -bound, bound, generator=generator)


def begin(net: nn.Module, rule: Rule, seed: int) -> None:
    """Give all layers of a float64 net their initial values, in order, without touching torch's global generator."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                rule(layer, generator)
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_parameters()
