r"""A cap on schedule-free optimisers: the edge of a late step, whose average no longer moves.

With the average frozen, z moves by -lr h (1 - b) z: the unit is c = lr (1 - b) lambda_max(P^-1/2 H P^-1/2) / 2, and plain
descent's with b = 0. It is `derive.optimizers`' edge of schedule-free as the weight of the newest iterate goes to 0.

Source: Defazio et al. (2024), The road less scheduled, arXiv:2405.15682, for the recurrence.
"""

from __future__ import annotations

import warnings
from collections import deque
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from numerics.control import ControlWarning
from numerics.control.due import gap
from numerics.control.probe import Estimate, Probe
from numerics.control.unit import limit


class FreeCap:
    """Lowers the lr of each step, and puts the user's back when the next batch is told.

    Args:
        model: at the point where gradients are taken.
        optimizer: of the package schedulefree; one group, without weight decay.
        loss_fn: (outputs, targets) -> scalar.
        every: as `EdgeController`.
        products: as `EdgeController`.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, loss_fn: Any, every: int = 100, products: int = 4) -> None:
        self.optimizer, self.every, (self.group,) = optimizer, every, optimizer.param_groups
        self.probe, self.users = Probe(model, loss_fn, products), float(self.group["lr"])
        self.known: deque[Estimate] = deque(maxlen=2)
        self.done, self.due, self.tried = 0, 0, 0

    def step(self, x: Tensor, y: Tensor) -> None:
        """Between backward and step."""
        self.group["lr"] = self.users
        shares = self._shares()
        if self.done >= self.due:
            self._measure(SGD(self.group["params"], lr=self.users * shares), x, y)
        at = max((estimate.at([self.users * shares]) for estimate in self.known), default=0.0)
        self.group["lr"] = self.users * min(1.0, limit(len(x)) / at) if at > 0 else self.users
        self.done += 1

    def close(self) -> None:
        """The user's lr again."""
        self.group["lr"] = self.users

    def dataset(self) -> xr.Dataset:
        """Products so far."""
        return xr.Dataset({"products": ("step", [self.probe.spent])})

    def _measure(self, stand_in: SGD, x: Tensor, y: Tensor) -> None:
        """A measurement that fails keeps the last cap, as `EdgeController`'s does."""
        try:
            self.known.append(self.probe.measure(stand_in, [(x, y)], self._denominators()))
        except Exception as error:  # whatever it is
            warnings.warn(f"step {self.done}: {error}", ControlWarning, stacklevel=3)
        self.tried += 1
        self.due = self.done + gap(self.tried, self.every)

    def _shares(self) -> float:
        """Of z in the point where gradients are taken."""
        return 1 - float(self.group["betas"][0] if "betas" in self.group else self.group["momentum"])

    def _denominators(self) -> list[Tensor]:
        """Of the coming step, this gradient taken in."""
        parameters = self.group["params"]
        if "betas" not in self.group:
            return [torch.ones_like(p) for p in parameters]
        beta2, state = float(self.group["betas"][1]), self.optimizer.state
        old = [state[p]["exp_avg_sq"] if state[p] else torch.zeros_like(p) for p in parameters]
        new = [beta2 * v + (1 - beta2) * p.grad**2 for v, p in zip(old, parameters, strict=True)]
        return [(v / (1 - beta2 ** (self.done + 1))).sqrt() + self.group["eps"] for v in new]
