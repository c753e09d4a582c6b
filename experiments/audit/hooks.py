"""Watches a training that knows nothing of it: by hooks on the backward pass and on the optimiser's step.

The optimiser shows itself at its first step. From then on, where a measurement is due, the loss is caught as it enters
`backward`, with its graph, and measured there; nothing is evaluated again and the training keeps its bits. At the step it is
checked that the optimiser was given the gradient of that very loss: where gradients are accumulated, clipped or scaled it was
not, and the measurement is thrown away, not guessed at. Adaptive denominators are those of the step before.

What cannot be had this way is the last-bit divergence: it takes the data and the loss function to train a shadow on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from typing import Any
from weakref import WeakSet

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from derive.errors import InputError
from experiments.audit.live_loss import LiveCurvature, gradients_of
from experiments.audit.session import Session
from numerics.monitor import Options
from numerics.monitor.budget import Budget
from numerics.monitor.descended import couples_batch
from numerics.monitor.gauge import UNRESOLVED, Gauge
from numerics.monitor.monitor import COUPLED
from numerics.monitor.records import Records
from numerics.monitor.verdict import judged
from numerics.optimizer_kinds import kind_of, trained

AGREEMENT = 1e-3
"""Relative difference between the gradient measured and the one stepped with: two orders of summation differ by less."""

TRIES = 5
"""Measurements thrown away in a row after which it is given up."""

CHANGED = (
    "the optimiser was given another gradient than that of the loss whose backward pass was seen (accumulated, clipped, "
    "scaled, or of a second loss): such steps are not measured; take audit(model, optimizer, loss_fn, after_backward=...) for "
    "them"
)
NO_SHADOW = (
    "no last-bit divergence: without the data and the loss function no shadow can be trained beside; take "
    "audit(model, optimizer, loss_fn) for it"
)
HALF = "mixed precision: products are as coarse as the backward pass, about two digits"


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
        self.records, self._budget = Records(), Budget(self.options.budget, self.options.every)
        curvature: Any = LiveCurvature(self.options.tolerance)
        self._gauge = Gauge(model, optimizer, curvature, self.options)
        self._waiting: tuple[dict[str, Any], dict[nn.Parameter, Tensor]] | None = None
        self._thrown = 0

    def backward(self, loss: Tensor) -> None:
        """A loss is about to be differentiated; measured, if it is time, and if it is one of ours.

        Raises:
            InputError: an operation without a second derivative.
        """
        self._budget.steps = self.session.steps + 1
        if self._waiting is not None or not self._budget.due or self._thrown >= TRIES or loss.numel() != 1:
            return
        with torch.enable_grad():
            gradients = gradients_of(loss, self.parameters)
            if not any(bool(g.detach().any()) for g in gradients.values()) and bool(loss.detach().isfinite()):
                return  # another model's loss
            row, products = self._gauge.row(((loss, gradients), None), self.options.layers)
        row["products"] = products
        self._waiting = row, {p: g.detach() for p, g in gradients.items()}
        if couples_batch(self.model):
            self.session.note(COUPLED)

    def before_step(self) -> None:
        """Throw a measurement away whose loss is not what the step descends."""
        if self._waiting is None:
            return
        row, gradients = self._waiting
        self._budget.spend(row["products"])
        if _agree(gradients) or isnan(row["loss"]):
            row = {**row, **judged(row, self.records.column("loss"))}
            if "unresolved" in row:
                self.session.note(UNRESOLVED)
            self.records.add(self.session.steps + 1, row)
            self.session.write(self.session.steps + 1, row)
            self._thrown = 0
        else:
            self._thrown += 1
            self.session.note(CHANGED)
        self._waiting = None

    def dataset(self) -> xr.Dataset:
        """As `StabilityMonitor.dataset`."""
        told = {"every": self.options.every, "budget": self.options.budget, "tolerance": self.options.tolerance, "shadow": 0.0}
        told |= {"optimizers": ", ".join(self.kinds), "measured_on": "the loss of each step's backward pass", "remarks": ""}
        return self.records.dataset(told)

    def close(self) -> None:
        """The hooks come off by `hooked`."""
        self._waiting = None


def _agree(gradients: dict[nn.Parameter, Tensor]) -> bool:
    pairs = [(torch.zeros_like(g) if p.grad is None else p.grad, g) for p, g in gradients.items()]
    off = sum(float((given - own).abs().sum()) for given, own in pairs)
    return off <= AGREEMENT * sum(float(own.abs().sum()) for _, own in pairs)


class Hooks:
    """What the hooks do.

    Args:
        session: where the numbers go.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found: Found | None = None
        self.modules: WeakSet[nn.Module] = WeakSet()
        self.failed: InputError | None = None

    def forward(self, module: nn.Module, *_: object) -> None:
        """A module runs; the model is among them."""
        if self.found is None:
            self.modules.add(module)
        if torch.is_autocast_enabled("cuda") or torch.is_autocast_enabled("cpu"):
            self.session.note(HALF)

    def backward(self, tensors: Any) -> None:
        """A backward pass begins."""
        if self.found is not None and isinstance(tensors, Tensor):
            with self.session.counted():
                self._guarded(lambda: self.found and self.found.backward(tensors))

    def before_step(self, optimizer: Optimizer, *_: object) -> None:
        """An optimiser is about to step."""
        if self.found is None:
            self._guarded(lambda: self._begin(optimizer))
        elif optimizer is not self.found.optimizer:
            self.session.note(
                f"a second optimiser, {type(optimizer).__name__}, is not measured; audit it by audit(model, optimizer, loss_fn)"
            )
        else:
            with self.session.counted():
                self.found.before_step()

    def after_step(self, optimizer: Optimizer, *_: object) -> None:
        """An optimiser has stepped."""
        if self.found is not None and optimizer is self.found.optimizer:
            self.session.step()
            self.session.stepped(self.found.parameters)

    def _begin(self, optimizer: Optimizer) -> None:
        self.found = Found(optimizer, _holder(optimizer, self.modules), self.session)
        self.session.begin(self.found)
        self.session.note(NO_SHADOW)

    def _guarded(self, action: Any) -> None:
        """Keep our own error, should the user's code swallow it."""
        try:
            action()
        except InputError as error:
            self.failed = error
            raise


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
