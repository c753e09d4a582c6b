"""One measurement: the normalised sharpness of the network and of some layers, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from math import isfinite, nan
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.curvature import Curvature, Here, Measured
from numerics.monitor.options import Batch, Options
from numerics.monitor.start import norm
from numerics.sharpness import Spectrum, UnresolvedError, layers_of
from numerics.thresholds import Threshold, largest_factor, maximizes, thresholds, unsettled, weight_decay_window
from numerics.thresholds.kinds import trained

Row = dict[str, Any]
INFINITE = float("inf")

NO_DECAY = "no weight decay is stable at this step size; it has to be lowered first"

UNRESOLVED = (
    "at some steps the products were not those of a symmetric Hessian, most likely as rounding errors hid the curvature, which "
    "they may once weights or activations have grown huge: no sharpness is told there; try float64"
)


class Gauge:
    """Measures a training as it is at the moment.

    Args:
        model: the user's.
        optimizer: torch's own, unwrapped.
        curvature: measures the normalised Hessian.
        options: see there.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, curvature: Curvature, options: Options) -> None:
        self.model, self.optimizer, self.curvature, self.options = model, optimizer, curvature, options
        self._next_layer, self._resolved = 0, False
        self._measured: Sequence[Threshold] = ()

    def row(self, batches: Sequence[Batch], layers: int | None) -> tuple[Row, float]:
        """The numbers of `records.UNITS`, and the products it took.

        Where rounding errors hide the curvature, which they may once a training has blown up, `unresolved` says so.

        Raises:
            InputError: the batch does not fit, or the forward pass is random.
            UnresolvedError: the very first products are not those of a symmetric Hessian.
        """
        self._measured = ()
        row: Row = {"loss": self.curvature.loss(batches), "size": norm(p for _, _, p in trained(self.optimizer))}
        if not isfinite(row["loss"]):
            return {**row, "normalised": nan, "distance": nan}, 0
        found = [t for t in thresholds(self.optimizer) if t.curvature < INFINITE]
        row |= _settings(self.optimizer, found)
        if not found:  # every lr is 0: nothing moves
            return {**row, "normalised": 0.0, "distance": 1.0, "bound": 0.0}, 0
        with self.curvature.at(found, batches, maximizes(self.optimizer)) as here:
            try:
                row |= self._curvatures(here, found, layers)
            except UnresolvedError as error:
                if not self._resolved:
                    raise
                return {**row, "unresolved": str(error)}, max(here.products, here.hessian.products)
        self._resolved, self._measured = True, found
        return row, here.products

    def taken(self) -> Sequence[Threshold]:
        """Thresholds of the newest measurement, once; none if it came to no sharpness."""
        found, self._measured = self._measured, ()
        return found

    def state(self) -> dict[str, Any]:
        """Whose turn it is, and the vectors to start from."""
        vectors = {name: dict(vars(seen)) for name, seen in self.curvature.last.items()}
        return {"next_layer": self._next_layer, "resolved": self._resolved, "vectors": vectors}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self.curvature.last.update({name: Spectrum(**seen) for name, seen in state["vectors"].items()})
        self._next_layer, self._resolved = state["next_layer"], state["resolved"]

    def _curvatures(self, here: Here, found: Sequence[Threshold], layers: int | None) -> Row:
        top, *bottom = here.ends(self.options.smallest)
        blocks = {name: here.block(name, own) for name, own in self._turn(found, layers).items()}
        return _numbers(top, bottom[0] if bottom else None, found) | {
            "layer_share": self._shares(top, found),
            "layer_normalised": {name: block.mode.value for name, block in blocks.items()},
        }

    def _turn(self, found: Sequence[Threshold], count: int | None) -> dict[str, list[Threshold]]:
        """The layers whose turn it is."""
        layers = self._layers(found)
        count = len(layers) if count is None else min(count, len(layers))
        first = self._next_layer % len(layers)
        self._next_layer = first + count
        return {name: layers[name] for name in islice([*layers, *layers], first, first + count)}

    def _layers(self, found: Sequence[Threshold]) -> dict[str, list[Threshold]]:
        """Name -> thresholds of each module that owns parameters that move."""
        moving = {id(t.parameter): t for t in found}
        layers = {name: [moving[id(p)] for p in own if id(p) in moving] for name, own in layers_of(self.model).items()}
        return {name: own for name, own in layers.items() if any(t.parameter.numel() for t in own)}

    def _shares(self, top: Measured, found: Sequence[Threshold]) -> dict[str, float]:
        shares = {id(t.parameter): share for t, share in zip(found, top.mode.shares, strict=True)}
        return {name: sum(shares[id(t.parameter)] for t in own) for name, own in self._layers(found).items()}


def derive_edges(optimizer: Optimizer) -> None:
    """Have all of the optimiser's edges derived, which is done once in a process; where it has none, measuring says why."""
    with suppress(InputError):
        _ = [t.curvature for t in thresholds(optimizer)]


def _settings(optimizer: Optimizer, found: Sequence[Threshold]) -> Row:
    lrs = {number: float(group["lr"]) for number, group in enumerate(optimizer.param_groups)}
    told = {"lr": lrs, "edge": {t.group: t.curvature for t in found}}
    early = unsettled(optimizer)
    return {**told, "unsettled": early} if early else told


def _numbers(top: Measured, bottom: Measured | None, found: Sequence[Threshold]) -> Row:
    """Normalised sharpness, distance, and the ranges of lr and weight decay."""
    factor = largest_factor(top.mode, found)
    low, high = weight_decay_window(found, top.mode, bottom.mode if bottom else None)
    lrs = {t.group: factor * t.values["lr"] for t in found}
    row = {"normalised": top.mode.value, "bound": top.bound, "distance": 1 - top.mode.value, "largest_lr": lrs}
    if high < 0 or high < low:
        return {**row, "weight_decay_low": nan, "weight_decay_high": nan, "no_decay": NO_DECAY}
    return {**row, "weight_decay_low": low, "weight_decay_high": high}


def rows(batches: Sequence[Batch]) -> int:
    """Samples of all micro-batches of a step."""
    return sum(_samples(inputs) for inputs, _ in batches)


def _samples(inputs: Any) -> int:
    """Length of the first axis of the first tensor found; 1 if there is none."""
    if isinstance(inputs, Tensor):
        return inputs.shape[0] if inputs.ndim else 1
    parts = inputs.values() if isinstance(inputs, Mapping) else inputs if isinstance(inputs, tuple | list) else ()
    return next((_samples(part) for part in parts if isinstance(part, Tensor)), 1)
