"""Adam; the paper does not print its step size, so it is torch's default of 0.001.

Source: Tab 7.
"""

from experiments.last_bits.training_tables import caption, collect, groups, presets, render, rows

TITLE = "Accuracy over last-bit perturbations and batch orders, Adam"
PRESETS = presets("table-7", optimizer="adam", lr=1e-3)

__all__ = ["PRESETS", "TITLE", "caption", "collect", "groups", "render", "rows"]
