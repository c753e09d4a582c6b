"""What stands between the user's training and the monitor: counts its steps, its time, and stops it politely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import xarray as xr
from torch import Tensor, nn

from derive.errors import InputError
from derive.shown import message
from numerics.monitor import Options, StabilityMonitor

PATIENCE = 10
"""Seconds that the last measurement may take, or a fifth of the training's if that is more."""

LOOKED = 10
"""Steps between two looks at whether the weights are still numbers."""


TOLD = 2
"""Step at which it is said what will not be seen; the first one shows the optimiser."""


class Enough(BaseException):  # not an Exception: the user's `except Exception` must not hold it up
    """Ends the user's training: the steps asked for are done, or the weights are no numbers any more."""


class Meter(Protocol):
    """What has measured: a `StabilityMonitor`, or the one that works by hooks."""

    model: nn.Module
    kinds: list[str]
    options: Options

    def dataset(self) -> xr.Dataset:
        """All that was measured."""

    def close(self) -> None:
        """Take the hooks off."""


@dataclass
class Session:
    """One training as it goes.

    Attributes:
        options: of the monitor.
        limit: steps after which it ends; None for all.
        tell: called with (step, row) of every measurement.
        meter: what measures; None until the training has shown itself.
        last: measures the newest batch again, with so many layers.
        steps: of the optimiser so far.
        told: of these the monitor has been told.
        began: time at which the watching began.
        lasted: seconds from there to the end.
        spent: seconds of these that the audit took.
        ended: why it was ended by us, if it was.
        notes: warnings for the page.
        missing: those that say what is not measured.
        peak: greatest lr of each group, and the step it was first used at.
        say: called with what is to be known now.
    """

    options: dict[str, Any]
    limit: int | None = None
    tell: Callable[[int, Mapping[str, Any]], None] = lambda step, row: None
    meter: Meter | None = None
    last: Callable[[int], Mapping[str, Any]] | None = None
    steps: int = 0
    told: int = 0
    began: float = 0.0
    lasted: float = 0.0
    spent: float = 0.0
    ended: str = ""
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    peak: dict[int, tuple[float, int]] = field(default_factory=dict)
    say: Callable[[str], None] = lambda text: None

    def begin(self, meter: Meter) -> None:
        """The training has shown itself."""
        self.meter, self.began = meter, perf_counter()

    def stop(self) -> None:
        """The training is over."""
        self.lasted = perf_counter() - self.began if self.meter is not None else 0.0

    def note(self, text: str) -> None:
        """A warning, once."""
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Inside, time is the audit's."""
        start = perf_counter()
        try:
            yield
        finally:
            self.spent += perf_counter() - start

    def tell_now(self, text: str) -> None:
        """A warning that is of use during the training, once; those of the first steps are said together."""
        if text not in self.notes and self.steps >= TOLD:
            self.say(f"from step {self.steps + 1} on: {text}")
        self.note(text)
        if text not in self.missing:
            self.missing.append(text)

    def step(self, optimizer: Any, *_: object) -> None:
        """The optimiser steps; a hook."""
        self.steps += 1
        for number, group in enumerate(optimizer.param_groups):
            lr = float(group["lr"])
            if number not in self.peak or lr > self.peak[number][0]:
                self.peak[number] = lr, self.steps

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """A row of the monitor; shown as it comes."""
        self.tell(step, row)

    def close(self) -> None:
        """No more rows."""

    def finish(self) -> None:
        """Measure once more at the end, as many layers as there is time for."""
        if self.meter is None or self.last is None:
            return
        try:
            start = perf_counter()
            row = self.last(1)
            if self.told and row.get("layer_share"):
                room = max(PATIENCE, 0.2 * self.lasted) / (perf_counter() - start)
                self.last(min(len(row["layer_share"]), max(1, int(room))))
        except (InputError, RuntimeError) as error:
            self.note(f"no last measurement: {message(error)}")

    def stepped(self, parameters: Iterable[Tensor]) -> None:
        """A step of the optimiser is done and looked at.

        Raises:
            Enough: it was the last one.
        """
        if self.steps % LOOKED == 0 and not _numbers(parameters):
            self.ended = f"the weights were no longer finite at step {self.steps}"
        elif self.limit is not None and self.steps >= self.limit:
            self.ended = f"ended after {self.steps} steps, as asked by --steps"
        if self.ended:
            raise Enough(self.ended)


def _numbers(parameters: Iterable[Tensor]) -> bool:
    """Whether the smallest tensor is finite; a NaN spreads to all of them."""
    smallest = min(parameters, key=lambda p: p.numel(), default=None)
    return smallest is None or bool(smallest.detach().isfinite().all())


class Audit:
    """What the user's function is given: call it with the model, the optimiser and the loss.

    Args:
        session: keeps the numbers.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def __call__(self, model: nn.Module, optimizer: Any, loss_fn: Callable[..., Tensor], **options: Any) -> Watched:
        """Begin to watch.

        Args:
            model: that is trained.
            optimizer: trains it.
            loss_fn: (outputs, targets) -> scalar, a mean over the samples.
            **options: of `StabilityMonitor`: probe=(inputs, targets), after_backward=, forward_context=, ...

        Raises:
            InputError: as `StabilityMonitor`; or a second call.
        """
        if self.session.meter is not None:
            raise InputError(
                "expected one call of audit(model, optimizer, loss_fn), got a second; audit one training at a time"
            )
        try:
            monitor = StabilityMonitor(model, optimizer, loss_fn, **{**self.session.options, **options})
        except TypeError as error:
            raise InputError(
                f"expected audit(model, optimizer, loss_fn, **options of StabilityMonitor), got {message(error)}"
            ) from None
        monitor.sinks.append(self.session)
        monitor.optimizer.register_step_post_hook(self.session.step)
        self.session.begin(monitor)
        return Watched(monitor, self.session)


class Watched:
    """The monitor in the user's loop; `step` after each step of the optimiser."""

    def __init__(self, monitor: StabilityMonitor, session: Session) -> None:
        self._monitor, self._session = monitor, session

    def step(self, inputs: Any, targets: Any = None) -> None:
        """Tell of a batch that the training has gone through.

        Raises:
            InputError: as `StabilityMonitor.step`.
            Enough: the audit is over.
        """
        session, monitor, before = self._session, self._monitor, self._session.told
        with session.counted():
            session.last = lambda layers: monitor.measure(inputs, targets, layers)
            monitor.step(inputs, targets)
        session.told = session.steps
        if session.told != before:
            session.stepped(monitor.model.parameters())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        """The audit closes the monitor, when the training is over."""
