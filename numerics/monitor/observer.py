"""What a training step was made of, seen by hooks: that it happened, with which options, and from which random numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

FIXED = frozenset({"params", "param_names", "k", "form", "fused", "foreach", "capturable", "differentiable"})
"""Options that no schedule changes, and those that are not the training's."""

Randomness = tuple[Tensor, dict[torch.device, Tensor]]


def randomness(model: nn.Module) -> Randomness:
    """State of the generators that a forward pass of the model draws from: the CPU's and those of its devices."""
    devices = {p.device for p in model.parameters() if p.device.type == "cuda"}
    return torch.get_rng_state(), {device: torch.cuda.get_rng_state(device) for device in devices}


def put_back(state: Randomness) -> None:
    """Set the generators."""
    torch.set_rng_state(state[0])
    for device, value in state[1].items():
        torch.cuda.set_rng_state(value, device)


class Observer:
    """Counts an optimiser's steps; with `watching` it also keeps the options and the random numbers of the newest one.

    Args:
        model: its forward passes in training mode are watched.
        optimizer: its steps are counted.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.steps = 0
        self.watching = False
        self.options: list[dict[str, Any]] = []
        self.draws: list[Randomness] = []
        self._hooks = [
            model.register_forward_pre_hook(self._before_forward),
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        ]

    def forget(self) -> None:
        """A new training step begins."""
        self.draws = []

    def close(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def _before_forward(self, model: nn.Module, *_: object) -> None:
        if self.watching and model.training and torch.is_grad_enabled():
            self.draws.append(randomness(model))

    def _before_step(self, optimizer: Optimizer, *_: object) -> None:
        if self.watching:
            # Now, since a schedule may change them before the monitor is called.
            self.options = [{k: _kept(v) for k, v in g.items() if k not in FIXED} for g in optimizer.param_groups]

    def _after_step(self, *_: object) -> None:
        self.steps += 1


def _kept(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value
