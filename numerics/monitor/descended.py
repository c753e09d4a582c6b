"""The function that an optimiser descends, as a module: the user's loss with its sign, and the coupled weight decay.

It is measured in the mode that it is trained in. Batch norm takes the statistics of the batch that it is given (each batch's
own, where there are several), as in the training step; what is kept in buffers is put back. Dropout draws another function at
each pass: torch's own is off while measuring, and other randomness is refused, by the name of its module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.utils.rnn import PackedSequence

from derive.errors import InputError
from numerics.sharpness.untouched import untouched
from numerics.thresholds import Threshold

LossFn = Callable[[Any, Any], Tensor]

DROPPED = (
    "dropout is off while measuring: the sharpness is that of the loss of the whole network, not of one with units dropped, "
    "which is another one at each step"
)

COUPLED = (
    "batch norm is training, and couples the samples of a batch: the sharpness is that of the loss of the very batch (or "
    "probe) that is measured on; frozen statistics give another one"
)


def call(model: nn.Module, inputs: Any) -> Any:
    """The model on one argument, on positional ones in a tuple or list, or on keyword arguments in a mapping.

    A named tuple, as a packed sequence is one, is one argument.
    """
    if isinstance(inputs, Mapping):
        return model(**inputs)
    several = isinstance(inputs, tuple | list) and not isinstance(inputs, PackedSequence) and not hasattr(inputs, "_fields")
    return model(*inputs) if several else model(inputs)


class Descended(nn.Module):
    r"""What is descended, with output (model's output, :math:`\sum_i \alpha_i |\theta_i|^2 / 2`).

    Weight decay enters in `forward`, by way of the module's own parameters, so that it is differentiated whichever way the
    parameters are swapped in.

    Args:
        model: the user's; its parameters are shared, not copied.
        thresholds: of all parameters, for the coupled decay of each.

    Attributes:
        share: factor of the decay, where the pieces of the data add up to more than one loss.
    """

    prefix = "model."
    """Before the names that the user knows."""

    def __init__(self, model: nn.Module, thresholds: Sequence[Threshold] = ()) -> None:
        super().__init__()
        self.model, self.share = model, 1.0
        decays = {id(t.parameter): t.decay for t in thresholds}
        self.decays = {name: decays.get(id(p), 0.0) for name, p in model.named_parameters()}

    def forward(self, inputs: Any) -> tuple[Any, Tensor | float]:
        """Output and penalty."""
        parameters = dict(self.model.named_parameters())
        scaled = [(self.share * decay, parameters[name]) for name, decay in self.decays.items()]
        return call(self.model, inputs), sum(decay / 2 * p.square().sum() for decay, p in scaled if decay)


def descended_loss(loss_fn: LossFn, maximize: bool) -> LossFn:
    """Loss of a `Descended` module's output.

    Raises:
        NoLossError: when called, if `loss_fn` returns no tensor.
    """
    sign = -1.0 if maximize else 1.0
    return lambda outputs, targets: sign * a_tensor(loss_fn(outputs[0], targets)) + outputs[1]


class NoLossError(InputError):
    """A loss function returned no tensor."""


def a_tensor(loss: Any) -> Tensor:
    """The loss.

    Raises:
        NoLossError: it is none.
    """
    if not isinstance(loss, Tensor):
        raise NoLossError(f"expected loss_fn to return a tensor of one number, got {type(loss).__name__}")
    return loss


@contextmanager
def undisturbed(model: nn.Module, still: Collection[str] = (), loss_fn: LossFn | None = None) -> Iterator[None]:
    """Measure inside, and leave no trace: modes, buffers, other attributes and the states of random numbers come back.

    Args:
        model: stays in its mode, but for dropout, which is off.
        still: names of modules, or of their classes, that are put into evaluation mode, without what is inside them.
        loss_fn: what it keeps comes back too.
    """
    with untouched(model, loss_fn):
        for name, module in model.named_modules():
            if drops(module) or name in still or type(module).__name__ in still:
                module.training = False
        yield


def drops(module: nn.Module) -> bool:
    """Whether a module of torch's drops units as it is; nothing else changes if it is put into evaluation mode."""
    if not module.training:
        return False
    if isinstance(module, _DropoutNd):
        return module.p > 0
    return isinstance(module, nn.MultiheadAttention | nn.RNNBase) and module.dropout > 0


def couples_batch(model: nn.Module) -> bool:
    """Whether a batch norm is training: then each sample's loss depends on the others of its batch."""
    return any(isinstance(module, _BatchNorm) and module.training for module in model.modules())
