r"""The layer-wise theory of the PDE beside the Hessian of a chain in training, under any optimiser with an edge.

As for the Hessian, each weight is scaled by its own largest stable curvature, which is one number for gd and momentum, and
follows Adam's denominators; that is ours.

Source: Thm 5.4, 5.7 and the text around Eq 25.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from experiments.edges.full_batch import edge
from numerics.datasets import Split
from numerics.layerwise.average import Loss, largest_step, layer_operators
from numerics.nets.chain import Chain
from numerics.thresholds import Threshold

BETA = 1.0
"""Of Swish; the nets here are built with it."""


def theory(model: Chain, loss: Loss, split: Split, thresholds: Sequence[Threshold]) -> float:
    """Curvature that the theory gives to the sharpest layer, over the optimiser's edge; 1 is the PDE's bound.

    Args:
        model: without weight decay.
        loss: (outputs, labels) -> scalar, a mean over the images.
        split: the images.
        thresholds: thresholds of the kernels, from the image up.
    """
    pairs = zip(layer_operators(model, loss, split), thresholds, strict=True)
    return max(_over_the_edge(operator, at.scale.flatten().to(operator)) for operator, at in pairs)


def _over_the_edge(operator: Tensor, scale: Tensor) -> float:
    root = scale.rsqrt()
    power = float(torch.linalg.eigvalsh(root[:, None] * operator * root)[-1])
    # At a_l = 1 and no weight decay; the theory's largest step is the edge of gradient descent over its curvature.
    return edge() / largest_step(power, 0.0, BETA) if power else 0.0
