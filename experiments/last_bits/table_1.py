"""ReLU: the spread of accuracies that a last bit makes beside that of batch selection.

Source: Tab 1.
"""

from experiments.last_bits.training_tables import caption, collect, groups, presets, render, rows

TITLE = "Accuracy over last-bit perturbations and batch orders, ReLU"
PRESETS = presets("table-1", fluctuation=10)

__all__ = ["PRESETS", "TITLE", "caption", "collect", "groups", "render", "rows"]
