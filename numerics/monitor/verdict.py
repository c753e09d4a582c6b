"""What a training is doing, judged from all that was measured of it: the curvature now, the loss, the weights, the shadow.

    unstable      the loss, a weight or the sharpness is not finite; or beyond the edge, with a loss that has risen at each
                  of the last 3 measurements and lies above the first one measured
    restrained    perturbations grow and the loss stays bounded: beyond the edge (normalised sharpness > 1.1), or below it with
                  a shadow whose last-bit difference was amplified in a window that is no older than it was long
    thrown out    not beyond the edge now, but it was not the descent that led there: half of what the loss had gained is lost
                  again, or the weights have grown threefold, the curvature has fallen, and the loss is no lower than at first;
                  so lies a net that a step too long has saturated, or whose units are dead: nothing curves there
    at the edge   within 0.1 of it
    stable        below: normalised sharpness < 0.9, and nothing in the record speaks against it

The edge is that of the noise-free recurrence. Where batches are sampled it is called so: gradient noise makes a training
unstable below it, by a factor of ten and more under momentum, and this is seen in the loss and in the shadow alone. The
sharpness is that of the data it is measured on: on a mini-batch larger than on all data, on average (Jensen's inequality).

Source: Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf, isfinite
from typing import Any, NamedTuple

import numpy as np

Rows = Sequence[Mapping[str, Any]]

MARGIN = 0.1
"""Distance from 1 within which training is at the edge."""

RISES = 3
"""Rises of the loss in a row that make it grow."""

RECENT = 5
"""Measurements whose median is the loss where batches are sampled, or half of those there are: one batch's is chance."""

NOISE = 8.0
"""Changes, of which a quarter is smaller, from one measurement to the next: what the loss of sampled batches may differ by
chance. For a Gaussian 3.6 standard deviations, where now's level differs from a single loss by 1.1. The quarter, since of few
measurements most changes are what is learned."""

GREW = 3.0
"""Growth of the weights' norm from which they have left where they began."""

VERDICTS = ("stable", "at the edge", "thrown out", "restrained", "unstable")


class Verdict(NamedTuple):
    """A verdict.

    Attributes:
        word: one of `VERDICTS`.
        reason: why, with the numbers that decided.
    """

    word: str
    reason: str


class Losses(NamedTuple):
    """The loss through the record, without what chance does to it.

    Attributes:
        first: where it began.
        least: the least level so far.
        now: level now.
        chance: difference of levels that is not told from chance; 0 for fixed data.
    """

    first: float
    least: float
    now: float
    chance: float


def verdict(rows: Rows, sampled: bool = False, ascends: bool = False) -> Verdict:
    """Judge the newest row by itself and all before it.

    Args:
        rows: by the names of `records.UNITS`, with `step`, the newest last; it has `loss` and `normalised`. The first ones
            need not have more than `loss` and `size`, of the weights before training.
        sampled: whether each step has another batch, so that losses differ by chance.
        ascends: whether the optimiser maximises the loss.
    """
    sign = -1.0 if ascends else 1.0
    value, losses = rows[-1]["normalised"], [sign * row["loss"] for row in rows if "loss" in row]
    if not (isfinite(value) and isfinite(losses[-1]) and isfinite(rows[-1].get("size", 0.0))):
        return Verdict("unstable", "the loss, a weight or the sharpness is not finite")
    at = f"at {value:.3g} of the {'noise-free edge (its batches are sampled)' if sampled else 'edge'}"
    if value > 1 + MARGIN:
        return _beyond(losses, at)
    seen = _levels(losses, sampled)
    against = _lost(seen) or _left(rows, seen)
    if against:
        return Verdict("thrown out", f"{against}; where it lies now it is {at}")
    if value >= 1 - MARGIN:
        return Verdict("at the edge", at)
    noise = _amplified(rows)
    return Verdict("restrained", f"{noise}, {at}") if noise else Verdict("stable", at)


def judged(row: Mapping[str, Any], rows: Rows, sampled: bool, ascends: bool) -> dict[str, str]:
    """Verdict and reason of a measurement, as part of its row; none where there is no sharpness to judge by.

    Args:
        row: of `Gauge.row`.
        rows: those before, with `step`.
        sampled: see `verdict`.
        ascends: see `verdict`.
    """
    if "normalised" not in row or row.get("unsettled"):
        return {}
    word, reason = verdict([*rows, row], sampled, ascends)
    return {"verdict": word, "reason": reason}


def _beyond(losses: Sequence[float], at: str) -> Verdict:
    last = losses[-RISES - 1 :]
    rising = len(last) > RISES and all(b > a for a, b in pairwise(last))
    if rising and losses[-1] > losses[0]:
        return Verdict("unstable", f"{at}, and the loss grows: {losses[-1]:.3g}, at first {losses[0]:.3g}")
    return Verdict("restrained", f"{at}, and the loss is finite: {losses[-1]:.3g}, at first {losses[0]:.3g}")


def _levels(losses: Sequence[float], sampled: bool) -> Losses:
    known = np.array([loss for loss in losses if isfinite(loss)])
    if not sampled:
        return Losses(float(known[0]), float(known.min()), float(known[-1]), 0.0)
    windows = np.lib.stride_tricks.sliding_window_view(known, min(RECENT, (len(known) + 1) // 2))
    levels = np.median(windows, axis=1)
    changes = np.abs(np.diff(known))
    # The quartile of a few is itself uncertain.
    chance = NOISE * (1 + 2 / len(changes)) * float(np.quantile(changes, 0.25)) if len(changes) else inf
    return Losses(float(known[0]), float(min(known[0], levels.min())), float(levels[-1]), chance)


def _lost(seen: Losses) -> str:
    """Half of what had been gained is lost: all of it, and more, where the loss is above the first one."""
    if not seen.now - seen.least > max((seen.first - seen.least) / 2, seen.chance):
        return ""
    had = f" and had come down to {seen.least:.3g}" if seen.least < seen.first else ""
    return f"the loss is {seen.now:.3g}; it began at {seen.first:.3g}{had}"


def _left(rows: Rows, seen: Losses) -> str:
    """The weights have grown, and neither has the loss fallen nor is the curvature the greatest seen."""
    sizes = [row["size"] for row in rows if "size" in row]
    if len(sizes) < 2 or not sizes[-1] > GREW * sizes[0] > 0 or seen.now < seen.first - seen.chance:
        return ""
    largest = [_largest(row) for row in rows if row.get("largest_lr") and not row.get("unsettled")]
    if largest and largest[-1] == min(largest) < inf:
        return ""  # leaving a saddle, weights and curvature grow together
    grown = f"the weights are {sizes[-1] / sizes[0]:.3g} times as large as at first"
    return f"{grown}, and the loss of {seen.now:.3g} is not below the first one of {seen.first:.3g} by more than chance"


def _largest(row: Mapping[str, Any]) -> float:
    """Largest stable lr: it goes like the inverse of the curvature, whatever the lr is."""
    return next(iter(row["largest_lr"].values()))


def _amplified(rows: Rows) -> str:
    """What the newest window of the shadow says, as long after it as it was long."""
    ended = next((row for row in reversed(rows) if row.get("growth")), None)
    if ended is None or ended["growth"] != "amplified":
        return ""
    age = rows[-1]["step"] - ended["step"]
    if age > ended["growth_steps"]:
        return ""
    return f"a last-bit difference was amplified up to step {ended['step']} ({ended['growth_reason']})"
