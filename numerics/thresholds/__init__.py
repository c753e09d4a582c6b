"""Stability edges read off a live torch.optim object."""

from __future__ import annotations

from numerics.thresholds.sampled import MeanSquare, mean_square
from numerics.thresholds.settling import unsettled
from numerics.thresholds.threshold import Threshold, maximizes, thresholds
from numerics.thresholds.window import Mode, largest_factor, mode, weight_decay_window

__all__ = [
    "MeanSquare",
    "Mode",
    "Threshold",
    "largest_factor",
    "maximizes",
    "mean_square",
    "mode",
    "thresholds",
    "unsettled",
    "weight_decay_window",
]
