"""Normalised sharpness of a live training, of the network and of its layers."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from derive.shown import message
from numerics.monitor.descended import Descended, LossFn, NoLossError, descended_loss, undisturbed
from numerics.sharpness import BatchCoupledWarning, Hessian, Spectrum, spectrum
from numerics.sharpness.objective import Objective, bare
from numerics.sharpness.weights import weighed
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

    What is measured on is all the batches of a step, each of whose losses counts the same, as the accumulation of gradients has
    it; chunks of a batch count what its loss divides by.

    Args:
        model: the user's.
        loss_fn: (outputs, targets) -> scalar.
        tolerance: error asked for, relative to the eigenvalue.
        chunk: most rows at once; None for all.
        still: modules in evaluation mode, see `descended.undisturbed`.

    Attributes:
        last: block -> its newest measurement.
    """

    def __init__(
        self, model: nn.Module, loss_fn: LossFn, tolerance: float, chunk: int | None = None, still: Collection[str] = ()
    ) -> None:
        self.loss_fn, self.tolerance, self.chunk, self.still = loss_fn, tolerance, chunk, still
        self.model = bare(model)  # compiled or parallel, it is the same function, which cannot be differentiated twice
        self.last: dict[str, Spectrum] = {}

    @contextmanager
    def at(
        self,
        thresholds: Sequence[Threshold],
        batches: Sequence[Batch],
        maximize: bool,
        check: bool | None = None,
        known: bool = False,
    ) -> Iterator[Here]:
        """The Hessian of what is descended, where the model is; to be used inside.

        Args:
            thresholds: of all parameters that move.
            batches: (inputs, targets) each.
            maximize: whether the optimiser ascends.
            check: see `numerics.sharpness.Hessian`; None until there has been a measurement.
            known: see there.

        Raises:
            InputError: as `numerics.sharpness.Hessian`.
        """
        descended, loss = Descended(self.model, thresholds), descended_loss(self.loss_fn, maximize)
        parameters, check = [t.parameter for t in thresholds], not self.last if check is None else check
        with self._measuring():
            descended.share = 0.0  # what the loss divides by is asked without the decay, which counts once
            how: dict[str, Any] = {"chunk": self.chunk, "reduction": "batches", "check": check, "known": known}
            hessian = Hessian(descended, loss, batches, parameters, **how)
            descended.share = 1 / hessian.weight
            yield Here(hessian, thresholds, self.last, self.tolerance)

    def loss(self, batches: Sequence[Batch]) -> float:
        """The user's loss in the mode that is measured in, without weight decay; may be NaN.

        Raises:
            InputError: the model or the loss does not take a batch, or the loss is not a number.
        """
        with self._measuring():
            try:
                descended, loss = Descended(self.model), descended_loss(self.loss_fn, False)
                objective = Objective(descended, loss, batches, None, self.chunk, "batches")
                with objective.undisturbed():
                    losses = [_cut_off(objective.loss(piece, objective.tensors)) for piece in objective.pieces]
            except NoLossError:
                raise
            except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
                reason, told = message(error), _described(batches[0])
                raise InputError(f"expected a batch that model and loss_fn take, got {told} ({reason})") from None
            return self._sum(objective, [_number(loss) for loss in losses])

    @contextmanager
    def _measuring(self) -> Iterator[None]:
        with undisturbed(self.model, self.still, self.loss_fn), warnings.catch_warnings():
            warnings.simplefilter("ignore", BatchCoupledWarning)  # the monitor says it, once
            yield

    def _sum(self, objective: Objective, losses: list[float]) -> float:
        """By the pieces' weights; padding alone weighs nothing, and has no loss."""
        if len({piece.batch for piece in objective.pieces}) == len(losses):
            return sum(losses) / len(losses)
        known = {id(piece.inputs): loss for piece, loss in zip(objective.pieces, losses, strict=True)}
        try:
            with objective.undisturbed():
                return sum(piece.weight * known[id(piece.inputs)] for piece in weighed(objective))
        except InputError:
            if all(map(isfinite, losses)):
                raise
            return nan


def _cut_off(loss: Any) -> Any:
    return loss.detach() if isinstance(loss, Tensor) else loss


def _number(loss: Any) -> float:
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise InputError(f"expected loss_fn to return a tensor of one number, got {_described(loss)}")
    return loss.item()


@dataclass
class Here:
    """A point of the training.

    Attributes:
        hessian: of what is descended, with respect to the parameters of `thresholds`.
        thresholds: as they were read.
        last: name -> the last measurement, to start from.
        tolerance: see `Curvature`.
        products: so far.
    """

    hessian: Hessian
    thresholds: Sequence[Threshold]
    last: dict[str, Spectrum]
    tolerance: float
    products: int = 0

    def ends(self, both: bool) -> list[Measured]:
        """The largest eigenvalue, and the smallest if both are wanted."""
        return self._measure(self.hessian, self.thresholds, "", "both" if both else "largest")

    def block(self, name: str, thresholds: Sequence[Threshold]) -> Measured:
        """The largest eigenvalue of the block of some parameters."""
        return self._measure(self.hessian.block([t.parameter for t in thresholds]), thresholds, name, "largest")[0]

    def _measure(self, hessian: Hessian, thresholds: Sequence[Threshold], name: str, which: str) -> list[Measured]:
        scales = [t.scale for t in thresholds]
        warm = self.last.get(name)
        if warm is not None and warm.vectors.shape[1] != hessian.size:
            warm = None  # layers have been frozen, or freed
        which = "largest" if hessian.size == 1 else which
        self.last[name] = seen = spectrum(hessian, 1, which, self.tolerance, warm, scales, LIMIT)
        self.products += seen.products
        rows = zip(seen.values.tolist(), seen.bounds.tolist(), seen.vectors, strict=True)
        return [Measured(mode(value, _split(vector, scales), thresholds), bound) for value, bound, vector in rows]


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
