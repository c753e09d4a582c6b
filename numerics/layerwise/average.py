r"""The layer-wise theory averaged over a data set, of a chain in training: the theory knows one image only.

With g_l constant in space, a layer's kernel sees

.. math:: \alpha K + (\beta/2) \sum_i a_{l,i} [(K * I_{l-1,i}) * I_{l-1,i}] W,

where a_(l,i) is the mean over space of the derivative of the loss in I_l on image i. Its greatest eigenvalue takes the place
of :math:`a_l \max|\hat I|^2` in Thm 5.4.

Source: Thm 5.7 and the text around Eq 25; the average is ours.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from derive import theorem
from numerics.datasets import Split
from numerics.nets.chain import Chain

IMAGES = 1024
"""At once: the patches of one take nine times its memory."""

Loss = Callable[[Tensor, Tensor], Tensor]
"""(outputs, labels) -> scalar, a mean over the images."""


def layer_steps(model: Chain, loss: Loss, split: Split, alpha: float, beta: float) -> list[float]:
    """Largest stable step size layer by layer, all layers taken as transitioning, outputs averaged over space.

    Only the greatest eigenvalue counts: where the least one asks for more weight decay, no step size helps.

    Args:
        model: with the kernels at which it is asked for.
        loss: without weight decay.
        split: the images.
        alpha: weight decay.
        beta: parameter of Swish.
    """
    operators = torch.stack(layer_operators(model, loss, split))
    return [largest_step(power, alpha, beta) for power in torch.linalg.eigvalsh(operators)[:, -1].tolist()]


def largest_step(power: float, alpha: float, beta: float) -> float:
    """Of a layer whose operator, without beta/2, has this greatest eigenvalue."""
    largest = theorem("eq-25").function("numpy", "largest_lr")
    return float(largest(a_l=1.0, alpha=alpha, beta=beta, power_min=power, power_max=power))


def layer_operators(model: Chain, loss: Loss, split: Split) -> list[Tensor]:
    """The operator of each layer on its kernel, without alpha and beta/2, as a matrix (h w, h w) in float64."""
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
    """Sum over images of the mean slope times K -> [(K * I) * I] W, for the correlation that stays inside the image."""
    operator = below.new_zeros(shape.numel(), shape.numel(), dtype=torch.float64)
    means = slope.double().mean((1, 2, 3))
    for images, weights in zip(below.detach().double().split(IMAGES), means.split(IMAGES), strict=True):
        patches = torch.nn.functional.unfold(images, tuple(shape))
        operator += torch.einsum("i,iax,ibx->ab", weights, patches, patches)
    return operator
