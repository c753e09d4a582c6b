"""What a handful of runs can say about a spread of accuracies, and what it cannot.

All of it takes accuracies as one number per run, in percent, and assumes them independent and normal where it gives an
interval. A spread's interval is not robust: with a kurtosis of 4 instead of 3 the variance of a sample variance is about half
as large again, and intervals at 95 % cover about 90 %.
"""

from __future__ import annotations

from numerics.statistics.floor import Floored, finite_test_set_floor, floor_bound, floored
from numerics.statistics.layout import Layout, two_way
from numerics.statistics.paired import Difference, PairedRatio, paired_difference, paired_ratio
from numerics.statistics.ratio import Ratio, detectable_ratio, variance_ratio
from numerics.statistics.spread import Spread, spread

__all__ = [
    "Difference",
    "Floored",
    "Layout",
    "PairedRatio",
    "Ratio",
    "Spread",
    "detectable_ratio",
    "finite_test_set_floor",
    "floor_bound",
    "floored",
    "paired_difference",
    "paired_ratio",
    "spread",
    "two_way",
    "variance_ratio",
]
