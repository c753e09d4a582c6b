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

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.monitor.budget import Budget
from numerics.monitor.clock import Clock
from numerics.monitor.curvature import Curvature
from numerics.monitor.descended import COUPLED, DROPPED, LossFn, couples_batch, drops
from numerics.monitor.fresh import Fresh
from numerics.monitor.gauge import UNRESOLVED, Gauge, Row, derive_edges, rows_of
from numerics.monitor.given import check_functions, kinds_of, options_of, sinks_of
from numerics.monitor.jump import UNSOUGHT, Jump
from numerics.monitor.observer import LATE, OFTEN, Observer
from numerics.monitor.options import Batch, Sink, showing_options
from numerics.monitor.records import Records, save
from numerics.monitor.remarks import Remarks, reason
from numerics.monitor.shadow import Step
from numerics.monitor.shadows import Shadows
from numerics.monitor.spikes import Spikes
from numerics.monitor.standing import Standing
from numerics.monitor.start import Batches, Start
from numerics.monitor.state import Nothing, Stateful, restore, state_of
from numerics.monitor.summary import plot, summary
from numerics.monitor.verdict import judged, rejudged
from numerics.sharpness import measuring
from numerics.thresholds import maximizes, unsettled
from numerics.thresholds.kinds import unwrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOG = logging.getLogger(__name__)

PATIENCE = 1000
"""Calls without a step of the optimiser after which it is the wrong one."""

ATTEMPT = 10.0
"""Products that a measurement is taken to have cost that came to nothing."""


