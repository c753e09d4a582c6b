"""Watches a training that knows nothing of it: by hooks on the backward pass and on the optimiser's step.

The optimiser shows itself at its first step. From then on, where a measurement is due, the loss is caught as it enters
`backward`, with its graph, and measured there; nothing is evaluated again and the training keeps its bits. At the step it is
checked that the optimiser was given the gradient of that very loss: where gradients are accumulated, clipped or scaled it was
not, and the measurement is thrown away, not guessed at; the second step shows it, and it is said there. Adaptive denominators
are those of the step before. Whether batches are sampled cannot be seen, and is assumed. Nothing that fails here ends the
training.

What cannot be had this way is the last-bit divergence: it takes the data and the loss function to train a shadow on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan, nan
from typing import Any
from weakref import WeakSet

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from derive.errors import InputError
from derive.shown import message
from experiments.audit.given import agree, how_changed
from experiments.audit.live_loss import LiveCurvature, gradients_of
from experiments.audit.session import TOLD, Session
from numerics.monitor import Options
from numerics.monitor.budget import Budget
from numerics.monitor.clock import Clock
from numerics.monitor.course import Course
from numerics.monitor.descended import COUPLED, couples_batch
from numerics.monitor.fresh import Fresh
from numerics.monitor.gauge import UNRESOLVED, Gauge
from numerics.monitor.records import Records
from numerics.monitor.start import norm
from numerics.monitor.verdict import judged
from numerics.sharpness import UnresolvedError
from numerics.thresholds import maximizes, unsettled
from numerics.thresholds.kinds import kind_of, trained

TRIES = 5
"""Measurements thrown away in a row after which it is given up."""

CHANGED = "{how}: such steps are not measured; take audit(model, optimizer, loss_fn, after_backward=...) for them"
NO_SHADOW = (
    "no last-bit divergence: without the data and the loss function no shadow can be trained beside; take "
    "audit(model, optimizer, loss_fn) for it"
)
HALF = "mixed precision: products are as coarse as the backward pass, about two digits"
AUTOCAST = (
    "the forward pass runs under autocast, and through its half precision the backward pass cannot be differentiated again to "
    "more than about two digits; take audit(model, optimizer, loss_fn, forward_context=lambda: torch.autocast(...)), which "
    "measures in the precision of the weights"
)


class Found:
    """The training as the hooks have found it; a `Meter`.

    Args:
        optimizer: that steps.
        model: the module that holds its parameters.
        session: keeps steps, time and notes.

    Raises:
        InputError: an optimiser without a derived edge.
    """

    def __init__(self, optimizer: Optimizer, model: nn.Module, session: Session) -> None:
        self.options = Options(**{**session.options, "shadow": 0.0})
        self.kinds = [kind_of(optimizer, group) for group in optimizer.param_groups]
        self.optimizer, self.model, self.session = optimizer, model, session
        self.parameters = [p for _, _, p in trained(optimizer)]
        self.records, self._clock = Records(), Clock()
        self._budget = Budget(self.options.budget, self.options.every, early=True)
        curvature: Any = LiveCurvature(self.options.tolerance)
        self._gauge = Gauge(model, optimizer, curvature, self.options)
        self._fresh = Fresh(optimizer, curvature, self.options.batches)
        self._start = {"size": norm(self.parameters)}
        self._waiting: tuple[dict[str, Any], dict[nn.Parameter, Tensor]] | None = None
        self._thrown = self._passes = 0
        self._looked = self._told = False
        self._course, self._loss = Course(maximizes(optimizer)), nan

    def begun(self, loss: float) -> None:
        """The first loss of all; it counts once a gradient has been that of the loss seen."""
        self._start["loss"] = loss

    def backward(self, loss: Tensor) -> None:
        """A loss is about to be differentiated; measured, if it is time, and if it is one of ours.

        The second step is looked at in any case: whether its gradient is that of the loss.

        Raises:
            InputError: an operation without a second derivative, or products that are not those of a symmetric Hessian.
        """
        self._passes += 1
        if loss.numel() == 1:
            self._loss = float(loss.detach())
        self._budget.steps = self.session.steps + 1
        due = self._budget.due and self._thrown < TRIES and not unsettled(self.optimizer)
        if self._waiting is not None or not (due or self._fresh.open or not self._looked) or loss.numel() != 1:
            return
        with torch.enable_grad():
            gradients = gradients_of(loss, self.parameters)
            if not any(bool(g.detach().any()) for g in gradients.values()) and bool(loss.detach().isfinite()):
                return  # another model's loss
            if self._fresh.open:
                self._noise(loss, gradients)
            row = self._row(loss, gradients) if due else {}
        if not due and self._looked:
            return
        self._looked = True
        self._waiting = row, {p: g.detach() for p, g in gradients.items()}
        if couples_batch(self.model):
            self.session.note(COUPLED)

    def _noise(self, loss: Tensor, gradients: dict[nn.Parameter, Tensor]) -> None:
        """One product of this batch, for the newest measurement; one that comes to nothing ends the waiting."""
        try:
            with self._clock.measuring():
                if self._fresh.see(((loss, gradients), None), 1):
                    self.session.write(self.session.steps + 1, self._fresh.tell(self.records, maximizes(self.optimizer)))
        except InputError as error:
            self._fresh.close()
            self.session.note(f"no mean-square edge: {message(error)}")
        finally:
            self._budget.charge(self._clock.cost(1.0))

    def _row(self, loss: Tensor, gradients: dict[nn.Parameter, Tensor]) -> dict[str, Any]:
        try:
            with self._clock.measuring():
                row, products = self._gauge.row(((loss, gradients), None), self.options.layers)
        except Exception:
            self._unmeasured(float(loss.detach()))
            raise
        return {**row, "products": products, "seconds": self._clock.last}

    def _unmeasured(self, loss: float | None = None) -> None:
        """What is known of a step whose curvature is not."""
        lrs = {number: float(group["lr"]) for number, group in enumerate(self.optimizer.param_groups)}
        known: dict[str, Any] = {"lr": lrs, "size": norm(self.parameters)} | ({} if loss is None else {"loss": loss})
        self.records.add(self.session.steps + 1, known)
        self._budget.spend(0)

    def before_step(self) -> None:
        """Throw a measurement away whose loss is not what the step descends."""
        passes, self._passes = self._passes, 0
        self._clock.step()
        if passes == 1:
            self._course.see(self.session.steps + 1, self._loss, 0.0)
        if self._waiting is None:
            return
        (row, gradients), self._waiting = self._waiting, None
        if row:
            self._budget.spend(self._clock.cost(row["products"]))
        if not (agree(gradients) or isnan(row.get("loss", 0.0))):
            self._thrown += 1
            self._unmeasured()
            if not self._told:
                self._told = True
                self.session.tell_now(CHANGED.format(how=how_changed(gradients, passes)))
        elif row:
            self._keep(row)

    def _keep(self, row: dict[str, Any]) -> None:
        step, self._thrown = self.session.steps + 1, 0
        if "loss" in self._start:
            self.records.add(0, self._start)
            self._start = {}
        row |= judged({**row, "step": step}, self.records.judged, True, maximizes(self.optimizer))
        self._fresh.begin(step, self._gauge.taken())
        if "unresolved" in row:
            self.session.note(UNRESOLVED)
        self.records.add(step, row)
        self.session.write(step, row)

    def dataset(self) -> xr.Dataset:
        """As `StabilityMonitor.dataset`."""
        told = {"every": self.options.every, "budget": self.options.budget, "tolerance": self.options.tolerance, "shadow": 0.0}
        told |= {"optimizers": ", ".join(self.kinds), "measured_on": "the loss of each step's backward pass", "remarks": ""}
        told |= {"sampled": 1, "ascends": int(maximizes(self.optimizer))}
        return self.records.dataset(told).assign(self._course.variables())

    def close(self) -> None:
        """The hooks come off by `hooked`."""
        self._waiting = None


class Hooks:
    """What the hooks do; whatever fails in them is told, and the training goes on.

    Args:
        session: where the numbers go.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.training: Found | None = None
        self.modules: WeakSet[nn.Module] = WeakSet()
        self.failed = ""
        self._optimizer: Optimizer | None = None
        self._autocast = False
        self._first: Tensor | None = None
        self._unclear = 0

    def forward(self, module: nn.Module, *_: object) -> None:
        """A module runs; the model is among them."""
        if self.training is None:
            self.modules.add(module)
        if not self._autocast and (torch.is_autocast_enabled("cuda") or torch.is_autocast_enabled("cpu")):
            self._autocast = True
            self.session.note(HALF)

    def backward(self, tensors: Any) -> None:
        """A backward pass begins."""
        if not isinstance(tensors, Tensor) or self.failed:
            return
        if self.training is None and self._first is None and tensors.numel() == 1:
            self._first = tensors.detach()
        training = self.training
        if training is not None:
            self._guarded(lambda: training.backward(tensors))

    def before_step(self, optimizer: Optimizer, *_: object) -> None:
        """An optimiser is about to step."""
        training = self.training
        if self._optimizer is None:
            self._optimizer = optimizer
            self._guarded(lambda: self._begin(optimizer))
        elif optimizer is not self._optimizer:
            self.session.note(
                f"a second optimiser, {type(optimizer).__name__}, is not measured; audit it by audit(model, optimizer, loss_fn)"
            )
        elif training is not None and not self.failed:
            self._guarded(training.before_step)

    def after_step(self, optimizer: Optimizer, *_: object) -> None:
        """An optimiser has stepped."""
        if optimizer is not self._optimizer:
            return
        self.session.step(optimizer)
        if self.session.steps == TOLD:
            self.session.say(f"step {TOLD}, watched by hooks alone: " + "; ".join(self.session.notes))
        self.session.stepped(self.training.parameters if self.training is not None else [])

    def _begin(self, optimizer: Optimizer) -> None:
        self.training = Found(optimizer, _holder(optimizer, self.modules), self.session)
        if self._first is not None:
            self.training.begun(float(self._first))
        self.session.begin(self.training)
        self.session.note(NO_SHADOW)

    def _guarded(self, action: Callable[[], None]) -> None:
        """A watcher does not end what it watches: what fails is told at once, and measured no more."""
        with self.session.counted():
            try:
                action()
            except UnresolvedError as error:
                self._unclear += 1
                if self._unclear >= TRIES or self._autocast:
                    self._give_up(error)
            except Exception as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.failed = message(error) or type(error).__name__
        why = f"{AUTOCAST} ({self.failed.split(': ')[0]})" if self._autocast else self.failed
        self.session.tell_now(f"nothing more is measured: {why}")


def _holder(optimizer: Optimizer, modules: WeakSet[nn.Module]) -> nn.Module:
    """The smallest module seen that holds all the parameters; a list of them if there is none."""
    own = [p for _, _, p in trained(optimizer)]
    holding = [m for m in modules if {id(p) for p in own} <= {id(p) for p in m.parameters()}]
    return min(holding, key=lambda m: len(list(m.modules())), default=nn.ParameterList(own))


@contextmanager
def hooked(session: Session) -> Iterator[Hooks]:
    """Watch whatever is trained inside."""
    hooks, plain = Hooks(session), torch.autograd.backward

    def backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
        hooks.backward(tensors)
        plain(tensors, *args, **kwargs)

    handles = [
        register_module_forward_pre_hook(hooks.forward),
        register_optimizer_step_pre_hook(hooks.before_step),
        register_optimizer_step_post_hook(hooks.after_step),
    ]
    torch.autograd.backward = backward
    try:
        yield hooks
    finally:
        torch.autograd.backward = plain
        for handle in handles:
            handle.remove()
