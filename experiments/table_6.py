"""Swish, whose derivative is continuous: whether the switching of ReLU is what amplifies a last bit.

Source: Tab 6.
"""

from experiments.training_tables import caption, collect, groups, presets, render, rows

TITLE = "Accuracy over last-bit perturbations and batch orders, Swish"
PRESETS = presets("table-6", activation="swish")

__all__ = ["PRESETS", "TITLE", "caption", "collect", "groups", "render", "rows"]
