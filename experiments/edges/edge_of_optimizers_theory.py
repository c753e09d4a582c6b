r"""The layer-wise theory of the PDE beside the Hessian of a chain in training, under any optimiser with an edge.

With g_l constant in space, layer l sees

.. math:: K \mapsto (\beta/2) \sum_i a_{l,i} [(K * I_{l-1,i}) * I_{l-1,i}] W,

where a_(l,i) is the mean over space of the derivative of the loss in I_l on image i. Its greatest eigenvalue stands for
:math:`a_l \max|\hat I|^2` in Thm 5.4. As for the Hessian, each weight is scaled by its own largest stable curvature, which is
one number for gd and momentum, and follows Adam's denominators; that, and the sum over images, are ours.

Source: Thm 5.4, 5.7 and the text around Eq 25.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from derive import theorem
from experiments.edges.full_batch import edge
from numerics.datasets import Split
from numerics.nets.chain import Chain
from numerics.thresholds import Threshold

BETA = 1.0
"""Of Swish; the nets here are built with it."""


def theory(model: Chain, loss: Callable[[Tensor, Tensor], Tensor], split: Split, found: Sequence[Threshold]) -> float:
    """Curvature that the theory gives to the sharpest layer, over the optimiser's edge; 1 is the PDE's bound.

    Args:
        model: without weight decay.
        loss: (outputs, labels) -> scalar, a mean over the images.
        split: the images.
        found: thresholds of the kernels, from the image up.
    """
    pairs = zip(layer_operators(model, loss, split), found, strict=True)
    return max(_over_the_edge(operator, at.scale.flatten().to(operator)) for operator, at in pairs)


def layer_operators(model: Chain, loss: Callable[[Tensor, Tensor], Tensor], split: Split) -> list[Tensor]:
    """The operator of each layer on its kernel, without beta/2, as a matrix (h w, h w) in float64."""
    outputs: list[Tensor] = []
    hooks = [part.register_forward_hook(lambda _, __, output: outputs.append(output)) for part in model.layers[1::2]]
    value = loss(model(split.images), split.labels)
    for hook in hooks:
        hook.remove()
    slopes, inputs = torch.autograd.grad(value, outputs), [split.images, *outputs]
    kernels = [layer.weight.shape[-2:] for layer in model.layers[::2]]
    # The last of the inputs is the output.
    return [_operator(*parts) for parts in zip(inputs, slopes, kernels, strict=False)]


def _operator(below: Tensor, slope: Tensor, shape: torch.Size) -> Tensor:
    """Sum over images of the mean slope times K -> (K * I) * I."""
    patches = torch.nn.functional.unfold(below.detach().double(), tuple(shape))
    return torch.einsum("i,iax,ibx->ab", slope.double().mean((1, 2, 3)), patches, patches)


def _over_the_edge(operator: Tensor, scale: Tensor) -> float:
    root = scale.rsqrt()
    power = float(torch.linalg.eigvalsh(root[:, None] * operator * root)[-1])
    # At a_l = 1 and no weight decay; the theory's largest step is the edge of gradient descent over its curvature.
    return edge() / _largest_step()(a_l=1.0, alpha=0.0, beta=BETA, power_min=power, power_max=power) if power else 0.0


@cache
def _largest_step() -> Callable:
    return theorem("eq-25").function("numpy", "largest_lr")
