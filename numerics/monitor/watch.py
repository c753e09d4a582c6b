"""What a monitor does at a step of a training: look at its batches, measure what is due, follow its shadow, pay for it all.

Each is tried by itself: one that fails ends neither the others nor the training. What costs Hessian products is paid for, also
where it came to nothing, or each step would try again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from math import isfinite

from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.monitor.budget import Budget
from numerics.monitor.clock import Clock
from numerics.monitor.curvature import Curvature
from numerics.monitor.descended import COUPLED, DROPPED, couples_batch, drops
from numerics.monitor.fresh import Fresh
from numerics.monitor.gauge import UNRESOLVED, Gauge, Row, derive_edges, rows
from numerics.monitor.jump import RESUMED, UNSOUGHT, Jump
from numerics.monitor.observer import LATE, OFTEN, Observer
from numerics.monitor.options import Batch, Options, Sink
from numerics.monitor.records import Records
from numerics.monitor.remarks import Remarks, reason
from numerics.monitor.shadow import Step
from numerics.monitor.shadows import Shadows
from numerics.monitor.spikes import Spikes
from numerics.monitor.standing import Standing
from numerics.monitor.start import Batches, Start
from numerics.monitor.state import Nothing, Stateful
from numerics.monitor.verdict import judged, rejudged
from numerics.thresholds import maximizes, unsettled

LOG = logging.getLogger(__name__)

PATIENCE = 1000
"""Calls without a step of the optimiser after which it is the wrong one."""

REGROUPED = "a shadow's window was given up, as the optimizer got other groups of parameters"

ATTEMPT = 10.0
"""Products that a measurement is taken to have cost that came to nothing."""


class Watch:
    """The parts of a monitor, and what is done with them.

    Args:
        model: that is trained.
        optimizer: torch's own, without wrappers.
        how: a step of the training.
        options: of the monitor.
        sinks: get every row.

    Attributes:
        records: all rows.
        remarks: what was said.
        clock: what it has cost.
        observer: counts the optimiser's steps.
        standing: the verdict of now.
        sampled: whether steps have batches of their own; None before a second step.
        shadows: the shadow's windows; None if there is none, or none any more.
        batches: of the step that is not over.
        seen: steps of the optimiser that it has been told of.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, how: Step, options: Options, sinks: list[Sink]) -> None:
        self._model, self._optimizer, self._options, self._sinks = model, optimizer, options, sinks
        self.records, self.remarks, self.clock = Records(options.rows), Remarks(), Clock()
        curvature = Curvature(model, how.loss_fn, options.tolerance, options.chunk, options.still)
        self._gauge = Gauge(model, optimizer, curvature, options)
        self._fresh = Fresh(optimizer, curvature, options.batches)
        self._products = Budget(options.budget, options.every, early=True)
        self._start, self._data = Start(optimizer), Batches()
        self.observer, self.standing = Observer(model, optimizer), Standing(optimizer)
        self.shadows = Shadows(model, optimizer, how, self.observer, options) if options.shadow else None
        self._spikes = Spikes(model, optimizer, how, self._gauge) if options.spikes else None
        self.batches: list[Batch] = []
        self.seen = self._calls = 0
        self._derived = self._noisy = False
        self._groups = len(optimizer.param_groups)

    @property
    def sampled(self) -> bool | None:
        """By all that has been seen."""
        return self._data.sampled

    @property
    def parts(self) -> dict[str, Stateful]:
        """What remembers something."""
        parts = {"steps": self.observer, "records": self.records, "remarks": self.remarks, "budget": self._products}
        parts |= {"clock": self.clock, "gauge": self._gauge, "start": self._start, "data": self._data, "fresh": self._fresh}
        parts["standing"] = self.standing
        return parts | {"spikes": self._spikes or Nothing(), "shadows": self.shadows or Nothing()}

    def resume(self) -> None:
        """Once the parts have been put back."""
        self.seen = self.observer.steps
        for sink in self._sinks:
            self.remarks.tried(lambda sink=sink: getattr(sink, "resumed", bool)(self.seen) and None)

    def hear(self, batches: Iterable[Batch], losses: Sequence[Tensor] | None) -> None:
        """Batches that the training has gone through, and their losses."""
        new = list(batches)
        self.batches = [*self.batches[-PATIENCE:], *new]
        if self._spikes is not None:
            self.remarks.tried(lambda: self._spikes.hear(new, losses))

    def step(self) -> None:
        """Look at the batches since the last step, if the optimiser has stepped."""
        failure, self.observer.failure = self.observer.failure, None
        if failure is not None:
            self.remarks.missing(failure)
        new, self.seen = self.observer.steps - self.seen, self.observer.steps
        self._calls = 0 if new else self._calls + 1
        if not new:
            self._wait()
            return
        self.remarks.once(LATE, self.observer.late >= OFTEN)
        batches, self.batches = self.batches, []
        self._products.step(new)
        self.clock.step(new)
        try:
            self._look(batches, new)
        finally:
            self.observer.forget()

    def measured(self, batches: Sequence[Batch], layers: int | None, lent: bool = False) -> Row:
        """A measurement, whatever it costs; `lent`: an early one, that the budget has no room for."""
        self.remarks.once(COUPLED, couples_batch(self._model))
        self.remarks.once(DROPPED, any(map(drops, self._model.modules())))
        where = self._where(batches)
        self._data.see(batches, self.seen)
        if not self._derived:
            self._derived = True
            with self.clock.setting_up():
                derive_edges(self._optimizer)
        with self.clock.measuring():
            row, products = self._gauge.row(where, layers)
        products *= rows(where) / rows(batches)
        row |= {"products": products, "seconds": self.clock.last, **self.clock.told}
        self.remarks.once(UNRESOLVED, "unresolved" in row)
        self._fresh.begin(self.seen, self._gauge.taken(), lent)
        now = {**row, "step": self.seen}
        return row | judged(now, self.records.judged, self.sampled, maximizes(self._optimizer))

    def write(self, row: Row) -> None:
        """Into the records, and to the sinks."""
        self.records.add(self.seen, row)
        self._tell(row)

    def close(self) -> None:
        """Take the hooks off the model and the optimiser, and close the sinks."""
        closing = [self.observer.close, self._start.close, *(sink.close for sink in self._sinks)]
        closing += [part.close for part in (self.shadows, self._spikes) if part is not None]
        for close in closing:
            self.remarks.tried(close)

    def _wait(self) -> None:
        """Not for ever, nor with all batches of a training in memory."""
        if self._calls >= PATIENCE:
            self.batches.clear()
            self.remarks.once(f"expected the optimizer to step, got none in {PATIENCE} calls; is it the one that trains?")

    def _look(self, batches: Sequence[Batch], new: int) -> None:
        tried = self.remarks.tried
        tried(lambda: self._began(batches))
        row = tried(lambda: self._shadowed(batches, new)) | tried(lambda: self._jumped(batches))
        self.standing.step(self.seen, None if self._spikes is None else self._spikes.newest)
        self.records.add(self.seen, row)  # a verdict now counts the window that ends now
        row |= tried(lambda: self._due(batches))
        self.records.add(self.seen, row)
        self._tell(row | tried(lambda: self._noise(batches)))

    def _began(self, batches: Sequence[Batch]) -> None:
        """The loss before the first step, once: what comes later is judged by it."""
        row = self._start.row(lambda: self._gauge.curvature.loss(self._where(batches)))
        if row:
            self._data.see(batches, self.seen)
            if not self.records.judged:
                self.records.add(0, row)

    def _shadowed(self, batches: Sequence[Batch], new: int) -> Row:
        """The shadow's numbers of this step; it is given up where it cannot follow."""
        if self.shadows is None:
            return {}
        if self._groups != len(self._optimizer.param_groups):
            self._groups = len(self._optimizer.param_groups)
            self.remarks.once(REGROUPED, self.shadows.open)
            self.shadows.close()
        try:
            return self.shadows.row(batches, new)
        except Exception as error:
            shadows, self.shadows = self.shadows, None
            self.remarks.tried(shadows.close)
            self.observer.watching = False
            self.remarks.once(f"no shadow any more: {reason(error)}")
            return {}

    def _jumped(self, batches: Sequence[Batch]) -> Row:
        """Why the loss or the gradient jumped, if one did."""
        if self._spikes is None:
            return {}
        with self._spikes.stepped(batches) as jump:
            if jump is None:
                return {}
            row = self._sought(self._spikes, jump, batches)
        LOG.warning("step %d: %s", self.seen, row["spike_reason"])  # news, and no fault of the measurement
        return row

    def _sought(self, spikes: Spikes, jump: Jump, batches: Sequence[Batch]) -> Row:
        """Its cause, paid for as a measurement is; where it was sought and is known it is that of what follows."""
        shaken, products = self.standing.shaken(self.seen), ATTEMPT
        if shaken or spikes.alone or not self.clock.seeks:
            why = RESUMED if spikes.alone else UNSOUGHT
            return jump.unsought(*(("aftershock", shaken) if shaken else ("unknown", why)))
        try:
            with self.clock.seeking():
                row, products = spikes.why(jump, batches, self.records.newest, self._options.probe)
        finally:
            self._products.spend(self.clock.cost(products))
        self.standing.jumped(self.seen, row)
        return row

    def _due(self, batches: Sequence[Batch]) -> Row:
        """A measurement, if the budget has room for one. One that comes to nothing is paid for too, or each step would try."""
        budget, standing = self._products, self.standing
        wanted = budget.lends and (standing.at_peak or (budget.lends_again and standing.doubtful(self.records)))
        if not (budget.due or wanted) or unsettled(self._optimizer):
            return {}
        products, paid = ATTEMPT, budget.paid
        try:
            row = self.measured(batches, self._options.layers if paid else 0, lent=not (paid or wanted))
            products = row["products"]
        finally:
            standing.tried()
            budget.spend(self.clock.cost(products))
        return row

    def _noise(self, batches: Sequence[Batch]) -> Row:
        """How much the curvature differs on another batch, while the newest measurement waits for it; told once it is known."""
        if self.seen == self._fresh.step or not (self._fresh.open or self.sampled is None):
            return {}
        known, ascends, enough = self.sampled, maximizes(self._optimizer), False
        self._data.see(batches, self.seen)
        now = {} if known == self.sampled else rejudged(self.records, self.sampled, ascends)
        if not (self.sampled and self._fresh.open):
            self._fresh.close()
            return now
        try:
            with self.clock.measuring():
                enough = self._fresh.see(batches, rows(batches))
            with nullcontext() if self._noisy or not enough else self.clock.setting_up():
                self._noisy = self._noisy or enough
                return now | (self._fresh.tell(self.records, ascends) if enough else {})
        except Exception:
            self._fresh.close()
            if isfinite(self._gauge.curvature.loss(batches)):
                raise
            row = self.measured(batches, 0)  # it has diverged since
            self.records.add(self.seen, row)
            return row
        finally:
            self._products.charge(self.clock.cost(1.0))

    def _where(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """What is measured on."""
        return batches if self._options.probe is None else [self._options.probe]

    def _tell(self, row: Row) -> None:
        """To the sinks, with the verdict of now where there is news of it."""
        row = row | self.remarks.tried(lambda: self.standing.news(self.records, self.seen, row))
        for sink in self._sinks if row else ():
            self.remarks.tried(lambda sink=sink: sink.write(self.seen, row))
