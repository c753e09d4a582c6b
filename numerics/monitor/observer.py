"""What a training step was made of, seen by hooks: that it happened, with which options, and from which random numbers."""

from __future__ import annotations

import random
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.sharpness.untouched import measuring
from numerics.thresholds.taken import taken

FIXED = frozenset({"params", "param_names", "k", "form", "fused", "foreach", "capturable", "differentiable"})
"""Options that no schedule changes, and those that are not the training's."""

OFTEN = 3
"""Steps in a row, each followed by a forward pass before it is told, from which the order of calls is another."""

LATE = (
    "a step is told after the next forward pass: expected step(inputs, targets) of the monitor right after optimizer.step(), "
    "before the next batch; as it is the batches told are those of the step to come, and the last one is not seen"
)


class Randomness(NamedTuple):
    """States of generators.

    Attributes:
        cpu: torch's.
        devices: torch's too.
        python: of the module random.
        numpy: the global one.
    """

    cpu: Tensor
    devices: dict[torch.device, Tensor]
    python: Any
    numpy: Any


def randomness(model: nn.Module) -> Randomness:
    """State of the generators that a forward pass of the model draws from: the global ones, and those of its devices."""
    devices = {p.device for p in model.parameters() if p.device.type == "cuda"}
    states = {device: torch.cuda.get_rng_state(device) for device in devices}
    return Randomness(torch.get_rng_state(), states, random.getstate(), np.random.get_state())  # noqa: NPY002 - the user's


def put_back(state: Randomness) -> None:
    """Set the generators."""
    torch.set_rng_state(state.cpu)
    for device, value in state.devices.items():
        torch.cuda.set_rng_state(value, device)
    random.setstate(state.python)
    np.random.set_state(state.numpy)  # noqa: NPY002


class Observer:
    """Counts an optimiser's steps; with `watching` it also keeps the options and the random numbers of the newest one.

    What goes wrong in a hook does not reach the training; it is kept in `failure`. In `late` it counts the steps in a row
    after which a forward pass of the training came before they were told.

    Args:
        model: its forward passes in training mode are watched.
        optimizer: its steps are counted.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.steps = self.late = 0
        self._passed = False
        self.watching = False
        self.options: list[dict[str, Any]] = []
        self.draws: list[Randomness] = []
        self.failure: Exception | None = None
        self._model, self._optimizer = model, optimizer
        self._hooks = [
            model.register_forward_pre_hook(Hook(self, "_before_forward")),
            optimizer.register_step_pre_hook(Hook(self, "_before_step")),
            optimizer.register_step_post_hook(Hook(self, "_after_step")),
        ]

    def __deepcopy__(self, _: Any) -> Observer:
        """Copies of the model are watched by nobody."""
        return self

    def forget(self) -> None:
        """A new training step begins."""
        self.draws = []
        self.late = self.late + 1 if self._passed else 0

    def state(self) -> int:
        """Steps so far."""
        return self.steps

    def restore(self, state: int) -> None:
        """Go on counting."""
        self.steps = int(state)

    def close(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def _before_forward(self, model: nn.Module, *_: object) -> None:
        if model is self._model and model.training and torch.is_grad_enabled() and not measuring():
            self._passed = True
            if self.watching:
                self.draws.append(randomness(model))

    def _before_step(self, optimizer: Optimizer, *_: object) -> None:
        if self.watching and optimizer is self._optimizer:
            # Now, since a schedule may change them before the monitor is called.
            self.options = [{k: _kept(v) for k, v in g.items() if k not in FIXED} for g in optimizer.param_groups]

    def _after_step(self, optimizer: Optimizer, *_: object) -> None:
        if optimizer is self._optimizer:
            self.steps, self._passed = self.steps + 1, False
            # What caps the step may have come after the hook before it.
            self.options = [{**kept, "lr": _kept(lr)} for kept, lr in zip(self.options, taken(optimizer))] or self.options  # noqa: B905


class Hook:
    """Calls a method of an observer; what goes wrong stays with it.

    A model is saved and copied with its hooks. In a copy this one becomes a function of Python's own that does nothing, so that
    what was saved can be loaded where this package is not, and nobody watches a copy.

    Args:
        observer: whose method.
        name: of the method.
    """

    def __init__(self, observer: Observer, name: str) -> None:
        self._observer, self._name = observer, name

    def __call__(self, *arguments: Any) -> None:
        """Without an error, whatever happens."""
        try:
            getattr(self._observer, self._name)(*arguments)
        except Exception as error:  # whatever it is, the training goes on
            self._observer.failure, self._observer.watching = error, False

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (nullcontext(), "__exit__")


def _kept(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value
