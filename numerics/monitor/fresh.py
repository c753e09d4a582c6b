"""How much the curvature differs from batch to batch: along the direction of the newest measurement, over the steps after it.

A measurement leaves the direction that curves most on its own batch. On each of the next batches, which the direction does not
come from, it is one product; after so many there is a mean, a deviation, and with them a mean-square edge: of the settings
and denominators of the measurement. What the weights move in these few steps counts as deviation. No batch is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.curvature import Curvature
from numerics.monitor.records import Records
from numerics.monitor.verdict import rejudged
from numerics.sharpness.hessian import flat
from numerics.sharpness.noise import Products
from numerics.thresholds import Threshold, maximizes, mean_square
from numerics.thresholds.kinds import live_of, trained

Row = dict[str, Any]


class Fresh:
    """Curvatures over batches, along one direction.

    Args:
        optimizer: torch's own, unwrapped.
        curvature: has made the measurement.
        count: batches; 0 for none.

    Attributes:
        open: whether batches are awaited.
        step: of the measurement.
    """

    def __init__(self, optimizer: Optimizer, curvature: Curvature, count: int) -> None:
        self.optimizer, self.curvature, self.count = optimizer, curvature, count
        self.open, self.step, self._had = False, 0, False
        self._found: list[Threshold] = []
        self._unit = self._root = torch.zeros(0)
        self._seen = Products()

    def begin(self, step: int, found: Sequence[Threshold], lent: bool = False) -> None:
        """Await batches for the measurement just made, unless those of another are awaited.

        Args:
            step: of it.
            found: thresholds it was made with.
            lent: whether the budget has no room for it; of such, which are early ones, only every other has batches, or what
                is lent would be twice as much.
        """
        if self.open or not self.count or not found or "" not in self.curvature.last or (lent and self._had):
            self._had = False
            return
        self._had = True
        top = self.curvature.last[""].vectors[0]
        self._unit, self._root = top / top.norm(), flat(t.scale for t in found).rsqrt().to(top)
        # What the edge rests on beside the denominators, which are in the root.
        self._found = [replace(t, denominator=torch.ones((), dtype=t.denominator.dtype)) for t in found]
        self._seen, self.open, self.step = Products(), True, step

    def see(self, batches: Any, rows: int) -> bool:
        """One product on the batches of a step, of so many rows in all; whether there are enough.

        Raises:
            InputError: the batch does not fit, as `Hessian`; parameters have come or gone.
        """
        # The measurement has looked at model and loss, a few steps ago; three forward passes more are half a product.
        with self.curvature.at(self._found, batches, maximizes(self.optimizer), known=True) as here:
            self._seen.add(self._unit, self._root * here.hessian.rows((self._root * self._unit)[None])[0], rows)
        return len(self._seen.samples) >= self.count

    def tell(self, records: Records, ascends: bool) -> Row:
        """What came out, into the row of the measurement, and what it makes of the newest verdict; the next may begin.

        Raises:
            InputError: as `row`.
        """
        count = len(self._seen.samples)
        told = self.row()
        before = next((row.get("products", 0.0) for row in records.judged if row["step"] == self.step), 0.0)
        records.add(self.step, {**told, "products": before + count})
        return told | rejudged(records, True, ascends)

    def row(self) -> Row:
        """By the names of `records.UNITS`.

        Raises:
            InputError: the groups of the optimiser have no edge in common.
        """
        found, noise = self._found, self._seen.noise()
        self.close()
        told = {"noise_mean": noise.mean, "noise_deviation": noise.deviation, "noise_across": noise.across}
        told |= {"noise_mean_error": noise.mean_error, "noise_deviation_error": noise.deviation_error}
        try:
            alone, coupled = (mean_square(found, noise, coupled) for coupled in (False, True))
        except InputError:
            self.count = 0  # it would be no other next time
            raise
        if not isfinite(alone.normalised):
            return told
        told |= {"mean_square": alone.normalised, "mean_square_low": alone.low, "mean_square_high": alone.high}
        told |= {"coupled": coupled.normalised, "coupled_high": coupled.high}
        return {**told, "largest_lr_mean_square": alone.largest_lr(found), "largest_lr_coupled": coupled.largest_lr(found)}

    def close(self) -> None:
        """Await nothing, and keep nothing."""
        self.open, self._found, self._seen = False, [], Products()
        self._unit = self._root = torch.zeros(0)

    def state(self) -> dict[str, Any]:
        """The samples so far, with the direction and the settings that they belong to."""
        numbers = {id(p): number for number, (_, _, p) in enumerate(trained(self.optimizer))}
        settings = [(numbers.get(id(t.parameter), -1), dict(t.values), t.decay) for t in self._found]
        told = {"open": self.open, "step": self.step, "had": self._had, "unit": self._unit.clone(), "root": self._root.clone()}
        return {**told, "seen": deepcopy(vars(self._seen)), "settings": settings}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self.open, self.step, self._unit, self._root = (state[name] for name in ("open", "step", "unit", "root"))
        self._seen, self._had = Products(), state["had"]
        vars(self._seen).update(deepcopy(dict(state["seen"])))
        moved = list(trained(self.optimizer))
        self._found = [
            self._threshold(*moved[number], values, decay) for number, values, decay in state["settings"] if number >= 0
        ]

    def _threshold(self, number: int, group: Any, parameter: Tensor, values: Mapping[str, float], decay: float) -> Threshold:
        one = torch.ones((), dtype=torch.promote_types(parameter.dtype, torch.float32))
        return Threshold(parameter, number, live_of(self.optimizer, group), dict(values), decay, one)  # pyright: ignore[reportArgumentType]
