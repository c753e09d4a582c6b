"""When a shadow runs, and what its windows tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import Any

from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.measures.growth import Growth
from numerics.monitor.budget import Budget
from numerics.monitor.observer import Observer
from numerics.monitor.options import Batch, Options
from numerics.monitor.shadow import Step, Window, opened, reopened


class Shadows:
    """Opens a window when the share of the steps allows it, follows the training in it, and closes it.

    Args:
        model: that is trained.
        optimizer: trains it.
        how: a training step.
        observer: tells how the newest one was done.
        options: share of the steps, length of a window.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, how: Step, observer: Observer, options: Options) -> None:
        self.model, self.optimizer, self.how, self.observer = model, optimizer, how, observer
        self._length, self._budget = options.window, Budget(options.shadow)
        self._window: Window | None = None

    def say(self, cure: str) -> None:
        """What to do where the shadow cannot follow, in the words of who trains."""
        self.how = replace(self.how, cure=cure)

    @property
    def open(self) -> bool:
        """Whether a shadow is running."""
        return self._window is not None

    def row(self, batches: Sequence[Batch], new: int) -> dict[str, Any]:
        """Numbers of `records.UNITS` after `new` steps of the optimiser; the growth rate where a window ends.

        Raises:
            InputError: the shadow cannot follow, or the model cannot be copied.
        """
        self._budget.step(new)
        row = {} if self._window is None else self._follow(self._window, batches, new)
        if self._window is None and self._budget.due:
            self._window = opened(self._length, self.model, self.optimizer)
            self._budget.spend(self._length + 1)  # the copy that is not perturbed takes one
            self.observer.watching = True
        return row

    def state(self) -> dict[str, Any]:
        """What has been spent, and the window that is open, if anything was followed in it."""
        window = self._window
        if window is not None and not window.distances:
            budget = self._budget.state()
            again = {**budget, "spent": budget["spent"] - self._length - 1, "last": None}
            return {"budget": again, "window": None}
        return {"budget": self._budget.state(), "window": None if window is None else window.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was; the model and the optimiser have been put back before, or the window is of no use.

        Raises:
            InputError: the model cannot be copied.
        """
        self._budget.restore(state["budget"])
        if state["window"] is not None:
            self._window = reopened(state["window"], self.model, self.optimizer)
            self.observer.watching = True

    def close(self) -> None:
        """End the window."""
        self._window, self.observer.watching = None, False

    def _follow(self, window: Window, batches: Sequence[Batch], new: int) -> dict[str, Any]:
        if new != 1:
            raise InputError(
                f"expected step() to be called after each step of the optimiser, got {new} steps since the last call"
            )
        distance = window.follow(self.how, batches, self.observer, self.model)
        if isfinite(distance) and not window.finished:
            return {"rel_l1": distance}
        self.close()
        return {"rel_l1": distance, **told(window.growth(), len(window.distances))}


def told(growth: Growth, steps: int) -> dict[str, Any]:
    """What a window says, by the names of `records.UNITS`; no rate where its interval holds 0."""
    return {
        "growth": growth.verdict,
        "growth_reason": growth.reason,
        "growth_rate": growth.rate if growth.has_rate else nan,
        "growth_low": growth.low,
        "growth_high": growth.high,
        "growth_total": growth.total,
        "growth_leap": growth.leap,
        "growth_steps": steps,
    }


def pace(row: Mapping[str, Any]) -> str:
    """How a window's divergence went, in words: by its rate, or in all where the data give none.

    Args:
        row: of `told`.
    """
    if isfinite(row["growth_rate"]):
        return f"{row['growth_rate']:+.2g} per step (95 % interval {row['growth_low']:+.2g} to {row['growth_high']:+.2g})"
    if not isfinite(row["growth_total"]):
        return row["growth_reason"]
    leap = f"at most {row['growth_leap']:.2g} times from one step to the next"
    return f"{row['growth_total']:.2g} times in {row['growth_steps']:.0f} steps, {leap}; no rate, its interval holds 0"
