"""A step size that is too large made harmless: held below an edge that is measured as the training goes."""

from __future__ import annotations

from numerics.control.controller import EdgeController
from numerics.control.given import ControlWarning
from numerics.control.suggest import Suggestion, suggest_lr

__all__ = ["ControlWarning", "EdgeController", "Suggestion", "suggest_lr"]
