r"""A cap at a share of the mean-square edge: the deviation of the curvature is measured on the batches that went by.

After each measurement of the top vector, one product along it with each of up to eight batches told before; their mean h and
deviation s give the edge, lr < 2 (1 - b) h / (s^2 + h^2 (1 - b) / (1 + b)) for heavy ball. Until three batches are there, or
where h is not above 0, it keeps to c = 1 instead: that edge with s = h, to the first order in 1 - b.

Source: `derive.mean_square_edge`.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn
from torch.optim import SGD

from derive import mean_square_edge
from numerics.control.due import gap
from numerics.control.probe import Estimate, Probe, moving
from numerics.control.unit import rates
from numerics.sharpness.noise import FEWEST, Products

BATCHES = 8
"""That the deviation is measured on."""


class ShareOfMeanSquare:
    """Lowers the lr of each step of SGD; the schedule has to write it anew, as `LambdaLR` does.

    Args:
        model: trained.
        optimizer: with one group, without weight decay.
        loss_fn: (outputs, targets) -> scalar.
        share: of the edge.
        every: as `EdgeController`.
        products: as `EdgeController`.
    """

    def __init__(
        self, model: nn.Module, optimizer: SGD, loss_fn: Any, share: float, every: int = 100, products: int = 4
    ) -> None:
        self.optimizer, self.share, self.every, (self.group,) = optimizer, share, every, optimizer.param_groups
        self.probe, self.products = Probe(model, loss_fn, products), 0
        self.told: deque[tuple[Tensor, Tensor]] = deque(maxlen=BATCHES)
        self.limits: deque[float] = deque(maxlen=2)
        self.done, self.due = 0, 0

    def step(self, x: Tensor, y: Tensor) -> None:
        """Between backward and step."""
        if self.done >= self.due and self.group["lr"] > 0:
            estimate = self.probe.measure(self.optimizer, [(x, y)])
            self.limits.append(self._limit(estimate))
            self.due = self.done + gap(self.probe.count, self.every)
        self.told.append((x, y))
        self.group["lr"] = min((self.group["lr"], *self.limits))
        self.done += 1

    def close(self) -> None:
        """Nothing is left behind."""

    def dataset(self) -> xr.Dataset:
        """Products so far."""
        return xr.Dataset({"products": ("step", [self.probe.spent + self.products])})

    def _limit(self, estimate: Estimate) -> float:
        """Largest lr."""
        if len(self.told) >= FEWEST:
            noise = self._noise()
            if noise.mean > 0:
                momentum = float(self.group["momentum"])
                values = {"momentum": momentum, "curvature": noise.mean, "deviation": noise.deviation}
                return self.share * mean_square_edge("heavy-ball", "lr", values)
        return self.group["lr"] / estimate.at(rates(self.optimizer)) if estimate.value > 0 else float("inf")

    def _noise(self):
        """Of the loss' own Hessian along the vector, where the weights are now."""
        assert self.probe.vector is not None
        unit, seen = self.probe.vector / self.probe.vector.norm(), Products()
        for batch in self.told:
            with self.probe.curvature.at(moving(self.optimizer), [batch], False, check=False) as here, torch.no_grad():
                seen.add(unit, here.hessian.rows(unit[None])[0], len(batch[0]))
        self.products += len(self.told)
        return seen.noise()
