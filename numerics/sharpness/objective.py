"""The loss as a function of some parameters of a model, at the point where the model is now.

Parameters and buffers are copied and swapped in for each evaluation: what the model keeps (running statistics, gradients,
hooks on its parameters) is neither seen nor changed, and training may go on while the copy is measured. The mode that the
model is in counts: in training mode the loss is the one that is trained, with the statistics of the batch where a norm takes
them.

A loss over all rows is the weighted sum of its pieces', so that data of any size go through in pieces that fit the memory.
That holds for a mean or a sum over independent rows; where a batch norm in training mode couples them, chunks are refused,
and whole batches are measured with a warning.

>>> line = torch.nn.Linear(1, 1, bias=False)
>>> _ = torch.nn.init.constant_(line.weight, 3.0)
>>> data = torch.ones(4, 1), torch.zeros(4, 1)
>>> square = Objective(line, torch.nn.functional.mse_loss, data, chunk=2)  # w^2, in two pieces
>>> from numerics.sharpness.nearby import moved
>>> further = moved(square.tensors, 1.0, [torch.ones(1, 1)])
>>> with square.undisturbed():
...     sum(piece.weight * square.loss(piece, further).item() for piece in square.pieces)
16.0
>>> line.weight.item(), line.weight.grad is None
(3.0, True)
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from derive.errors import InputError
from numerics.sharpness.batches import Piece, pieces
from numerics.sharpness.nested import leaves, lent, mapped
from numerics.sharpness.undisturbed import undisturbed

LossFn = Callable[[Any, Any], Tensor]


class _Whole(nn.Module):
    """Model and loss, which may look at the model's parameters itself."""

    def __init__(self, model: nn.Module, loss_fn: LossFn) -> None:
        super().__init__()
        self.model, self.loss_fn = model, loss_fn

    def forward(self, inputs: Any, targets: Any) -> Tensor:
        """The loss."""
        return self.loss_fn(self.model(inputs), targets)


class BatchCoupledWarning(UserWarning):
    """Batch norm in training mode: the loss of a row depends on the rows beside it."""


class Objective:
    """Loss over all data, its parameters as arguments.

    Args:
        model: any module; compiled and parallel wrappers are taken off.
        loss_fn: (output, targets) -> scalar, the mean or the sum over the rows.
        data: (inputs, targets), or an iterable of such batches; the model is called with `inputs` as its one argument.
        parameters: those that it is a function of; all that require a gradient by default.
        chunk: most rows at once.
        reduction: "mean" or "sum"; None for whichever it is; "batches" for the mean of the batches' losses, each counting the
            same whatever its size, as in the accumulation of gradients.

    Attributes:
        tensors: copies of the parameters, leaves that require a gradient.
        pieces: the data, weighed by rows until `weights.weighed` has asked the loss.

    Raises:
        InputError: no parameters that require a gradient, or of several types or devices, or not the model's; bad data.

    Warns:
        BatchCoupledWarning: a batch norm is in training mode.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_fn: LossFn,
        data: Any,
        parameters: Iterable[Tensor] | None = None,
        chunk: int | None = None,
        reduction: str | None = "mean",
    ) -> None:
        self.model, self.loss_fn, self.reduction = bare(model), loss_fn, reduction
        self.originals = selected(self.model, parameters)
        self.names = _names(self.model, self.originals)
        self._precise: Callable[[Tensor], Tensor] = lambda tensor: tensor
        with torch.inference_mode(False), torch.no_grad():
            self.pieces = pieces(data, chunk, reduction, self.originals[0])
            copies = {name: p.clone() for name, p in self.model.named_parameters()}
            self.tensors = [copies.pop(name).requires_grad_() for name in self.names]
            self._fixed = copies
        self._refuse_coupling(chunk)

    def loss(self, piece: Piece, tensors: Sequence[Tensor]) -> Tensor:
        """Loss of one piece, scalar; call it inside `undisturbed`."""
        return self._called(_Whole(self.model, self.loss_fn), "model.", lent((piece.inputs, piece.targets)), tensors)

    def output(self, piece: Piece, tensors: Sequence[Tensor]) -> Any:
        """What the model gives of one piece."""
        return self._called(self.model, "", lent((piece.inputs,)), tensors)

    def undisturbed(self) -> AbstractContextManager[None]:
        """What the loss is evaluated in: see `undisturbed`."""
        asked = [t for piece in self.pieces for t in leaves((piece.inputs, piece.targets)) if t.requires_grad]
        return undisturbed(self.model, self.tensors[0].device, self.loss_fn, *asked)

    def _called(self, module: nn.Module, prefix: str, arguments: tuple[Any, ...], tensors: Sequence[Tensor]) -> Any:
        buffers = {name: self._precise(buffer.clone()) for name, buffer in self.model.named_buffers()}
        state = {**self._fixed, **buffers, **dict(zip(self.names, tensors, strict=True))}
        return functional_call(module, {prefix + name: tensor for name, tensor in state.items()}, arguments)

    def doubled(self, piece: Piece) -> tuple[Objective, Piece]:
        """The same in float64; what the model or the loss hold beside parameters and buffers stays as it is."""
        twin = copy(self)
        twin._precise = _doubled
        with torch.no_grad():
            twin._fixed = {name: _doubled(t) for name, t in self._fixed.items()}
            twin.tensors = [t.detach().double().requires_grad_() for t in self.tensors]
            inputs, targets = mapped(_doubled, (piece.inputs, piece.targets))
        return twin, piece._replace(inputs=inputs, targets=targets)

    def called(self, name: str) -> str:
        """A module's name as the user knows it, in quotes."""
        return repr(name.removeprefix(getattr(self.model, "prefix", "")))

    @property
    def coupled(self) -> str | None:
        """Name of a batch norm that normalises with the batch's own statistics."""
        for name, module in self.model.named_modules():
            if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
                return name or type(module).__name__
        return None

    def _refuse_coupling(self, chunk: int | None) -> None:
        name = self.coupled
        if name is None:
            return
        if chunk is not None and len(self.pieces) > 1:
            raise InputError(
                f"expected no chunks with batch norm {name!r} in training mode, they change the loss; call model.eval()"
            )
        each = "" if len(self.pieces) == 1 else f", here in each of the {len(self.pieces)} batches by itself"
        text = f"batch norm {name!r} is in training mode: the loss of a row depends on its batch{each}; model.eval() ends it"
        warnings.warn(text, BatchCoupledWarning, stacklevel=_outside())