@showing_options
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
        **options: those of `Options`.

    Raises:
        InputError: an optimiser without a derived edge, or one that trains parameters the model does not have; an option out
            of its range.

    Attributes:
        records: all rows.
        options: as given.
        shadows: the shadow's windows; None if there is none, or none any more.
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
        check_functions(model, loss_fn, after_backward, forward_context)
        self.model, self.optimizer, self.options = model, unwrapped(optimizer), options_of(options)
        self.kinds = kinds_of(model, self.optimizer)
        self.records, self.sinks, self._remarks = Records(self.options.rows), sinks_of(sinks), Remarks()
        curvature = Curvature(model, loss_fn, self.options.tolerance, self.options.chunk, self.options.still)
        self._gauge = Gauge(model, self.optimizer, curvature, self.options)
        self._fresh = Fresh(self.optimizer, curvature, self.options.batches)
        self._products, self._clock = Budget(self.options.budget, self.options.every, early=True), Clock()
        self._start, self._data = Start(self.optimizer), Batches()
        self._observer, self._standing = Observer(model, self.optimizer), Standing(self.optimizer)
        how = Step(loss_fn, after_backward, forward_context)
        self.shadows = Shadows(model, self.optimizer, how, self._observer, self.options) if self.options.shadow else None
        self._spikes = Spikes(model, self.optimizer, how, self._gauge) if self.options.spikes else None
        self._batches: list[Batch] = []
        self._seen = self._calls = 0
        self._derived = self._noisy = False
        self._groups = len(self.optimizer.param_groups)

    def step(self, inputs: Any, targets: Any = None) -> None:
        """Tell of a batch that the training has gone through. Whatever goes wrong, the training goes on: no error is raised.

        Warns:
            StabilityWarning: something could not be measured; once for each reason.
        """
        self.step_of([(inputs, targets)])

    def step_of(self, batches: Iterable[Batch], losses: Sequence[Tensor] | None = None) -> None:
        """As `step` after the last of a step's micro-batches, for all of them.

        Args:
            batches: (inputs, targets) each; what fails as they are made is not raised either.
            losses: of the training, one a batch; of a single batch it is made of the output of the newest forward pass.
        """

        def act() -> Row:
            new = list(batches)
            self._batches = [*self._batches[-PATIENCE:], *new]
            if self._spikes is not None:
                self._remarks.tried(lambda: self._spikes.hear(new, losses))
            return self._stepped()

        with self._clock.watching():
            self._remarks.tried(act)

    def measure(self, inputs: Any, targets: Any = None, layers: int | None = None) -> Row:
        """Measure now, beside the budget; all layers unless told otherwise. The row is recorded, and returned.

        Raises:
            InputError: the batch does not fit the model; the forward pass is random; an operation without a right second
                derivative; the optimiser has not stepped yet and divides by what it has not seen.
        """
        with self._clock.watching():
            row = self._measured([(inputs, targets)], layers)
            self.records.add(self._seen, row)
            self._tell(row)
        return row

    @property
    def measuring(self) -> bool:
        """Whether the pass that goes on is a measurement's, or a shadow's, and not the training's: for hooks that count or log.

        Any measurement's, also by another monitor or by `numerics.sharpness`, as `numerics.sharpness.measuring` has it.
        """
        return measuring()

    def tried(self, act: Callable[[], Any]) -> None:
        """Do something beside the training, as logging: an error is remarked, not raised."""
        self._remarks.tried(act)

    @property
    def latest(self) -> Row:
        """The newest value of everything measured, with `step` (now), `steps` and `age` of each value; empty at first.

        Step sizes, and what the monitor has cost, are those of now; so are verdict and reason, where what was seen since the
        newest measurement makes them other ones: see `standing`. It takes as long after a million steps as after ten.
        """
        return self.records.latest(self._seen, self._clock.told | self._standing.told_of(self.records))

    def dataset(self) -> xr.Dataset:
        """All that was measured, dims step, layer, group; NaN where a step has no such number."""
        attributes = {**self.options.told, "optimizers": ", ".join(self.kinds)}
        attributes |= {"sampled": int(self._data.sampled), "ascends": int(maximizes(self.optimizer))}
        attributes |= {"remarks": "; ".join(self._remarks.told), **self._standing.headline(self.records)}
        return self.records.dataset(attributes).assign(self._standing.course.variables())

    def save(self, path: str | Path) -> None:
        """Write `dataset()` as netCDF, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        save(self.dataset(), path)

    def summary(self) -> str:
        """The newest numbers, what jumped and what the monitor has cost, in a few lines."""
        return summary(self.latest, list(self.records), self.records.basis)

    def plot(self) -> Figure:
        """Normalised sharpness and loss over steps, as a figure of matplotlib; save it with `.savefig(path)`."""
        return plot(list(self.records))

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs of its monitor: records, vectors, budgets, the shadow; plain numbers and tensors.

        `torch.load(..., weights_only=True)` reads it. See `state` for what is not in it.
        """
        return state_of(self._parts, self.optimizer, self.kinds)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another monitor of this training was; after the model and the optimiser have been put back.

        Raises:
            InputError: it is no monitor's state, or that of another training.
        """
        restore(state, self._parts, self.optimizer, self.kinds)
        self._seen = self._observer.steps
        for sink in self.sinks:
            self._remarks.tried(lambda sink=sink: getattr(sink, "resumed", bool)(self._seen) and None)

    @property
    def _parts(self) -> dict[str, Stateful]:
        """What remembers something."""
        parts = {"steps": self._observer, "records": self.records, "remarks": self._remarks, "budget": self._products}
        parts |= {"clock": self._clock, "gauge": self._gauge, "start": self._start, "data": self._data}
        parts |= {"fresh": self._fresh, "standing": self._standing}
        return parts | {"spikes": self._spikes or Nothing(), "shadows": self.shadows or Nothing()}

    def close(self) -> None:
        """Take the hooks off the model and the optimiser, and close the sinks."""
        closing = [self._observer.close, self._start.close, *(sink.close for sink in self.sinks)]
        closing += [part.close for part in (self.shadows, self._spikes) if part is not None]
        for close in closing:
            self._remarks.tried(close)

    def __enter__(self) -> StabilityMonitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stepped(self) -> Row:
        """Look at the batches since the last step, if the optimiser has stepped."""
        if self._observer.failure is not None:
            failure, self._observer.failure = self._observer.failure, None
            self._remarks.missing(failure)
        new, self._seen = self._observer.steps - self._seen, self._observer.steps
        self._calls = 0 if new else self._calls + 1
        if not new:
            self._wait()
            return {}
        self._remarks.once(LATE, self._observer.late >= OFTEN)
        batches, self._batches = self._batches, []
        self._products.step(new)
        self._clock.step(new)
        try:
            self._remarks.tried(lambda: self._began(batches))
            row = self._remarks.tried(lambda: self._shadowed(batches, new)) | self._remarks.tried(lambda: self._jumped(batches))
            self._standing.step(self._seen, None if self._spikes is None else self._spikes.newest)
            self.records.add(self._seen, row)  # a verdict now counts the window that ends now
            row |= self._remarks.tried(lambda: self._due(batches))
            self.records.add(self._seen, row)
            self._tell(row)
            self._tell(self._remarks.tried(lambda: self._noise(batches)))
        finally:
            self._observer.forget()
        return {}

    def _wait(self) -> None:
        """Not for ever, nor with all batches of a training in memory."""
        if self._calls >= PATIENCE:
            self._batches.clear()
            self._remarks.once(f"expected the optimizer to step, got none in {PATIENCE} calls; is it the one that trains?")

    def _due(self, batches: Sequence[Batch]) -> Row:
        """A measurement, if the budget has room for one. One that comes to nothing is paid for too, or each step would try."""
        budget, standing = self._products, self._standing
        wanted = budget.lends and (standing.at_peak or (budget.lends_again and standing.doubtful(self.records)))
        if not (budget.due or wanted) or unsettled(self.optimizer):
            return {}
        products, paid = ATTEMPT, budget.paid
        try:
            row = self._measured(batches, self.options.layers if paid else 0, lent=not (paid or wanted))
            products = row["products"]
        finally:
            standing.tried()
            budget.spend(self._clock.cost(products))
        return row

    def _noise(self, batches: Sequence[Batch]) -> Row:
        """How much the curvature differs on another batch, while the newest measurement waits for it; told once it is known."""
        if not self._fresh.open or self._seen == self._fresh.step:
            return {}
        known = self._data.sampled
        self._data.see(batches)
        if not self._data.sampled:
            self._fresh.close()
            return {}
        ascends, enough = maximizes(self.optimizer), False
        now = {} if known else rejudged(self.records, True, ascends)
        try:
            with self._clock.measuring():
                enough = self._fresh.see(batches, rows_of(batches))
            with nullcontext() if self._noisy or not enough else self._clock.setting_up():
                self._noisy = self._noisy or enough
                return now | (self._fresh.tell(self.records, ascends) if enough else {})
        except Exception:
            self._fresh.close()
            if isfinite(self._gauge.curvature.loss(batches)):
                raise
            return self._measured(batches, 0)  # it has diverged since
        finally:
            self._products.charge(self._clock.cost(1.0))

    def _jumped(self, batches: Sequence[Batch]) -> Row:
        """Why the loss or the gradient jumped, if one did."""
        if self._spikes is None:
            return {}
        with self._spikes.stepped(batches) as jump:
            if jump is None:
                return {}
            row = self._sought(self._spikes, jump, batches)
        LOG.warning("step %d: %s", self._seen, row["spike_reason"])  # news, and no fault of the measurement
        return row

    def _sought(self, spikes: Spikes, jump: Jump, batches: Sequence[Batch]) -> Row:
        """Its cause, paid for as a measurement is; where it was sought and is known it is that of what follows."""
        shaken, products = self._standing.shaken(self._seen), ATTEMPT
        if shaken or not self._clock.seeks:
            return jump.unsought(*(("aftershock", shaken) if shaken else ("unknown", UNSOUGHT)))
        try:
            with self._clock.seeking():
                row, products = spikes.why(jump, batches, self.records.newest, self.options.probe)
        finally:
            self._products.spend(self._clock.cost(products))
        self._standing.jumped(self._seen, row)
        return row

    def _measured(self, batches: Sequence[Batch], layers: int | None, lent: bool = False) -> Row:
        self._remarks.once(COUPLED, couples_batch(self.model))
        self._remarks.once(DROPPED, any(map(drops, self.model.modules())))
        where = self._where(batches)
        self._data.see(batches)
        if not self._derived:
            self._derived = True
            with self._clock.setting_up():
                derive_edges(self.optimizer)
        with self._clock.measuring():
            row, products = self._gauge.row(where, layers)
        products *= rows_of(where) / rows_of(batches)
        row |= {"products": products, "seconds": self._clock.last, **self._clock.told}
        self._remarks.once(UNRESOLVED, "unresolved" in row)
        self._fresh.begin(self._seen, self._gauge.taken(), lent)
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
        if self.shadows is None:
            return {}
        if self._groups != len(self.optimizer.param_groups):
            self._groups = len(self.optimizer.param_groups)
            self._remarks.once(
                "a shadow's window was given up, as the optimizer got other groups of parameters", self.shadows.open
            )
            self.shadows.close()
        try:
            return self.shadows.row(batches, new)
        except Exception as error:
            shadows, self.shadows = self.shadows, None
            self._remarks.tried(shadows.close)
            self._observer.watching = False
            self._remarks.once(f"no shadow any more: {reason(error)}")
            return {}

    def _tell(self, row: Row) -> None:
        """To the sinks, with the verdict of now where there is news of it."""
        row = row | self._remarks.tried(lambda: self._standing.news(self.records, self._seen, row))
        for sink in self.sinks if row else ():
            self._remarks.tried(lambda sink=sink: sink.write(self._seen, row))
