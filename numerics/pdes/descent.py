"""Full-batch training of any torch model as the simulation of its gradient flow, weights as one vector.

So all that is there for flows serves for training: last-bit perturbations, verdicts, edges by bisection.

Source: Section 6.2 (full-batch gradient descent).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from numerics.pdes.simulate import Flow

LossFunction = Callable[[Tensor, Tensor], Tensor]


class Descent(NamedTuple):
    """Gradient descent on the mean loss over all data plus (alpha/2) |weights|^2.

    Attributes:
        flow: minus the gradient, (..., P) -> (..., P); members of a batch one after another.
        loss: (..., P) -> (...), the weight decay's part included.
        start: the model's weights in one vector, (P,).
    """

    flow: Flow
    loss: Callable[[Tensor], Tensor]
    start: Tensor


def descent(
    model: nn.Module, inputs: Tensor, targets: Tensor, alpha: float = 0.0, loss_function: LossFunction = cross_entropy
) -> Descent:
    """The flow of a model on all its data at once; the model itself is left as it is.

    Args:
        model: deterministic; its buffers stay what they are.
        inputs: (N, ...).
        targets: (N, ...).
        alpha: weight decay.
        loss_function: mean over the data of outputs and targets.
    """
    named = {name: parameter.detach() for name, parameter in model.named_parameters()}
    sizes, shapes = [p.numel() for p in named.values()], [p.shape for p in named.values()]
    buffers = {name: buffer.detach().clone() for name, buffer in model.named_buffers()}

    def objective(weights: Tensor) -> Tensor:
        parts = zip(named, weights.split(sizes), shapes, strict=True)
        # Buffers are copied: batch norm writes into its own even when it does not use them.
        given = {name: part.view(shape) for name, part, shape in parts} | {n: b.clone() for n, b in buffers.items()}
        return loss_function(functional_call(model, given, (inputs,)), targets) + alpha / 2 * weights.square().sum()

    def force(weights: Tensor) -> Tensor:
        tracked = weights if weights.requires_grad else weights.detach().requires_grad_()
        return -torch.autograd.grad(objective(tracked), tracked, create_graph=weights.requires_grad)[0]

    return Descent(_each(force), _each(objective), torch.cat([p.flatten() for p in named.values()]))


def _each(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """One member after another: batched, a convolution would become a grouped one, with other roundings."""

    def evaluate(states: Tensor) -> Tensor:
        if states.ndim == 1:
            return function(states)
        values = [function(member) for member in states.reshape(-1, states.shape[-1])]
        return torch.stack(values).reshape(*states.shape[:-1], *values[0].shape)

    return evaluate
