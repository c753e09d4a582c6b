"""Normalised sharpness of a live training, of the network and of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from derive.errors import InputError
from numerics.monitor.descended import Descended, LossFn, call, descended_loss, undisturbed
from numerics.monitor.standin import sharpness
from numerics.thresholds import Mode, Threshold, mode

Batch = tuple[Any, Any]


@dataclass(frozen=True)
class Measured:
    """An extreme eigenvalue of the normalised Hessian S^-1/2 (H + W) S^-1/2, or of a block of it.

    Attributes:
        mode: the eigenvalue and where its vector lives.
        bound: on the eigenvalue's error.
        products: Hessian products it took.
        vector: the unit eigenvector, flat, to start from the next time.
    """

    mode: Mode
    bound: float
    products: int
    vector: Tensor


class Curvature:
    """Measures with what the optimiser is at the moment; starts each measurement where the last one ended.

    Args:
        model: the user's.
        loss_fn: (outputs, targets) -> scalar.
        tolerance: error asked for, relative to the eigenvalue.
    """

    def __init__(self, model: nn.Module, loss_fn: LossFn, tolerance: float) -> None:
        self.model, self.loss_fn, self.tolerance = model, loss_fn, tolerance
        self._repeats = False
        self._warm: dict[tuple[str, str], Tensor] = {}

    def measure(
        self,
        found: Sequence[Threshold],
        batch: Batch,
        *,
        maximize: bool = False,
        which: str = "largest",
        name: str = "",
    ) -> Measured:
        """The largest (or smallest) eigenvalue.

        Args:
            found: thresholds of the parameters of the network, or of the block meant.
            batch: (inputs, targets).
            maximize: whether the optimiser ascends.
            which: "largest" or "smallest".
            name: of the block, for the warm start.
        """
        descended = Descended(self.model, found)
        scales = [t.scale for t in found]
        with undisturbed(self.model):
            spectrum = sharpness(
                descended,
                descended_loss(self.loss_fn, maximize),
                batch,
                which=which,
                tolerance=self.tolerance,
                warm=self._warm.get((name, which)),
                preconditioner=scales,
                parameters=[t.parameter for t in found],
            )
        vector = spectrum.vectors
        self._warm[name, which] = vector
        parts = split(vector[0], scales)
        at = mode(float(spectrum.values[0]), parts, found)
        return Measured(at, float(spectrum.bounds[0]), int(spectrum.products), vector)

    def loss(self, batch: Batch) -> float:
        """The user's loss in the mode that is measured in, without weight decay.

        Raises:
            InputError: the model or the loss does not take the batch, the loss is not a number; or, the first time, two forward
                passes differ: products of a loss that changes between them would belong to no one Hessian.
        """
        with undisturbed(self.model), torch.no_grad():
            value = self._loss(batch)
            again = value if self._repeats else self._loss(batch)
        if again != value and isfinite(value):
            raise InputError(
                f"expected a forward pass that repeats itself, got losses {value!r} and {again!r} on one batch in evaluation "
                "mode; make the model's random operations depend on its training flag"
            )
        self._repeats = True
        return value

    def _loss(self, batch: Batch) -> float:
        try:
            value = self.loss_fn(call(self.model, batch[0]), batch[1])
        except (RuntimeError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"expected a batch that model and loss_fn take, got {_described(batch)} ({reason})") from None
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise InputError(f"expected loss_fn to return a tensor of one number, got {_described(value)}")
        return float(value)


def _described(value: Any) -> str:
    """Shapes, types and devices, of tensors in whatever holds them."""
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')} on {value.device}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_described(v)}" for name, v in value.items())
    return ", ".join(map(_described, value)) if isinstance(value, tuple | list) else type(value).__name__


def split(vector: Tensor, shapes: Sequence[Tensor]) -> list[Tensor]:
    """A flat vector as tensors of these shapes."""
    parts = vector.split([s.numel() for s in shapes])
    return [part.view(s.shape) for part, s in zip(parts, shapes, strict=True)]


def layers_of(model: nn.Module, parameters: Sequence[Parameter]) -> dict[str, list[Parameter]]:
    """Name of each module that owns some of the parameters itself -> those; a shared parameter belongs to the first."""
    left = {id(p) for p in parameters}
    layers: dict[str, list[Parameter]] = {}
    for name, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) in left]
        left -= {id(p) for p in own}
        if own:
            layers[name or "(root)"] = own
    return layers
