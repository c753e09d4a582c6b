"""One member of a group: a net, its optimiser, and how far it has come."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from numerics import nets, optim
from numerics.datasets import Data
from numerics.optim.perturbation import Perturbation
from numerics.training.recipe import Group, Recipe


class Member:
    """A net in training.

    Attributes:
        k: its number.
        net: in training mode, but while it is tested.
        optimizer: perturbed as its number says.
        lr: the step size in force.
    """

    def __init__(self, group: Group, perturbation: Perturbation, data: Data, device: str) -> None:
        """A member at the start of its training.

        Raises:
            InputError: net and data do not fit, or the optimiser refuses the recipe's numbers.
        """
        recipe, seeds = group.recipe, group.seeds
        shape = {"channels": data.channels, "classes": data.classes, "size": data.size}
        kind = {"activation": recipe.activation, "beta": recipe.beta, "dtype": getattr(torch, recipe.dtype)}
        self.k = perturbation.k
        self.net = nets.build(recipe.net, **shape, **kind, seed=seeds.init, device=device).train()
        self.optimizer = optimizer_of(recipe, perturbation, self.net.parameters(), seeds.perturbation, device)
        # It would warn of every step outside a graph, of which there are few: the first, and small batches.
        vars(self.optimizer)["_warned_capturable_if_run_uncaptured"] = True
        self.lr = recipe.lr

    def set_lr(self, lr: float) -> None:
        """Train with this step size from now on."""
        self.lr = lr
        for group in self.optimizer.param_groups:
            group["lr"] = lr

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step on a batch; nothing waits for the device.

        Args:
            images: (N, C, H, W).
            labels: (N,), classes.

        Returns:
            The loss before the step, a scalar on the device.
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss = cross_entropy(self.net(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @cached_property
    def weights(self) -> list[Tensor]:
        """Views of its parameters, layer by layer; steps and snapshots change them in place."""
        return [weight.detach() for weight in self.net.parameters()]

    def finite(self) -> Tensor:
        """Whether every weight and buffer is finite; a scalar on the device."""
        return torch.stack([part.isfinite().all() for part in self.net.state_dict().values()]).all()


def members(group: Group, data: Data, device: str) -> list[Member]:
    """All members of a group at the start, in the order of its numbers."""
    return [Member(group, perturbation, data, device) for perturbation in group.perturbations]


def optimizer_of(recipe: Recipe, perturbation: Perturbation, parameters: Any, seed: int, device: str) -> Optimizer:
    """The optimiser of a recipe, perturbed.

    Args:
        recipe: names it, and gives its numbers.
        perturbation: its kind, number and form.
        parameters: as torch takes them.
        seed: of stochastic rounding.
        device: where the parameters are.

    Raises:
        InputError: it refuses the recipe's numbers.
    """
    return optim.build(perturbation, parameters, name=recipe.optimizer, seed=seed, **_arguments(recipe, device))


def _arguments(recipe: Recipe, device: str) -> dict[str, Any]:
    """What torch's optimiser is called with."""
    arguments: dict[str, Any] = {"lr": recipe.lr, "weight_decay": recipe.weight_decay}
    if recipe.optimizer == "sgd":
        return arguments | {"momentum": recipe.momentum, "nesterov": recipe.nesterov}
    # Captured in a graph, Adam has to count its steps on the device.
    return arguments | {"capturable": torch.device(device).type == "cuda"}