def _doubled(tensor: Tensor) -> Tensor:
    """A floating point number in float64."""
    return tensor.detach().double().requires_grad_(tensor.requires_grad) if tensor.is_floating_point() else tensor


def bare(model: nn.Module) -> nn.Module:
    """The module inside `torch.compile`, DataParallel and DistributedDataParallel."""
    if not isinstance(model, nn.Module):
        raise InputError(f"expected a torch.nn.Module, got {type(model).__name__}")
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), nn.Module):
            model = model._orig_mod  # pyright: ignore[reportAssignmentType]
        else:
            return model


def selected(model: nn.Module, parameters: Iterable[Tensor] | None) -> list[Tensor]:
    """The parameters meant, checked to be of one type and on one device.

    Raises:
        InputError: none, one that requires no gradient, several types or devices, or a type below float32.
    """
    chosen = [p for p in model.parameters() if p.requires_grad] if parameters is None else list(parameters)
    if not chosen or not all(isinstance(p, Tensor) and p.requires_grad for p in chosen):
        raise InputError("expected parameters that require a gradient, got none or a frozen one; call requires_grad_() on them")
    if not any(p.numel() for p in chosen):
        raise InputError("expected parameters with at least one element in all, got none; pass others")
    kinds = {(str(p.dtype).removeprefix("torch."), str(p.device)) for p in chosen}
    if len(kinds) > 1 or next(iter(kinds))[0] not in ("float32", "float64"):
        listed = ", ".join(sorted(" on ".join(kind) for kind in kinds))
        raise InputError(
            f"expected parameters all float32 or all float64, on one device, got {listed}; convert the model or a copy"
        )
    return chosen


def _names(model: nn.Module, parameters: Sequence[Tensor]) -> list[str]:
    names = {id(p): name for name, p in model.named_parameters()}
    strange = [p for p in parameters if id(p) not in names]
    if strange or len({id(p) for p in parameters}) < len(parameters):
        what = f"one of shape {tuple(strange[0].shape)} that is not" if strange else "one twice"
        raise InputError(f"expected parameters of this model, each once, got {what}; take them from model.parameters()")
    return [names[id(p)] for p in parameters]


def _outside() -> int:
    """Level of the first caller outside this package, for a warning that points at the user's line."""
    frame, level = sys._getframe(1), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("numerics.sharpness"):
        frame, level = frame.f_back, level + 1
    return level
