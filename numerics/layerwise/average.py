"""The layer-wise bound on the step size, averaged over a data set: the theory knows one image only.

With the output error a_i and the constant c_{l,i} that stands for g_l on image i, a layer's kernel sees

    alpha K + (beta/2) mean_i a_i c_{l,i} [(K * I_{l-1,i}) * I_{l-1,i}] W,

whose greatest eigenvalue takes the place of a_l max|Ihat|^2 in Thm 5.4.

Source: Thm 5.7 and the text around Eq 25; the average is ours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derive import theorem
from numerics.datasets import Split
from numerics.layerwise.layers import Network


def layer_steps(images: Split, kernels: Tensor, alpha: float, beta: float) -> list[float]:
    """Largest stable step size layer by layer, all layers taken as transitioning, outputs averaged over space.

    Only the greatest eigenvalue counts: where the least one asks for more weight decay, no step size helps.

    Args:
        images: one channel, labels 0 and 1.
        kernels: (layers, h, w), in the images' dtype and on their device.
        alpha: weight decay.
        beta: parameter of Swish.
    """
    shape = kernels.shape[-2:]
    operators = kernels.new_zeros(len(kernels), shape.numel(), shape.numel())
    for image, label in zip(images.images[:, 0], images.labels.double().tolist(), strict=True):
        fields = Network(image, label, beta, pooling="mean").fields(list(kernels))
        for layer, (below, g) in enumerate(zip(fields.inputs, fields.downstream, strict=False)):
            operators[layer] += fields.error.squeeze() * g.mean() * _gram(below, shape) / len(images.labels)
    largest = theorem("eq-25").function("numpy", "largest_lr")
    greatest = torch.linalg.eigvalsh(operators)[:, -1].tolist()
    return [float(largest(a_l=1.0, alpha=alpha, beta=beta, power_min=power, power_max=power)) for power in greatest]


def _gram(image: Tensor, shape: torch.Size) -> Tensor:
    """K -> [(K * I) * I] W as a matrix, for the correlation that stays inside the image."""
    patches = torch.nn.functional.unfold(image[None, None], tuple(shape))[0]
    return patches @ patches.mT
