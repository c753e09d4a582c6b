"""Training steps as torch runs them: one member after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from numerics.training.member import Member


class Stepper(Protocol):
    """A way to take one step with each member on the same batch. All ways give the same bits."""

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step of each member.

        Args:
            images: (N, C, H, W), on the members' device.
            labels: (N,).

        Returns:
            Losses before the step, (M,).
        """
        ...


class EagerStepper:
    """One member after another: on a CPU, and where side by side would not give the same bits."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """See Stepper."""
        return torch.stack([member.step(images, labels) for member in self.members])
