"""The learning rate of a live training, held below a multiple of its measured edge.

The user's lr is replaced between the optimiser's two hooks alone: whatever reads or multiplies it outside of the step, a
scheduler above all, finds the user's. Where the cap does not bind nothing is written at all, and the training keeps its bits.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Self

import xarray as xr
from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from derive.shown import message
from numerics.control.due import gap
from numerics.control.given import ControlWarning, checked, number
from numerics.control.log import Log
from numerics.control.parallel import agreed, rows_of_step
from numerics.control.probe import Estimate, Probe
from numerics.control.unit import highest, limit, rates
from numerics.monitor.given import sinks_of
from numerics.monitor.options import Sink
from numerics.thresholds.taken import tell


class EdgeController:
    """Caps the lr at c times the edge unit; see `numerics.control.unit`.

    Measures inside the optimiser's step, before it moves anything: on the batch that was just differentiated, with gradients
    as they are then (accumulated, clipped, unscaled by a GradScaler); where the step is given a closure, once that has made
    them. The lower of the last two edges counts.

    Args:
        model: any module; parameters float32 or float64 (with autocast, the master weights).
        optimizer: of `numerics.thresholds.optimizers.LIVE`; a wrapper of accelerate's or Lightning's is taken off.
        loss_fn: (outputs, targets) -> scalar, the mean over the rows.
        c: what to keep to, > 0; None for 1 below 64 rows a step and 2 from there on, see `unit.MANY`.
        every: widest gap between measurements, in steps, >= 1; the gaps are 1, 4, 8, 16, ..., every.
        products: with the Hessian, of a measurement that starts from the last one's vector, >= 1; the first takes at least 8.
        follow: lr = c times the unit, times what a scheduler leaves of its highest lr: `initial_lr`, a one-cycle policy's
            `max_lr`, or what it has come to so far; never above c. Groups keep their ratios.
        accumulate: batches told by `step` for one step of the optimiser, >= 1.
        sinks: `numerics.monitor`'s TensorBoard or Logged (wandb): told wanted, applied, edge and products of every step.

    Raises:
        InputError: as `numerics.control.given.checked`; a number out of its range; `follow` from an lr of 0.

    Warns:
        ControlWarning: a measurement failed; the last cap is kept, and the training goes on.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: Any,
        c: float | None = None,
        every: int = 100,
        products: int = 4,
        follow: bool = False,
        accumulate: int = 1,
        sinks: Sequence[Sink] = (),
    ) -> None:
        model, self.optimizer = checked(model, optimizer, loss_fn)
        if c is not None and (isinstance(c, bool) or not isinstance(c, Real) or not 0 < float(c) < math.inf):
            raise InputError(f"expected c > 0 and finite, or None, got {c!r}")
        if not isinstance(follow, bool):
            raise InputError(f"expected follow to be True or False, got {follow!r}")
        self.c, self.every, self.follow = None if c is None else float(c), number("every", every, 1), follow
        self._probe = Probe(model, loss_fn, number("products", products, 1))
        self._batches: deque[Any] = deque(maxlen=number("accumulate", accumulate, 1))
        self._first = [float(g.get("initial_lr", g["lr"])) for g in self.optimizer.param_groups]
        if follow and not all(lr > 0 for lr in self._first):
            raise InputError("expected an lr > 0 to follow from, it tells the ratios of groups and schedule, got 0")
        self._estimates: deque[Estimate] = deque(maxlen=2)
        self._done, self._due, self._tried, self._limit = 0, 0, 0, self.c or 0.0
        self._users: list[Any] | None = None
        self.log = Log(sinks_of(sinks))
        before, after = self.optimizer.register_step_pre_hook, self.optimizer.register_step_post_hook
        self._hooks = [before(self._before), after(self._after)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the optimiser as it was; the log stays, its sinks are closed."""
        self._put_back()
        for hook in self._hooks:
            hook.remove()
        tell(self.optimizer, None)
        self.log.close()

    def step(self, inputs: Any, targets: Any) -> None:
        """Tell the batch just differentiated, or about to be by a closure, before the step; each one, if accumulated."""
        self._put_back()  # should a step have raised
        self._batches.append((inputs, targets))

    def dataset(self) -> xr.Dataset:
        """One entry a step: lr wanted and applied and lr at c = 1 (of the first group; NaN if unknown), products so far.

        Of more than 4096 steps the older half is thinned, again and again.
        """
        return self.log.dataset({"c": self._limit, "every": self.every, "follow": int(self.follow)})

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs; numbers and a tensor, read by `torch.load(..., weights_only=True)`."""
        numbers = {"done": self._done, "due": self._due, "tried": self._tried, "limit": self._limit, "first": list(self._first)}
        probe = {"vector": self._probe.vector, "spent": self._probe.spent, "count": self._probe.count}
        return {
            **numbers,
            **probe,
            "estimates": [(e.value, list(e.rates)) for e in self._estimates],
            "log": self.log.records.state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there.

        Raises:
            InputError: it is no such state, or of other groups.
        """
        if not isinstance(state, Mapping):
            raise InputError(f"expected the state of an EdgeController, got {type(state).__name__}")
        lacking = sorted(set(self.state_dict()) - set(state))
        if lacking or len(state["first"]) != len(self._first):
            told = f"one without {', '.join(lacking)}" if lacking else f"one of {len(state['first'])} groups"
            raise InputError(f"expected the state of an EdgeController of {len(self._first)} groups, got {told}")
        self._done, self._due, self._tried, self._limit = (state[name] for name in ("done", "due", "tried", "limit"))
        self._first = list(state["first"])
        self.log.records.restore(state["log"])
        self._probe.vector, self._probe.spent, self._probe.count = state["vector"], state["spent"], state["count"]
        self._estimates = deque([Estimate(value, tuple(was)) for value, was in state["estimates"]], maxlen=2)

    def _before(self, optimizer: Optimizer, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A closure makes the gradient within the step, before it reads the lr: the cap comes between them."""
        places = [n for n, one in enumerate(arguments) if n and callable(one)]
        if places:
            (place,) = places
            return (*arguments[:place], self._closing(arguments[place]), *arguments[place + 1 :]), named
        if callable(named.get("closure")):
            return arguments, {**named, "closure": self._closing(named["closure"])}
        self._capped()
        return None

    def _closing(self, closure: Callable[[], Any]) -> Callable[[], Any]:
        def closed() -> Any:
            self._put_back()  # should it be called again
            loss = closure()
            self._capped()
            return loss

        return closed

    def _capped(self) -> None:
        self._put_back()
        try:
            self._cap(self.optimizer)
        except Exception as error:  # settings that a training may come to, such as momentum 1, are not worth it either
            self._put_back()
            tell(self.optimizer, None)
            warnings.warn(f"step {self._done}: nothing is capped ({message(error)})", ControlWarning, stacklevel=4)

    def _cap(self, optimizer: Optimizer) -> None:
        self._admit()
        if self._done >= self._due and any(rate > 0 for rate in rates(optimizer)):  # at lr 0 there is no step to measure
            self._measure()
        wanted, at = float(optimizer.param_groups[0]["lr"]), self._now(rates(optimizer))
        self._apply(self._factor())
        applied, edge = float(optimizer.param_groups[0]["lr"]), wanted / at if at > 0 else math.nan
        self.log.add(self._done, {"wanted": wanted, "applied": applied, "edge": edge, "products": self._probe.spent})

    def _after(self, *_: Any) -> None:
        self._put_back()
        self._batches.clear()
        self._done += 1

    def _admit(self) -> None:
        """Groups added since, or moving for the first time: what is known does not say how sharp it is along them."""
        new = self.optimizer.param_groups[len(self._first) :]
        self._first += [float(group.get("initial_lr", group["lr"])) for group in new]
        self._first = [highest(group, first) for group, first in zip(self.optimizer.param_groups, self._first, strict=True)]
        known = [estimate.rates for estimate in self._estimates]
        if any(len(was) < len(self._first) or any(a > 0 >= b for a, b in zip(rates(self.optimizer), was)) for was in known):  # noqa: B905
            self._estimates.clear()
            self._due = self._done

    def _measure(self) -> None:
        """Measures, or says why not."""
        try:
            estimate = agreed(self._probe, self.optimizer, self._batches)
        except Exception as error:  # whatever it is, it is not worth the training
            estimate, why = None, message(error)
        else:
            why = "another rank could not"
        self._tried += 1  # on every rank alike, failed or not: they have to meet at the next one
        self._due = self._done + gap(self._tried, self.every)
        if estimate is None:
            kept = "the last cap is kept" if self._estimates else "nothing is capped yet"
            warnings.warn(f"step {self._done}: the edge is not measured ({why}); {kept}", ControlWarning, stacklevel=5)
            return
        self._limit = self.c or limit(rows_of_step(self._batches))
        self._estimates.append(estimate)

    def _now(self, at: list[float]) -> float:
        """c at these rates by the higher of the last two estimates; 0 before there are any."""
        return max((estimate.at(at) for estimate in self._estimates), default=0.0)

    def _factor(self) -> float:
        """Of the user's lr."""
        now = rates(self.optimizer)
        if self.follow:
            lrs = [float(group["lr"]) for group in self.optimizer.param_groups]
            now = [rate * first / lr if lr else 0.0 for rate, first, lr in zip(now, self._first, lrs, strict=True)]
        at = self._now(now)
        if not at > 0:
            return 1.0
        return self._limit / at if self.follow else min(1.0, self._limit / at)

    def _apply(self, factor: float) -> None:
        groups = self.optimizer.param_groups
        if factor == 1.0:
            tell(self.optimizer, None)
            return
        self._users = [group["lr"] for group in groups]
        for group, lr in zip(groups, self._users, strict=True):
            group["lr"] = lr * factor  # a tensor stays one, and the user's own is not written to
        tell(self.optimizer, [group["lr"] for group in groups])

    def _put_back(self) -> None:
        if self._users is None:
            return
        for group, lr in zip(self.optimizer.param_groups, self._users, strict=False):
            group["lr"] = lr
        self._users = None
