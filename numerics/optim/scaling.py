r"""The smallest perturbation of a training step: a factor k put into it and taken out again.

"paper": :math:`\theta - (\eta/k)(k\,d)`. "code": :math:`\theta - (\eta k)(d/k)`, as the authors' code does it. Here d is
torch's direction, weight decay and momentum included. In exact arithmetic k changes nothing. In floating point a power of
two changes nothing either, bit for bit, unless a number overflows or becomes subnormal on the way; every other k changes
the last bits, within `numerics.optim.bounds.update_error`.

Source: Section 4.1, and the authors' code.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from numerics.optim.adam import AdamRule
from numerics.optim.base import Direction, LastBit, Share
from numerics.optim.perturbation import Perturbation
from numerics.optim.sgd import SGDRule


class Scaling(LastBit):
    """The last operation with k in it."""

    def __init__(self, params: Any, *arguments: Any, k: int = 1, form: str = "paper", **torch_arguments: Any) -> None:
        super().__init__({"k": k, "form": form}, params, *arguments, **torch_arguments)

    def _check(self, group: dict[str, Any]) -> None:
        Perturbation("scaling", group["k"], group["form"])
        super()._check(group)

    def _advance(self, share: Share, direction: Direction) -> None:
        scaled, lr = scale(share, direction, share.group["lr"])
        self._subtract(share, scaled, lr)


def scale(share: Share, direction: Direction, lr: float | Tensor) -> tuple[Direction, float | Tensor]:
    """Put k into the direction and take it out of the step size, or the other way round."""
    k, paper = share.group["k"], share.group["form"] == "paper"
    numerators = share.lists("mul" if paper else "div", direction.numerators, k)
    return direction._replace(numerators=numerators), lr / k if paper else lr * k


class PerturbedSGD(Scaling, SGDRule):
    """torch.optim.SGD with its update perturbed in the last bits; for k = 1 it is torch's own, bit for bit.

    Args:
        params: as in torch: tensors, named tensors or groups; a group may have its own `k` and `form`.
        *arguments: of torch.optim.SGD in its order: lr, momentum, dampening, weight_decay, nesterov.
        k: the factor put in and taken out, 1 <= k <= 2^24; odd ones perturb, powers of two do not.
        form: "paper" for (eta/k)(k d), "code" for (eta k)(d/k).
        **torch_arguments: of torch.optim.SGD; `fused` and `differentiable` have to be off.

    Raises:
        InputError: k, form or lr out of range; fused or differentiable; a sparse gradient.

    A captured CUDA graph holds the step size; capture again when it changes. A tensor as lr makes the host wait, as in torch,
    and is scaled by k in its own number format.

    >>> import torch
    >>> weights = [torch.nn.Parameter(torch.tensor([0.3])) for _ in range(3)]
    >>> for weight, k in zip(weights, (1, 2, 3)):
    ...     weight.grad = torch.tensor([0.7])
    ...     PerturbedSGD([weight], lr=0.1, k=k, form="code").step()
    >>> torch.equal(weights[0], weights[1])
    True
    >>> PerturbedSGD([weight], lr=0.1, k=0)
    Traceback (most recent call last):
    derive.errors.InputError: expected k to be an integer from 1 to 16777216, got 0

    Source: Section 4.1.
    """


class PerturbedAdam(Scaling, AdamRule):
    """torch.optim.Adam with its update perturbed in the last bits; for k = 1 it is torch's own, bit for bit.

    k multiplies or divides the mean gradient in the numerator, eta is Adam's lr. Weight decay that is decoupled shrinks the
    weights before and is not perturbed.

    Args:
        params: as in torch; a group may have its own `k` and `form`.
        *arguments: of torch.optim.Adam in its order: lr, betas, eps, weight_decay, amsgrad.
        k: see `PerturbedSGD`.
        form: see `PerturbedSGD`.
        **torch_arguments: of torch.optim.Adam; `fused` and `differentiable` have to be off, betas are floats.

    Raises:
        InputError: as for `PerturbedSGD`; captured in a CUDA graph without `capturable`.

    Source: Section 4.1; Table 7.
    """
