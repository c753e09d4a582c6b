r"""How far a training is from its stability edge, in which layer, and whether rounding noise is amplified, while it runs.

    with StabilityMonitor(model, optimizer, loss_fn) as monitor:
        for inputs, targets in batches:
            optimizer.zero_grad()
            loss_fn(model(inputs), targets).backward()
            optimizer.step()
            monitor.step(inputs, targets)
    monitor.save("monitor.nc")

The training is not touched: its weights have the same bits with the monitor and without. What is measured is the loss that
`loss_fn` makes of the model's output, in the parameters' own precision: of mixed precision the master weights' loss, and of
clipped gradients nothing (a clipped step is shorter than lr says, and stable where an unclipped one is not).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xarray as xr
from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.budget import Budget
from numerics.monitor.clock import Clock
from numerics.monitor.curvature import Curvature
from numerics.monitor.descended import LossFn, couples_batch
from numerics.monitor.gauge import UNRESOLVED, Gauge, Row, samples
from numerics.monitor.observer import Observer
from numerics.monitor.options import Batch, Options, Sink, StabilityWarning
from numerics.monitor.records import Records, save
from numerics.monitor.shadow import Step
from numerics.monitor.shadows import Shadows
from numerics.monitor.start import Batches, Start
from numerics.monitor.verdict import judged
from numerics.optimizer_kinds import kind_of, trained, unwrapped
from numerics.thresholds import maximizes, unsettled

PATIENCE = 1000
"""Calls without a step of the optimiser after which it is the wrong one."""

COUPLED = (
    "batch norm is training, and couples the samples of a batch: the sharpness is that of the loss of the very batch (or "
    "probe) that is measured on; frozen statistics give another one"
)


class StabilityMonitor:
    """Watches a training; call `step` after each step of the optimiser.

    With gradient accumulation call it after each backward pass, and after the optimiser's step where there is one: it sees
    whether the optimiser has stepped. The micro-batches' losses then count with equal weights.

    Args:
        model: the model that is trained. Inputs that are a mapping are passed to it by name, a tuple or list one by one.
        optimizer: trains it; several groups are fine, each has its own edge. Wrappers of accelerate and Lightning come off.
        loss_fn: (outputs, targets) -> scalar, a mean over the samples.
        after_backward: what is done to the model between backward and the optimiser's step, as clipping of gradients; the
            shadow does it too.
        forward_context: makes the context of forward and loss in training, as autocast; for the shadow.
        sinks: each gets every row: `LiveView`, `TensorBoard`, or your own.
        **options: see `Options`: every, budget, probe, tolerance, layers, smallest, shadow, window.

    Raises:
        InputError: an optimiser without a derived edge, or one that trains parameters the model does not have; an option out
            of its range.

    Attributes:
        records: all rows.
        options: as given.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: LossFn,
        *,
        after_backward: Callable[[nn.Module], Any] | None = None,
        forward_context: Callable[[], AbstractContextManager] = nullcontext,
        sinks: Iterable[Sink] = (),
        **options: Any,
    ) -> None:
        self.model, self.optimizer, self.options = model, unwrapped(optimizer), Options(**options)
        self.kinds = _checked(model, self.optimizer)
        self.records, self.sinks = Records(), list(sinks)
        curvature = Curvature(model, loss_fn, self.options.tolerance, self.options.chunk)
        self._gauge = Gauge(model, self.optimizer, curvature, self.options)
        self._products, self._clock = Budget(self.options.budget, self.options.every, early=True), Clock()
        self._start, self._data = Start(self.optimizer), Batches()
        self._observer = Observer(model, self.optimizer)
        how = Step(loss_fn, after_backward, forward_context)
        self._shadows = Shadows(model, self.optimizer, how, self._observer, self.options) if self.options.shadow else None
        self._batches: list[Batch] = []
        self._seen = self._calls = 0
        self._remarks: list[str] = []

    def step(self, inputs: Any, targets: Any = None) -> None:
        """Tell of a batch that the training has gone through.

        Raises:
            InputError: the batch does not fit the model, its forward pass is random, or the optimiser never steps.
        """
        following = self._shadows is not None and self._shadows.open
        self._batches = [*self._batches, (inputs, targets)] if following else [(inputs, targets)]
        new, self._seen = self._observer.steps - self._seen, self._observer.steps
        self._calls = 0 if new else self._calls + 1
        if not new:
            if self._calls >= PATIENCE:
                raise InputError(f"expected the optimizer to step, got none in {PATIENCE} calls; is it the one that trains?")
            return
        self._products.step(new)
        self._clock.step(new)
        self._began((inputs, targets))
        row = self._shadowed(new)
        self.records.add(self._seen, row)
        if self._products.due and not unsettled(self.optimizer):
            row |= self._measured((inputs, targets), self.options.layers if self._products.paid else 0)
            self._products.spend(self._clock.cost(row["products"]))
        self._batches = []
        self._observer.forget()
        self._write(row)

    def measure(self, inputs: Any, targets: Any = None, layers: int | None = None) -> Row:
        """Measure now, beside the budget; all layers unless told otherwise. The row is recorded, and returned.

        Raises:
            InputError: as `step`; the optimiser has not stepped yet and divides by what it has not seen.
        """
        row = self._measured((inputs, targets), layers)
        self._write(row)
        return row

    @property
    def latest(self) -> Row:
        """The newest value of everything measured, with `step` (now), `steps` and `age` of each value; empty at first."""
        return self.records.latest(self._seen)

    def dataset(self) -> xr.Dataset:
        """All that was measured, dims step, layer, group; NaN where a step has no such number."""
        told = {name: value for name, value in asdict(self.options).items() if name != "probe" and value is not None}
        attributes = {name: int(value) if isinstance(value, bool) else value for name, value in told.items()}
        measured_on = "each step's batch" if self.options.probe is None else "a fixed probe"
        attributes |= {"optimizers": ", ".join(self.kinds), "measured_on": measured_on}
        attributes |= {"sampled": int(self._data.sampled), "ascends": int(maximizes(self.optimizer))}
        return self.records.dataset(attributes | {"remarks": "; ".join(self._remarks)})

    def save(self, path: str | Path) -> None:
        """Write `dataset()` as netCDF, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        save(self.dataset(), path)

    def close(self) -> None:
        """Take the hooks off the model and the optimiser, and close the sinks."""
        self._observer.close()
        self._start.close()
        if self._shadows is not None:
            self._shadows.close()
        for sink in self.sinks:
            sink.close()

    def __enter__(self) -> StabilityMonitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _measured(self, batch: Batch, layers: int | None) -> Row:
        self._remark_once(COUPLED, couples_batch(self.model))
        where = self.options.probe or batch
        self._data.see(batch[0])
        with self._clock.measuring():
            row, products = self._gauge.row(where, layers)
        row |= {"products": products * samples(where[0]) / samples(batch[0]), "seconds": self._clock.last}
        self._remark_once(UNRESOLVED, "unresolved" in row)
        now = {**row, "step": self._seen}
        return row | judged(now, self.records.judged, self._data.sampled, maximizes(self.optimizer))

    def _began(self, batch: Batch) -> None:
        """The loss before the first step, once: what comes later is judged by it."""
        row = self._start.row(lambda: self._gauge.curvature.loss(self.options.probe or batch))
        if row:
            self._data.see(batch[0])
            if not self.records.judged:
                self.records.add(0, row)

    def _shadowed(self, new: int) -> Row:
        """The shadow's numbers of this step; it is given up where it cannot follow."""
        if self._shadows is None:
            return {}
        try:
            return self._shadows.row(self._batches, new)
        except InputError as error:
            self._shadows.close()
            self._shadows = None
            self._remark_once(f"no shadow any more: {error}")
            return {}

    def _remark_once(self, remark: str, applies: bool = True) -> None:
        if applies and remark not in self._remarks:
            self._remarks.append(remark)
            warnings.warn(remark, StabilityWarning, stacklevel=4)

    def _write(self, row: Row) -> None:
        if row:
            self.records.add(self._seen, row)
            for sink in self.sinks:
                sink.write(self._seen, row)


def _checked(model: nn.Module, optimizer: Optimizer) -> list[str]:
    """Name of each group's optimiser in `derive.optimizers`."""
    kinds = [kind_of(optimizer, group) for group in optimizer.param_groups]
    own = {id(p) for p in model.parameters()}
    strange = sum(id(p) not in own for _, _, p in trained(optimizer))
    if strange:
        raise InputError(f"expected an optimizer of the model's parameters, got {strange} that it does not have")
    if not any(True for _ in trained(optimizer)):
        raise InputError("expected an optimizer with parameters that require a gradient, got none")
    return kinds
