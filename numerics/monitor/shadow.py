"""A second training beside the first, in windows: the same batches, the last bit of each update perturbed (k = 3).

At the start of a window the model and its optimiser are copied. A copy that is not perturbed is trained beside for one
step: unless its weights come out equal to the model's, bit for bit, the step is not understood (gradient clipping, mixed
precision, a loss scaled otherwise, non-deterministic kernels), the divergence would be that of another training, and there
is none told. That one step stands for the window: a training that changes how it steps within it is not noticed.

A window costs as many training steps as it is long, and the memory of a model with its optimiser; hence windows.

>>> model, batch, how = nn.Linear(50, 1), (torch.ones(4, 50), torch.zeros(4, 1)), Step(nn.functional.mse_loss)
>>> with torch.no_grad():
...     _ = model.weight.copy_(torch.linspace(0.1, 1, 50)), model.bias.zero_()
>>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
>>> observer = Observer(model, optimizer)
>>> observer.watching = True
>>> def train(most):
...     optimizer.zero_grad()
...     how.loss_fn(model(batch[0]), batch[1]).backward()
...     nn.utils.clip_grad_norm_(model.parameters(), most)
...     optimizer.step()
>>> window = opened(12, model, optimizer)
>>> train(float("inf"))
>>> window.follow(how, [batch], observer, model) < 1e-5  # apart by last bits at most
True
>>> window = opened(12, model, optimizer)
>>> train(0.1)  # clipped, which `how` does not say
>>> window.follow(how, [batch], observer, model)  # doctest: +ELLIPSIS
Traceback (most recent call last):
derive.errors.InputError: a copy of the training step does not have its bits: ...

Source: Section 4.1, 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from derive.errors import InputError
from derive.shown import message
from numerics.measures.distance import distances
from numerics.measures.growth import FEWEST, Growth, growth
from numerics.monitor.descended import LossFn, call
from numerics.monitor.observer import Observer, put_back, randomness
from numerics.optim import nudge
from numerics.sharpness.nested import lent
from numerics.sharpness.untouched import untouched
from numerics.thresholds.kinds import live_of

Batch = tuple[Any, Any]
K = 3

INEXACT = "a copy of the training step does not have its bits: the divergence of a shadow would be that of another training; "
CURE = (
    "if gradients are clipped or scaled pass after_backward, under mixed precision pass forward_context, and call step() with "
    "the very batch of every backward pass; kernels that are not deterministic cannot be followed"
)
DETERMINISTIC = (
    "; on a GPU these two lines before the training make them so: torch.use_deterministic_algorithms(True) and "
    "torch.backends.cudnn.benchmark = False"
)


def told_how(model: nn.Module) -> str:
    """What makes the kernels of a training on a GPU deterministic, where they may not be; else nothing."""
    on_gpu = any(p.device.type != "cpu" for p in model.parameters())
    chosen = torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark
    return DETERMINISTIC if on_gpu and not chosen else ""


@dataclass(frozen=True)
class Step:
    """How a training step is done, beside forward, loss, backward and the optimiser's step.

    Attributes:
        loss_fn: (outputs, targets) -> scalar.
        after_backward: called with the model between backward and the optimiser's step, as gradient clipping is.
        forward_context: makes the context of forward and loss, as autocast.
        cure: what is to be said where a copy of the step does not have its bits.
    """

    loss_fn: LossFn
    after_backward: Callable[[nn.Module], Any] | None = None
    forward_context: Callable[[], AbstractContextManager] = nullcontext
    cure: str = CURE


@dataclass
class Trainee:
    """A copy of a model with an optimiser of its own."""

    model: nn.Module
    optimizer: Optimizer

    def train(self, step: Step, batches: Sequence[Batch], observed: Observer) -> None:
        """One step on the micro-batches of one step, with its options and random numbers."""
        for group, options in zip(self.optimizer.param_groups, observed.options, strict=True):
            group.update(options)
        self.optimizer.zero_grad()
        draws = observed.draws if len(observed.draws) == len(batches) else [None] * len(batches)
        for (inputs, targets), draw in zip(batches, draws, strict=True):
            if draw is not None:
                put_back(draw)
            with step.forward_context():
                inputs, targets = lent((inputs, targets))
                loss = step.loss_fn(call(self.model, inputs), targets)
            (loss / len(batches) if len(batches) > 1 else loss).backward()
        if step.after_backward is not None:
            step.after_backward(self.model)
        self.optimizer.step()


def copied(model: nn.Module, optimizer: Optimizer) -> Trainee:
    """Both, the optimiser moving the copy's parameters.

    Raises:
        InputError: they cannot be copied.
    """
    try:
        return Trainee(*deepcopy((model, optimizer)))
    except (RuntimeError, TypeError, NotImplementedError) as error:
        reason = message(error)
        raise InputError(f"expected a model that can be copied for the shadow, got {reason}; pass shadow=0") from None


def perturbed(trainee: Trainee, k: int = K) -> Trainee:
    """The last bit of every update perturbed; under an optimiser other than SGD and Adam the last weight, by one ulp, once."""
    optimizer = trainee.optimizer
    try:
        cls = live_of(optimizer, optimizer.param_groups[0]).perturbed
    except InputError:
        cls = None
    if cls is None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        nudge(parameters, sum(p.numel() for p in parameters))
        return trainee
    groups = [{"params": group["params"]} for group in optimizer.param_groups]
    shadow = cls(groups, lr=0.0, k=k)
    shadow.load_state_dict(optimizer.state_dict())
    # A run that is itself perturbed with this k needs another one beside it.
    taken = any(group.get("k") == k for group in optimizer.param_groups)
    for group in shadow.param_groups:
        group["k"] = k + 2 if taken else k
    return Trainee(trainee.model, shadow)


@dataclass
class Window:
    """A stretch of training with a shadow beside it.

    Attributes:
        length: steps that it lasts.
        shadow: the perturbed copy.
        control: the copy that is not perturbed, until its first step.
        distances: RelL1 after every step.
    """

    length: int
    shadow: Trainee
    control: Trainee | None
    distances: list[float] = field(default_factory=list)

    def follow(self, step: Step, batches: Sequence[Batch], observed: Observer, model: nn.Module) -> float:
        """Train the shadow on a step's batches; its RelL1 to the model.

        Raises:
            InputError: the control's bits are not the model's.
        """
        now = randomness(model)
        try:
            with untouched(None, step.loss_fn, step.after_backward, step.forward_context), torch.enable_grad():
                if self.control is not None:
                    self.control.train(step, batches, observed)
                    if not same_bits(self.control.model, model):
                        raise InputError(INEXACT + step.cure + told_how(model))
                    self.control = None
                self.shadow.train(step, batches, observed)
        finally:
            put_back(now)
        self.distances.append(apart(self.shadow.model, model))
        return self.distances[-1]

    def state(self) -> dict[str, Any]:
        """The shadow, and how far it was; nothing is shared with it."""
        model, optimizer = deepcopy((dict(self.shadow.model.state_dict()), self.shadow.optimizer.state_dict()))
        return {"length": self.length, "distances": list(self.distances), "model": model, "optimizer": optimizer}

    @property
    def finished(self) -> bool:
        """Whether it is over."""
        return len(self.distances) >= self.length

    def growth(self) -> Growth:
        """Growth rate of the distance over the window."""
        dtype = next(self.shadow.model.parameters()).dtype
        return growth(self.distances, roundoff=torch.finfo(dtype).eps / 2)


def opened(length: int, model: nn.Module, optimizer: Optimizer) -> Window:
    """A window that begins with the model as it is.

    Raises:
        InputError: the model cannot be copied.
    """
    return Window(length, perturbed(copied(model, optimizer)), copied(model, optimizer))


def reopened(state: Mapping[str, Any], model: nn.Module, optimizer: Optimizer) -> Window:
    """A window as its `state` was.

    Raises:
        InputError: the model cannot be copied.
    """
    shadow = perturbed(copied(model, optimizer))
    shadow.model.load_state_dict(state["model"])
    shadow.optimizer.load_state_dict(state["optimizer"])
    return Window(state["length"], shadow, None, [float(distance) for distance in state["distances"]])


def check_length(length: int) -> None:
    """A window has to be long enough for a growth rate.

    Raises:
        InputError: it is not.
    """
    if isinstance(length, bool) or not isinstance(length, int) or length < FEWEST:
        raise InputError(f"expected a window of at least {FEWEST} steps, got {length!r}")


def same_bits(first: nn.Module, second: nn.Module) -> bool:
    """Whether all parameters are equal; NaNs are equal too."""
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(_bits_equal(a.detach(), b.detach()) for a, b in pairs)


def _bits_equal(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b) or bool(((a == b) | (a.isnan() & b.isnan())).all())


def apart(first: nn.Module, second: nn.Module) -> float:
    """RelL1 over all parameters of floating point, which have one type; some may have no elements."""
    ours, theirs = ([p for p in m.parameters() if p.requires_grad and p.numel()] for m in (first, second))
    return float(distances([ours], theirs).net[0])
