"""Which way the steps of a group are taken."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from numerics.training.eager import EagerStepper, Stepper
from numerics.training.graph import GraphStepper
from numerics.training.member import Member


def recordable(device: str) -> bool:
    """Whether steps can be CUDA graphs."""
    return torch.device(device).type == "cuda"


def stepper(members: Sequence[Member], device: str, beside: bool) -> Stepper:
    """Side by side where that is possible and wanted, else one after another."""
    if beside and recordable(device):
        return GraphStepper(members, torch.device(device))
    return EagerStepper(members)
