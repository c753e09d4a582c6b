"""One measurement: the normalised sharpness of the network and of some layers, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from math import isfinite, nan
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.monitor.curvature import Curvature, Measured, layers_of
from numerics.monitor.options import Batch, Options
from numerics.thresholds import Threshold, largest_factor, maximizes, thresholds, weight_decay_window

Row = dict[str, Any]
INFINITE = float("inf")


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
        self._next_layer = 0

    def row(self, batch: Batch, layers: int | None) -> tuple[Row, float]:
        """The numbers of `records.UNITS`, and the products it took.

        Raises:
            InputError: the batch does not fit, or the forward pass is random.
        """
        loss = self.curvature.loss(batch)
        if not isfinite(loss):
            return {"loss": loss, "normalised": nan, "distance": nan}, 0
        found = [t for t in thresholds(self.optimizer) if t.curvature < INFINITE]
        row = {"loss": loss, **_settings(self.optimizer, found)}
        if not found:  # every lr is 0: nothing moves
            return {**row, "normalised": 0.0, "distance": 1.0, "bound": 0.0}, 0
        top = self._measure(found, batch)
        bottom = self._measure(found, batch, "smallest") if self.options.smallest else None
        blocks = self._blocks(found, batch, layers)
        row |= _numbers(top, bottom, found) | {
            "layer_share": self._shares(top, found),
            "layer_normalised": {name: block.mode.value for name, block in blocks.items()},
        }
        return row, sum(m.products for m in (top, bottom, *blocks.values()) if m is not None)

    def _measure(self, found: Sequence[Threshold], batch: Batch, which: str = "largest", name: str = "") -> Measured:
        return self.curvature.measure(found, batch, maximize=maximizes(self.optimizer), which=which, name=name)

    def _blocks(self, found: Sequence[Threshold], batch: Batch, count: int | None) -> dict[str, Measured]:
        """The next layers in turn."""
        layers = self._layers(found)
        count = len(layers) if count is None else min(count, len(layers))
        first = self._next_layer % len(layers)
        self._next_layer = first + count
        names = islice([*layers, *layers], first, first + count)
        return {name: self._measure(layers[name], batch, name=name) for name in names}

    def _layers(self, found: Sequence[Threshold]) -> dict[str, list[Threshold]]:
        by_parameter = {id(t.parameter): t for t in found}
        layers = layers_of(self.model, [t.parameter for t in found])
        return {name: [by_parameter[id(p)] for p in own] for name, own in layers.items()}

    def _shares(self, top: Measured, found: Sequence[Threshold]) -> dict[str, float]:
        shares = {id(t.parameter): share for t, share in zip(found, top.mode.shares, strict=True)}
        return {name: sum(shares[id(t.parameter)] for t in own) for name, own in self._layers(found).items()}


def _settings(optimizer: Optimizer, found: Sequence[Threshold]) -> Row:
    lrs = {number: float(group["lr"]) for number, group in enumerate(optimizer.param_groups)}
    return {"lr": lrs, "edge": {t.group: t.curvature for t in found}}


def _numbers(top: Measured, bottom: Measured | None, found: Sequence[Threshold]) -> Row:
    """Normalised sharpness, distance, and the ranges of lr and weight decay."""
    factor = largest_factor(top.mode, found)
    low, high = weight_decay_window(found, top.mode, bottom.mode if bottom else None)
    lrs = {t.group: factor * t.values["lr"] for t in found}
    return {
        "normalised": top.mode.value,
        "bound": top.bound,
        "distance": 1 - top.mode.value,
        "largest_lr": lrs,
        "weight_decay_low": low,
        "weight_decay_high": high,
    }


def samples(inputs: Any) -> int:
    """Length of the first axis of the first tensor found; 1 if there is none."""
    if isinstance(inputs, Tensor):
        return inputs.shape[0] if inputs.ndim else 1
    parts = inputs.values() if isinstance(inputs, Mapping) else inputs if isinstance(inputs, tuple | list) else ()
    return next((samples(part) for part in parts if isinstance(part, Tensor)), 1)
