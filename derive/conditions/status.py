"""How well a condition is known: the statuses of a `Stability`, and all that is said of each of them.

`search` gives them, from the first to the last; what a condition without a formula can do, `bound` (`holds`) and `largest` say.
"""

from __future__ import annotations

from derive.conditions.sampling import RESOLUTION

MEANINGS = {
    "exact": "necessary and sufficient",
    "sufficient": "sufficient",
    "decided": "without a closed form, settled exactly, for all phases, at given numbers",
    "sampled": "sampled on a grid of phases, without a closed form",
}
"""From what says most to what says least."""

NOTES = {
    "decided": "at given numbers, exactly, for all phases",
    "sampled": f"on a grid of phases, right to {RESOLUTION:g}",
}
"""What is added to the name of a status."""

NO_FORMULA = {
    "decided": "at given numbers it is settled exactly, for all phases",
    "sampled": "the spectral radius over a grid of phases",
}
"""What there is in place of a closed form."""

PRECISION = {
    "exact": "right to rounding",
    "sufficient": "right to rounding",
    "decided": "each value settled exactly, for all phases",
    "sampled": "found on a grid of phases and between its largest points, rounded down: no proof",
}
"""Of an edge at numbers."""

WITH_A_FORMULA = ("exact", "sufficient")
