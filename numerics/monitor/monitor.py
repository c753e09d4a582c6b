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
an unclipped one is not). Of a step that an `EdgeController` has capped it is the lr that it was taken with.

Measuring runs the model forward and backward, and the shadow trains a copy of it: hooks of your own, on modules, run then too.
What they keep is put back but for the shadow's passes, what they write elsewhere is not: one that counts or logs asks
`monitor.measuring`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.monitor.descended import LossFn
from numerics.monitor.gauge import Row
from numerics.monitor.given import check_functions, kinds_of, options_of, sinks_of
from numerics.monitor.options import Batch, Sink, showing_options
from numerics.monitor.records import Records, save
from numerics.monitor.shadow import Step
from numerics.monitor.shadows import Shadows
from numerics.monitor.state import restore, state_of
from numerics.monitor.summary import plot, summary
from numerics.monitor.watch import Watch
from numerics.sharpness import measuring
from numerics.thresholds import maximizes
from numerics.thresholds.kinds import unwrapped
from numerics.thresholds.taken import as_taken

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        check_functions(model, loss_fn, after_backward, forward_context)
        self.model, self.optimizer, self.options = model, unwrapped(optimizer), options_of(options)
        self.kinds, self.sinks = kinds_of(model, self.optimizer), sinks_of(sinks)
        how = Step(loss_fn, after_backward, forward_context)
        self._watch = Watch(model, self.optimizer, how, self.options, self.sinks)
        self._remarks, self._clock = self._watch.remarks, self._watch.clock

    @property
    def records(self) -> Records:
        """All rows."""
        return self._watch.records

    @property
    def shadows(self) -> Shadows | None:
        """The shadow's windows; None if there is none, or none any more."""
        return self._watch.shadows

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

        def act() -> None:
            self._watch.hear(batches, losses)
            with as_taken(self.optimizer):
                self._watch.step()

        with self._clock.watching():
            self._remarks.tried(act)

    def measure(self, inputs: Any, targets: Any = None, layers: int | None = None) -> Row:
        """Measure now, beside the budget; all layers unless told otherwise. The row is recorded, and returned.

        Raises:
            InputError: the batch does not fit the model; the forward pass is random; an operation without a right second
                derivative; the optimiser has not stepped yet and divides by what it has not seen.
        """
        with self._clock.watching(), as_taken(self.optimizer):
            row = self._watch.measured([(inputs, targets)], layers)
            self._watch.write(row)
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
        return self.records.latest(self._watch.seen, self._clock.told | self._watch.standing.told_of(self.records))

    def dataset(self) -> xr.Dataset:
        """All that was measured, dims step, layer, group; NaN where a step has no such number."""
        attributes = {**self.options.told, "optimizers": ", ".join(self.kinds)}
        attributes |= {"sampled": int(self._watch.sampled is not False), "ascends": int(maximizes(self.optimizer))}
        attributes |= {"remarks": "; ".join(self._remarks.told), **self._watch.standing.headline(self.records)}
        return self.records.dataset(attributes).assign(self._watch.standing.course.variables())

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
        return state_of(self._watch.parts, self.optimizer, self.kinds)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another monitor of this training was; after the model and the optimiser have been put back.

        Raises:
            InputError: it is no monitor's state, or that of another training.
        """
        restore(state, self._watch.parts, self.optimizer, self.kinds)
        self._watch.resume()

    def close(self) -> None:
        """Take the hooks off the model and the optimiser, and close the sinks."""
        self._watch.close()

    def __enter__(self) -> StabilityMonitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
