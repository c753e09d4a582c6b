"""Checkpoints to tell apart, and a process that saves one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from numerics.checkpoints.checkpoint import save

OURS = {"recipe": {"lr": 0.1, "net": "tiny"}, "ks": (1, 3)}


def state(number: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Number so and so."""
    return {"w": torch.arange(5) * number / 3, "n": torch.tensor(number)}, {
        "epoch": number,
        "loss": [0.1 * number, float("inf")],
    }


def save_one_more(folder: str) -> None:
    """Number 4."""
    save(Path(folder), *state(4), OURS)
