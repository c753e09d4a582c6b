"""The function that an optimiser descends, as a module: the user's loss with its sign, and the coupled weight decay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from numerics.thresholds import Threshold

LossFn = Callable[[Any, Any], Tensor]


def call(model: nn.Module, inputs: Any) -> Any:
    """The model on a tensor, on positional arguments in a tuple or list, or on keyword arguments in a mapping."""
    if isinstance(inputs, Mapping):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, tuple | list) else model(inputs)


class Descended(nn.Module):
    r"""What is descended, with output (model's output, :math:`\sum_i \alpha_i |\theta_i|^2 / 2`).

    Weight decay enters in `forward`, by way of the module's own parameters, so that it is differentiated whichever way the
    parameters are swapped in.

    Args:
        model: the user's; its parameters are shared, not copied.
        found: thresholds, for the coupled decay of each parameter.
    """

    def __init__(self, model: nn.Module, found: Sequence[Threshold]) -> None:
        super().__init__()
        self.model = model
        decays = {id(t.parameter): t.decay for t in found}
        self.decays = {name: decays.get(id(p), 0.0) for name, p in model.named_parameters()}

    def forward(self, inputs: Any) -> tuple[Any, Tensor | float]:
        """Output and penalty."""
        parameters = dict(self.model.named_parameters())
        penalties = [decay / 2 * parameters[name].square().sum() for name, decay in self.decays.items() if decay]
        return call(self.model, inputs), sum(penalties)


def descended_loss(loss_fn: LossFn, maximize: bool) -> LossFn:
    """Loss of a `Descended` module's output."""
    sign = -1.0 if maximize else 1.0
    return lambda outputs, targets: sign * loss_fn(outputs[0], targets) + outputs[1]


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Measure inside, and leave no trace: modes, buffers and the state of the random numbers come back.

    Inside, all is in evaluation mode (dropout off) but the batch norms that were training: they go on normalising with the
    batch's statistics, as in the training step.
    """
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = {p.device for p in model.parameters() if p.device.type == "cuda"}
    with torch.random.fork_rng(devices=sorted(d.index or 0 for d in devices)):
        try:
            for module, training in modes:
                module.training = training and isinstance(module, _BatchNorm)
            yield
        finally:
            for module, training in modes:
                module.training = training
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


def couples_batch(model: nn.Module) -> bool:
    """Whether a batch norm is training: then each sample's loss depends on the others of its batch."""
    return any(isinstance(module, _BatchNorm) and module.training for module in model.modules())
