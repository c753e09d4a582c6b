"""What has been measured on a group, epoch by epoch, and the result that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

DIMS = {"rel_l1": ("k", "epoch", "layer"), "rel_l1_step": ("k", "step"), "loss_step": ("k", "step")}
"""Of what is not (k, epoch)."""

MEANINGS = {
    "accuracy": ("test accuracy", "percent"),
    "loss": ("cross-entropy of the training batches, before each step, over the epoch", "nats"),
    "rel_l1": ("RelL1 to the unperturbed member", "1"),
    "rel_l1_net": ("RelL1 to the unperturbed member over all weights", "1"),
    "changed": ("fraction of the weights whose bits differ from the unperturbed member's", "1"),
    "churn": ("fraction of the test images classified otherwise than by the unperturbed member", "1"),
    "fluctuation": ("relative gradient fluctuation, the paper's mean of ratios", "1"),
    "fluctuation_median": ("median of the same ratios", "1"),
    "fluctuation_ratio": ("sum of deviations over sum of mean gradients", "1"),
    "lr": ("step size of the epoch", "1"),
    "normalised": ("sharpness over its edge at that step size, before the epoch", "1"),
    "rel_l1_step": ("RelL1 to the unperturbed member over all weights, or the one traced, after the step", "1"),
    "loss_step": ("cross-entropy of the batch, before the step", "nats"),
}
"""Variable -> what it is, and its unit."""


class History:
    """Rows of numbers, and the members that ended early.

    Attributes:
        ks: the members' numbers.
        trails: one list per epoch, of each member's trail; "" once it has ended.
        unstable: number of a member -> the epoch, from 1, in which it became so.
    """

    def __init__(self, ks: Sequence[int]) -> None:
        self.ks = tuple(ks)
        self.trails: list[list[str]] = []
        self.unstable: dict[int, int] = {}
        self._rows: dict[str, list[Tensor]] = {}

    def add(self, values: Mapping[str, Tensor]) -> None:
        """One more row of each variable: (M,), or (M, layers) for `rel_l1`."""
        for name, value in values.items():
            self._rows.setdefault(name, []).append(value.detach().to("cpu", torch.float64, copy=True))

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything, as tensors (rows, M, ...) and plain values for JSON."""
        tensors = {name: torch.stack(rows) for name, rows in self._rows.items()}
        return tensors, {"trails": [list(row) for row in self.trails], "unstable": [[k, e] for k, e in self.unstable.items()]}

    def restore(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Be as when `state` gave these."""
        self._rows = {name: list(rows.clone().unbind(0)) for name, rows in tensors.items()}
        self.trails = [list(row) for row in meta["trails"]]
        self.unstable = {int(k): int(epoch) for k, epoch in meta["unstable"]}

    def dataset(self, layers: Sequence[str], trace: int) -> xr.Dataset:
        """All of it, labelled.

        Args:
            layers: names for the last axis of `rel_l1`.
            trace: steps between two rows of what is recorded by steps.
        """
        # In an order of its own: whoever was interrupted writes the same bytes.
        data = {name: self._variable(name, self._rows[name]) for name in MEANINGS if name in self._rows}
        trails = np.array(self.trails, dtype="U32").reshape(-1, len(self.ks)).T
        status = ["unstable" if k in self.unstable else "finished" for k in self.ks]
        data["trail"] = (("k", "epoch"), trails, {"long_name": "hash of weights, buffers and optimiser state"})
        data["status"] = (("k",), np.array(status))
        data["unstable_epoch"] = (("k",), [self.unstable.get(k, 0) for k in self.ks], {"long_name": "0 for never"})
        coordinates = {"k": list(self.ks), "epoch": np.arange(1, len(self.trails) + 1), "layer": list(layers)}
        if trace:
            coordinates["step"] = trace * np.arange(1, len(self._rows.get("loss_step", ())) + 1)
        return xr.Dataset(data, coordinates)

    def _variable(self, name: str, rows: list[Tensor]) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
        title, unit = MEANINGS[name]
        values = torch.stack(rows).movedim(0, 1).contiguous().numpy()
        return DIMS.get(name, ("k", "epoch")), values, {"long_name": title, "units": unit}
