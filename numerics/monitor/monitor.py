r"""How far a training is from its stability edge, in which layer, and whether rounding noise is amplified, while it runs.

    with StabilityMonitor(model, optimizer, loss_fn) as monitor:
        for inputs, targets in batches:
            optimizer.zero_grad()
            loss_fn(model(inputs), targets).backward()
            optimizer.step()
            monitor.step(inputs, targets)
    monitor.save("monitor.nc")

The training is not touched: its weights have the same bits with the monitor and without, and it goes on whatever happens while
measuring, which a `StabilityWarning` names, once; only making a monitor and `measure` raise errors. What is measured is the
loss that `loss_fn` makes of the model's output in the mode that it is trained in, in the parameters' own precision: of mixed
precision the master weights' loss, and of clipped gradients nothing (a clipped step is shorter than lr says, and stable where
an unclipped one is not).

Measuring runs the model forward and backward, and the shadow trains a copy of it: hooks of your own, on modules, run then too.
What they keep is put back but for the shadow's passes, what they write elsewhere is not: one that counts or logs asks
`monitor.measuring`.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import xarray as xr
from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from derive.shown import described, message
from numerics.monitor.budget import Budget
from numerics.monitor.clock import Clock
from numerics.monitor.curvature import Curvature
from numerics.monitor.descended import LossFn, couples_batch, drops
from numerics.monitor.gauge import UNRESOLVED, Gauge, Row, samples
from numerics.monitor.observer import Observer
from numerics.monitor.options import Batch, Options, Sink, StabilityWarning
from numerics.monitor.records import Records, save
from numerics.monitor.shadow import Step
from numerics.monitor.shadows import Shadows
from numerics.monitor.start import Batches, Start
from numerics.monitor.verdict import judged
from numerics.sharpness import measuring
from numerics.thresholds import maximizes, unsettled
from numerics.thresholds.kinds import kind_of, trained, unwrapped

PATIENCE = 1000
"""Calls without a step of the optimiser after which it is the wrong one."""

ATTEMPT = 10.0
"""Products that a measurement is taken to have cost that came to nothing."""

DROPPED = (
    "dropout is off while measuring: the sharpness is that of the loss of the whole network, not of one with units dropped, "
    "which is another one at each step"
)

COUPLED = (
    "batch norm is training, and couples the samples of a batch: the sharpness is that of the loss of the very batch (or "
    "probe) that is measured on; frozen statistics give another one"
)


class StabilityMonitor:
    """Watches a training; call `step` after each step of the optimiser.

    With gradient accumulation call it after each backward pass, and after the optimiser's step where there is one: it sees
    whether the optimiser has stepped. What is measured is then the mean of the micro-batches' losses, each counting the same.

    Args:
        model: the model that is trained. Inputs that are a mapping are passed to it by name, a tuple or list one by one;
            anything else, a named tuple too, as one argument.
        optimizer: trains it; several groups are fine, each has its own edge. Wrappers of accelerate and Lightning come off.
        loss_fn: (outputs, targets) -> scalar, a mean over the samples.
        after_backward: what is done to the model between backward and the optimiser's step, as clipping of gradients; the
            shadow does it too.
        forward_context: makes the context of forward and loss in training, as autocast; for the shadow.
        sinks: each gets every row: `LiveView`, `TensorBoard`, or your own.
        **options: see `Options`: every, budget, probe, tolerance, layers, smallest, shadow, window,
            still.

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
        curvature = Curvature(model, loss_fn, self.options.tolerance, self.options.chunk, self.options.still)
        self._gauge = Gauge(model, self.optimizer, curvature, self.options)
        self._products, self._clock = Budget(self.options.budget, self.options.every, early=True), Clock()
        self._start, self._data = Start(self.optimizer), Batches()
        self._observer = Observer(model, self.optimizer)
        how = Step(loss_fn, after_backward, forward_context)
        self._shadows = Shadows(model, self.optimizer, how, self._observer, self.options) if self.options.shadow else None
        self._batches: list[Batch] = []
        self._seen = self._calls = 0
        self._groups = len(self.optimizer.param_groups)
        self._remarks: list[str] = []

    def step(self, inputs: Any, targets: Any = None) -> None:
        """Tell of a batch that the training has gone through. Whatever goes wrong, the training goes on: no error is raised.

        Warns:
            StabilityWarning: something could not be measured; once for each reason.
        """
        self.step_of([(inputs, targets)])

    def step_of(self, batches: Iterable[Batch]) -> None:
        """As `step` after the last of a step's micro-batches, for all of them.

        Args:
            batches: (inputs, targets) each; what fails as they are made is not raised either.
        """

        def act() -> Row:
            self._batches = [*self._batches[-PATIENCE:], *batches]
            return self._stepped()

        self._tried(act)

    def measure(self, inputs: Any, targets: Any = None, layers: int | None = None) -> Row:
        """Measure now, beside the budget; all layers unless told otherwise. The row is recorded, and returned.

        Raises:
            InputError: the batch does not fit the model; the forward pass is random; an operation without a right second
                derivative; the optimiser has not stepped yet and divides by what it has not seen.
        """
        row = self._measured([(inputs, targets)], layers)
        self._write(row)
        return row

    @property
    def measuring(self) -> bool:
        """Whether the pass that goes on is a measurement's, or a shadow's, and not the training's: for hooks that count or log.

        Any measurement's, also by another monitor or by `numerics.sharpness`, as `numerics.sharpness.measuring` has it.
        """
        return measuring()

    @property
    def latest(self) -> Row:
        """The newest value of everything measured, with `step` (now), `steps` and `age` of each value; empty at first."""
        return self.records.latest(self._seen)

    def dataset(self) -> xr.Dataset:
        """All that was measured, dims step, layer, group; NaN where a step has no such number."""
        told = {f.name: getattr(self.options, f.name) for f in fields(self.options) if f.name not in ("probe", "still")}
        attributes = {name: int(v) if isinstance(v, bool) else v for name, v in told.items() if v is not None}
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
        closing = [self._observer.close, self._start.close, *(sink.close for sink in self.sinks)]
        if self._shadows is not None:
            closing.append(self._shadows.close)
        for close in closing:
            self._tried(close)

    def __enter__(self) -> StabilityMonitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stepped(self) -> Row:
        """Look at the batches since the last step, if the optimiser has stepped."""
        if self._observer.failure is not None:
            failure, self._observer.failure = self._observer.failure, None
            self._missing(failure)
        new, self._seen = self._observer.steps - self._seen, self._observer.steps
        self._calls = 0 if new else self._calls + 1
        if not new:
            self._wait()
            return {}
        batches, self._batches = self._batches, []
        self._products.step(new)
        self._clock.step(new)
        try:
            self._tried(lambda: self._began(batches))
            row = self._tried(lambda: self._shadowed(batches, new))
            self.records.add(self._seen, row)  # a verdict now counts the window that ends now
            self._write(row | self._tried(lambda: self._due(batches)))
        finally:
            self._observer.forget()
        return {}

    def _wait(self) -> None:
        """Not for ever, nor with all batches of a training in memory."""
        if self._calls >= PATIENCE:
            self._batches.clear()
            self._remark_once(f"expected the optimizer to step, got none in {PATIENCE} calls; is it the one that trains?")

    def _due(self, batches: Sequence[Batch]) -> Row:
        """A measurement, if the budget has room for one. One that comes to nothing is paid for too, or each step would try."""
        if not self._products.due or unsettled(self.optimizer):
            return {}
        products = ATTEMPT
        try:
            row = self._measured(batches, self.options.layers if self._products.paid else 0)
            products = row["products"]
        finally:
            self._products.spend(self._clock.cost(products))
        return row

    def _measured(self, batches: Sequence[Batch], layers: int | None) -> Row:
        self._remark_once(COUPLED, couples_batch(self.model))
        self._remark_once(DROPPED, any(map(drops, self.model.modules())))
        where = self._where(batches)
        self._data.see(batches)
        with self._clock.measuring():
            row, products = self._gauge.row(where, layers)
        products *= sum(samples(inputs) for inputs, _ in where) / sum(samples(inputs) for inputs, _ in batches)
        row |= {"products": products, "seconds": self._clock.last}
        self._remark_once(UNRESOLVED, "unresolved" in row)
        now = {**row, "step": self._seen}
        return row | judged(now, self.records.judged, self._data.sampled, maximizes(self.optimizer))

    def _where(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """What is measured on."""
        return batches if self.options.probe is None else [self.options.probe]

    def _began(self, batches: Sequence[Batch]) -> None:
        """The loss before the first step, once: what comes later is judged by it."""
        row = self._start.row(lambda: self._gauge.curvature.loss(self._where(batches)))
        if row:
            self._data.see(batches)
            if not self.records.judged:
                self.records.add(0, row)

    def _shadowed(self, batches: Sequence[Batch], new: int) -> Row:
        """The shadow's numbers of this step; it is given up where it cannot follow."""
        if self._shadows is None:
            return {}
        if self._groups != len(self.optimizer.param_groups):
            self._groups = len(self.optimizer.param_groups)
            self._remark_once(
                "a shadow's window was given up, as the optimizer got other groups of parameters", self._shadows.open
            )
            self._shadows.close()
        try:
            return self._shadows.row(batches, new)
        except Exception as error:
            shadows, self._shadows = self._shadows, None
            self._tried(shadows.close)
            self._observer.watching = False
            self._remark_once(f"no shadow any more: {_told(error)}")
            return {}

    def _tried(self, act: Callable[[], Row | None]) -> Row:
        """What it gives; nothing where it fails, which is remarked."""
        try:
            return act() or {}
        except StabilityWarning:  # the user's filter makes errors of warnings
            raise
        except Exception as error:
            self._missing(error)
            return {}

    def _missing(self, error: Exception) -> None:
        try:
            self._remark_once(f"the training goes on, but something is not measured: {_told(error)}")
        except StabilityWarning:
            raise
        except Exception:  # it cannot even be said: what shows warnings fails, say
            return

    def _remark_once(self, remark: str, applies: bool = True) -> None:
        """The same with other numbers is the same."""
        if applies and all(_without_numbers(remark) != _without_numbers(known) for known in self._remarks):
            self._remarks.append(remark)
            warnings.warn(remark, StabilityWarning, stacklevel=_outside())

    def _write(self, row: Row) -> None:
        if row:
            self.records.add(self._seen, row)
            for sink in self.sinks:
                self._tried(lambda sink=sink: sink.write(self._seen, row))


def _told(error: Exception) -> str:
    """In one line; an error that is not ours with its name."""
    return message(error) if isinstance(error, InputError) else described(error)


def _without_numbers(text: str) -> str:
    return re.sub(r"[-+.\d]*\d(e[-+]?\d+)?", "#", text)


def _outside() -> int:
    """Level of the first caller outside this package, for a warning that points at the user's line."""
    frame, level = sys._getframe(1), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("numerics.monitor"):
        frame, level = frame.f_back, level + 1
    return level


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
