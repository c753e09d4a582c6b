"""What checkpoints are made of: manifests that tell whether they are good."""

from __future__ import annotations

from numerics.checkpoints.checkpoint import Loaded, load_latest, save

__all__ = ["Loaded", "load_latest", "save"]
