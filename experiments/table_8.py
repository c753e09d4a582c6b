"""float64: whether a last bit 2^29 times smaller spreads the accuracies less.

Source: Tab 8.
"""

from experiments.training_tables import caption, collect, groups, presets, render, rows

TITLE = "Accuracy over last-bit perturbations and batch orders, float64"
PRESETS = presets("table-8", dtype="float64")

__all__ = ["PRESETS", "TITLE", "caption", "collect", "groups", "render", "rows"]
