"""Stability edges read off a live torch.optim object."""

from __future__ import annotations

from numerics.thresholds.settling import unsettled
from numerics.thresholds.threshold import Threshold, maximizes, thresholds
from numerics.thresholds.window import Mode, largest_factor, mode, weight_decay_window

__all__ = ["Mode", "Threshold", "largest_factor", "maximizes", "mode", "thresholds", "unsettled", "weight_decay_window"]
