"""Layers of a chain: their bounds, and the edges found by simulation."""

from __future__ import annotations

from numerics.layerwise.bounds import Curvature, LayerBounds, joint_curvature, layer_bounds, layer_curvature
from numerics.layerwise.edge import largest_stable_lr, settle
from numerics.layerwise.layers import Network

__all__ = [
    "Curvature",
    "LayerBounds",
    "Network",
    "joint_curvature",
    "largest_stable_lr",
    "layer_bounds",
    "layer_curvature",
    "settle",
]
