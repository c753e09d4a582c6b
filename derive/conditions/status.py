"""How well a condition is known: the statuses of a `Stability`, and what each of them means."""

from __future__ import annotations

MEANINGS = {
    "exact": "necessary and sufficient",
    "sufficient": "sufficient",
    "decided": "without a closed form, settled exactly, for all phases, at given numbers",
    "sampled": "sampled on a grid of phases, without a closed form",
}
"""From what says most to what says least."""

PRECISION = {
    "exact": "right to rounding",
    "sufficient": "right to rounding",
    "decided": "each value settled exactly, for all phases",
    "sampled": "found on a grid of phases and between its largest points, rounded down: no proof",
}
"""Of an edge at numbers."""

WITH_A_FORMULA = ("exact", "sufficient")
