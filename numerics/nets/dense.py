"""Fully connected nets.

Source: Cohen, Kaur, Li, Kolter, Talwalkar, Gradient descent on neural networks typically occurs at the edge of stability,
ICLR 2021, Figure 5 (depths) and Appendix.
"""

from __future__ import annotations

from torch import nn

from numerics.nets.spec import Spec

WIDTH = 200


def dense(spec: Spec) -> nn.Sequential:
    """L hidden layers of 200 units with tanh, whatever activation the others are built with, then a linear layer."""
    layers, before = [nn.Flatten()], spec.channels * spec.size**2
    for _ in range(spec.layers):
        layers += [nn.Linear(before, WIDTH), nn.Tanh()]
        before = WIDTH
    return nn.Sequential(*layers, nn.Linear(before, spec.classes))
