"""Is training stable, at the edge, restrained or unstable? By the normalised sharpness, and by what the loss does.

    unstable      the loss, a weight or the sharpness is not finite; or beyond the edge, with a loss that has risen at each
                  of the last 3 measurements and lies above the first one measured
    restrained    beyond the edge (normalised sharpness > 1.1): the quadratic model diverges, the loss stays bounded
    at the edge   within 0.1 of it
    stable        below: normalised sharpness < 0.9

The sharpness is that of the data it is measured on. On a mini-batch it is larger than on all data, on average (Jensen's
inequality); and momentum with small batches settles below its full-batch edge. So the verdict is sharp for a full batch,
or for a large fixed probe, and an upper estimate on mini-batches.

Source: Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

MARGIN = 0.1
"""Distance from 1 within which training is at the edge."""

RISES = 3
"""Rises of the loss in a row that make it grow."""

VERDICTS = ("stable", "at the edge", "restrained", "unstable")


def verdict(normalised: float, losses: Sequence[float]) -> str:
    """One of `VERDICTS`.

    Args:
        normalised: sharpness over the edge, now.
        losses: at every measurement so far, the newest last; at least one.
    """
    if not (isfinite(normalised) and isfinite(losses[-1])):
        return "unstable"
    if normalised < 1 - MARGIN:
        return "stable"
    if normalised <= 1 + MARGIN:
        return "at the edge"
    return "unstable" if _grows(losses) else "restrained"


def judged(row: Mapping[str, Any], losses: Sequence[Any]) -> dict[str, str]:
    """The verdict of a measurement, as part of its row; none where the sharpness could not be resolved.

    Args:
        row: of `Gauge.row`.
        losses: at the measurements before.
    """
    return {} if "normalised" not in row else {"verdict": verdict(row["normalised"], [*losses, row["loss"]])}


def _grows(losses: Sequence[float]) -> bool:
    last = losses[-RISES - 1 :]
    rising = len(last) > RISES and all(b > a for a, b in pairwise(last))
    return rising and losses[-1] > losses[0]
