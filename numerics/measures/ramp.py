"""Where a series leaves one level and reaches another: the best ramp, by least squares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import median_filter

KNOTS = 30
"""Places tried for either end of the ramp, first over the whole series and then around the best."""

SHORTEST = 4
"""Fewest records from foot to top: less is a jump, whose slope means nothing."""

SPIKE = 5
"""Width of the running median that is looked at: a spike of two records does not count."""


class Ramp(NamedTuple):
    """Level, then a straight rise, then level.

    Attributes:
        foot: index at which the rise begins.
        top: index at which it ends.
        rise: difference of the two levels; negative for a fall.
    """

    foot: int
    top: int
    rise: float


def ramp(time: np.ndarray, values: np.ndarray) -> Ramp:
    """The ramp nearest to a series in the mean square; either level may be missing.

    Args:
        time: (n,) increasing, n > SHORTEST.
        values: (n,).
    """
    smooth, last = median_filter(values, SPIKE, mode="nearest"), len(time) - 1
    knots = np.unique(np.linspace(0, last, KNOTS).round().astype(int))
    coarse = _best(time, smooth, knots, knots)
    near = int(np.diff(knots).max())
    feet, tops = (np.arange(max(0, at - near), min(last, at + near) + 1) for at in coarse[:2])
    return _best(time, smooth, _thinned(feet), _thinned(tops))


def _thinned(knots: np.ndarray) -> np.ndarray:
    return knots[:: -(-len(knots) // KNOTS)]


def _best(time: np.ndarray, values: np.ndarray, feet: np.ndarray, tops: np.ndarray) -> Ramp:
    """The best of all pairs of a foot and a top."""
    pairs = np.array([(foot, top) for foot in feet for top in tops if top - foot >= SHORTEST])
    shape = np.clip(time, time[pairs[:, :1]], time[pairs[:, 1:]])
    shape = shape - shape.mean(1, keepdims=True)
    along = shape @ (values - values.mean())
    size = (shape**2).sum(1)
    best = int(np.argmax(along**2 / size))
    foot, top = pairs[best]
    return Ramp(int(foot), int(top), float(along[best] / size[best] * (time[top] - time[foot])))
