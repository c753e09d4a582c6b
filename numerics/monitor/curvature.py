"""Normalised sharpness of a live training, of the network and of its layers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from numerics.monitor.descended import Descended, LossFn, call, descended_loss, undisturbed
from numerics.sharpness import BatchCoupledWarning, Hessian, Spectrum, spectrum
from numerics.thresholds import Mode, Threshold, mode

Batch = tuple[Any, Any]

LIMIT = 200
"""Most products of one eigenvalue; what is found by then is told, with its bound."""


@dataclass(frozen=True)
class Measured:
    """An extreme eigenvalue of the normalised Hessian S^-1/2 (H + W) S^-1/2, or of a block of it.

    Attributes:
        mode: the eigenvalue and where its vector lives.
        bound: on the eigenvalue's error.
    """

    mode: Mode
    bound: float


class Curvature:
    """Measures a model; starts each measurement where the last one ended.

    Args:
        model: the user's.
        loss_fn: (outputs, targets) -> scalar.
        tolerance: error asked for, relative to the eigenvalue.
        chunk: most rows at once; None for all.
    """

    def __init__(self, model: nn.Module, loss_fn: LossFn, tolerance: float, chunk: int | None = None) -> None:
        self.model, self.loss_fn, self.tolerance, self.chunk = model, loss_fn, tolerance, chunk
        self._last: dict[str, Spectrum] = {}

    @contextmanager
    def at(self, found: Sequence[Threshold], batch: Batch, maximize: bool) -> Iterator[Here]:
        """The Hessian of what is descended, where the model is; to be used inside.

        Args:
            found: thresholds of all parameters that move.
            batch: (inputs, targets).
            maximize: whether the optimiser ascends.

        Raises:
            InputError: as `numerics.sharpness.Hessian`.
        """
        descended, loss = Descended(self.model, found), descended_loss(self.loss_fn, maximize)
        with undisturbed(self.model), warnings.catch_warnings():
            warnings.simplefilter("ignore", BatchCoupledWarning)  # the monitor says it, once
            parameters = [t.parameter for t in found]
            hessian = Hessian(descended, loss, batch, parameters, chunk=self.chunk, check=not self._last)
            yield Here(hessian, found, self._last, self.tolerance)

    def loss(self, batch: Batch) -> float:
        """The user's loss in the mode that is measured in, without weight decay; may be NaN.

        Raises:
            InputError: the model or the loss does not take the batch, or the loss is not a number.
        """
        with undisturbed(self.model), torch.no_grad():
            try:
                value = self.loss_fn(call(self.model, batch[0]), batch[1])
            except (RuntimeError, TypeError, ValueError) as error:
                reason = " ".join(str(error).split())
                raise InputError(f"expected a batch that model and loss_fn take, got {_described(batch)} ({reason})") from None
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise InputError(f"expected loss_fn to return a tensor of one number, got {_described(value)}")
        return float(value)


@dataclass
class Here:
    """A point of the training.

    Attributes:
        hessian: of what is descended, with respect to the parameters of `found`.
        found: thresholds.
        last: name -> the last measurement, to start from.
        tolerance: see `Curvature`.
        products: so far.
    """

    hessian: Hessian
    found: Sequence[Threshold]
    last: dict[str, Spectrum]
    tolerance: float
    products: int = 0

    def ends(self, both: bool) -> list[Measured]:
        """The largest eigenvalue, and the smallest if both are wanted."""
        return self._measure(self.hessian, self.found, "", "both" if both else "largest")

    def block(self, name: str, found: Sequence[Threshold]) -> Measured:
        """The largest eigenvalue of the block of some parameters."""
        return self._measure(self.hessian.block([t.parameter for t in found]), found, name, "largest")[0]

    def _measure(self, hessian: Hessian, found: Sequence[Threshold], name: str, which: str) -> list[Measured]:
        scales = [t.scale for t in found]
        warm = self.last.get(name)
        if warm is not None and warm.vectors.shape[1] != hessian.size:
            warm = None  # layers have been frozen, or freed
        which = "largest" if hessian.size == 1 else which
        self.last[name] = seen = spectrum(hessian, 1, which, self.tolerance, warm, scales, LIMIT)
        self.products += seen.products
        rows = zip(seen.values.tolist(), seen.bounds.tolist(), seen.vectors, strict=True)
        return [Measured(mode(value, _split(vector, scales), found), bound) for value, bound, vector in rows]


def _split(vector: Tensor, shapes: Sequence[Tensor]) -> list[Tensor]:
    """A flat vector as tensors of these shapes."""
    parts = vector.split([s.numel() for s in shapes])
    return [part.view(s.shape) for part, s in zip(parts, shapes, strict=True)]


def _described(value: Any) -> str:
    """Shapes, types and devices, of tensors in whatever holds them."""
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')} on {value.device}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_described(v)}" for name, v in value.items())
    return ", ".join(map(_described, value)) if isinstance(value, tuple | list) else type(value).__name__
