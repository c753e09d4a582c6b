r"""The largest stable lr and the stable weight decays, from one measured mode on each side.

A unit mode u of S^-1/2 (H + W) S^-1/2 with value mu has, in the weights, x = S^-1/2 u. When lr or weight decay change, S and W
change, and the mode sits on the edge where x^T (H + W) x = x^T S x. One group with one denominator: exact, since all modes
stay what they are. Otherwise to first order: the true edge is then never above the upper one told here (the largest
eigenvalue is convex in the decay), nor below the lower one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.optimize import brentq
from torch import Tensor

from numerics.thresholds.threshold import Threshold

INFINITE = float("inf")


@dataclass(frozen=True)
class Mode:
    """A mode of the normalised Hessian, as far as the window needs it.

    Attributes:
        value: its eigenvalue; 1 is the edge.
        shares: of each parameter tensor in the squared norm of the unit vector; they add up to 1.
        norms: squared norm of each tensor's part of x = S^-1/2 u.
    """

    value: float
    shares: tuple[float, ...]
    norms: tuple[float, ...]


def mode(value: float, vector: Sequence[Tensor], thresholds: Sequence[Threshold]) -> Mode:
    """A mode from its eigenvector, which need not be of length 1.

    Args:
        value: eigenvalue of the normalised Hessian; 1 is the edge.
        vector: a tensor per threshold, shaped like its parameter.
        thresholds: of the parameters that move, as `thresholds` reads them.
    """
    squares = [v.double() ** 2 for v in vector]
    total = float(sum(s.sum() for s in squares))
    norms = [float((s / t.scale).sum()) / total for s, t in zip(squares, thresholds, strict=True)]
    return Mode(value, tuple(float(s.sum()) / total for s in squares), tuple(norms))


def largest_factor(top: Mode, thresholds: Sequence[Threshold]) -> float:
    """What all lrs may be multiplied by until the mode reaches the edge; infinite for a mode that no lr makes unstable.

    Args:
        top: mode of the largest eigenvalue.
        thresholds: of the parameters that move, in the order of the mode's shares.
    """
    if not top.value > 0:
        return INFINITE
    moving = [(sum(top.shares[i] for i in own), t) for t, own in _alike(thresholds) if 0 < t.curvature < INFINITE]

    def beyond(factor: float) -> float:
        return sum(share * t.upper(factor) / t.curvature for share, t in moving) - top.value

    # Without decoupled decay every edge goes like 1/lr, and this is the answer; otherwise close to it.
    low = high = 1 / top.value
    while beyond(low) < 0:
        low /= 2
    while beyond(high) > 0:
        high *= 2
    return low if low == high else float(brentq(beyond, low, high, rtol=1e-12))


def weight_decay_window(thresholds: Sequence[Threshold], top: Mode, bottom: Mode | None = None) -> tuple[float, float]:
    """Weight decays between which training is stable, for the groups that decay now, or for all if none does.

    Args:
        thresholds: of the parameters that move.
        top: mode of the largest eigenvalue; it gives the upper end.
        bottom: mode of the smallest; without it the lower end is NaN, not known.

    Returns:
        (lower, upper); no weight decay is stable if upper <= lower.
    """
    decaying = [t.weight_decay > 0 for t in thresholds]
    chosen = decaying if any(decaying) else [True] * len(thresholds)
    lowest = float("nan") if bottom is None else max(0.0, _root(lambda w: _margin(bottom, thresholds, chosen, w, "lower")))
    return lowest, _root(lambda w: _margin(top, thresholds, chosen, w, "upper"))


def _margin(at: Mode, thresholds: Sequence[Threshold], chosen: Sequence[bool], decay: float, side: str) -> float:
    """How far the mode is above (or below) that side's edge, if the chosen tensors had this decay; affine in it."""
    curvature, edge = at.value, 0.0
    for t, own in _alike(thresholds):
        if t.curvature == INFINITE:
            continue
        change = chosen[own[0]]
        curvature += (decay - t.decay) * sum(at.norms[i] for i in own) if change and t.coupled else 0.0
        new = decay if change else None
        edge += sum(at.shares[i] for i in own) * (t.upper(1.0, new) if side == "upper" else t.lower(new)) / t.curvature
    return curvature - edge


def _alike(thresholds: Sequence[Threshold]) -> list[tuple[Threshold, list[int]]]:
    """One threshold of each edge, and the places of all that have it: an edge is evaluated once, not for every tensor."""
    places: dict[tuple, list[int]] = {}
    for place, t in enumerate(thresholds):
        places.setdefault(t.settings, []).append(place)
    return [(thresholds[own[0]], own) for own in places.values()]


def _root(function: Callable[[float], float]) -> float:
    """Of an affine function; infinite if it is constant."""
    at_zero, at_one = function(0.0), function(1.0)
    return INFINITE if at_zero == at_one else at_zero / (at_zero - at_one)
