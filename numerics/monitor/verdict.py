"""What a training is doing, judged from all that was measured of it: the curvature now, the loss, the weights, the shadow.

    unstable      the loss, a weight or the sharpness is not finite; or beyond the edge, with a loss that grows: above the
                  first one measured, by more than chance, it has risen at each of the last 3 measurements, or its highest
                  and its lowest have, from each pair of them to the next; or it has blown up
    restrained    perturbations grow and the loss stays bounded: beyond the edge (normalised sharpness > 1.1), or below it with
                  a shadow whose last-bit difference was amplified in a window that is no older than it was long
    thrown out    not beyond the edge now, but it was not the descent that led there: the loss has blown up, or half of what
                  it had gained is lost again, or the weights have grown threefold, the curvature has fallen, and the loss is
                  no lower than at first; so lies a net that a step too long has saturated, or whose units are dead: nothing
                  curves there
    at the edge   within 0.1 of it
    stable        below: normalised sharpness < 0.9, and nothing in the record speaks against it
    undecided     so it would be, but batches are sampled, and the mean-square edge has not been measured, or its interval
                  holds 1; or whether they are is not known, as there has been one alone

Where batches are sampled there are two edges, and the reason names both, first the one that decides. Beyond the noise-free
one a mode grows whatever the batch. Below it, but beyond the mean-square one (the whole interval above 1), its second moment
grows: this is restrained, unstable if the loss grows too, and thrown out if it was lost. Stable needs the interval below 1 also
where what batches move out of the direction counts (`coupled`); what lies between is undecided.

A loss has blown up if from some measurement on all lie so far above all before that even batches of one sample would not
differ as much by chance. One outlier counts while it is the newest, and no longer. The sharpness is that of the data it is
measured on: on a mini-batch larger than on all data, on average (Jensen's inequality).

Source: Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf, isfinite
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import mannwhitneyu

from numerics.monitor.levels import RARE, Losses, levels
from numerics.monitor.noisy import MARGIN, Noisy, noisy
from numerics.monitor.records import Records

Rows = Sequence[Mapping[str, Any]]

RISES = 3
"""Rises of the loss in a row that make it grow."""

GREW = 3.0
"""Growth of the weights' norm from which they have left where they began."""

VERDICTS = ("stable", "at the edge", "undecided", "thrown out", "restrained", "unstable")


class Verdict(NamedTuple):
    """A verdict.

    Attributes:
        word: one of `VERDICTS`.
        reason: why, with the numbers that decided.
    """

    word: str
    reason: str


def worse(one: str, other: str) -> str:
    """Of two words, either of which may be none."""
    return max((word for word in (one, other) if word in VERDICTS), key=VERDICTS.index, default="")


def verdict(rows: Rows, sampled: bool | None = False, ascends: bool = False) -> Verdict:
    """Judge the newest row by itself and all before it.

    Args:
        rows: by the names of `records.UNITS`, with `step`, the newest last; it has `loss` and `normalised`. The first ones
            need not have more than `loss` and `size`, of the weights before training.
        sampled: whether each step has another batch, so that losses differ by chance, and curvatures too: see `noisy`; None
            while it is not known.
        ascends: whether the optimiser maximises the loss.
    """
    sign = -1.0 if ascends else 1.0
    value, losses = rows[-1]["normalised"], [sign * row["loss"] for row in rows if "loss" in row]
    if not (isfinite(value) and isfinite(losses[-1]) and isfinite(rows[-1].get("size", 0.0))):
        return Verdict("unstable", "the loss, a weight or the sharpness is not finite")
    noise, seen = noisy(rows) if sampled else None, levels(losses, bool(sampled))
    still = value == 0 and not any(rows[-1].get("lr", {0: 1.0}).values())
    at = "not stepping: every step size is 0, so that nothing is said of one" if still else _placed(value, noise, sampled)
    grows = _grows(losses, seen)
    past = noise is not None and noise.beyond and not noise.near
    if grows and (past or value > 1 + MARGIN):
        return Verdict("unstable", f"{at}, and the loss grows: {grows}")
    bounded = f"{at}, and the loss is finite: {seen.newest:.3g}, at first {seen.first:.3g}"
    if value > 1 + MARGIN:
        return Verdict("restrained", bounded)
    against = seen.blown or _lost(seen) or _left(rows, losses, seen)
    if against:
        return Verdict("thrown out", f"{against}; where it lies now it is {at}")
    if past:
        return Verdict("restrained", bounded)
    if value >= 1 - MARGIN or (noise is not None and noise.near):
        return Verdict("at the edge", at)
    amplified = _amplified(rows)
    if amplified:
        return Verdict("restrained", f"{amplified}, {at}")
    sure = sampled is False or value == 0 or (noise is not None and noise.below)  # at lr 0 nothing moves
    return Verdict("stable" if sure else "undecided", at)


def _placed(value: float, noise: Noisy | None, sampled: bool | None) -> str:
    """Where it is of which edge; the one that decides comes first."""
    if sampled is False:
        return f"at {value:.3g} of the edge"
    if sampled is None:
        return f"at {value:.3g} of the noise-free edge; whether batches are sampled is not known before the second step"
    free = f"at {value:.3g} of the noise-free edge"
    if noise is None:
        return f"{free}; its batches are sampled, and of their mean-square edge nothing is measured yet"
    told = f"at {noise} of its sampled batches"
    return f"{free}, {told}" if value >= 1 - MARGIN else f"{told}, {free}"


def judged(row: Mapping[str, Any], rows: Rows, sampled: bool | None, ascends: bool) -> dict[str, str]:
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


def _grows(losses: Sequence[float], seen: Losses) -> str:
    """Why the loss grows; empty if it does not."""
    last = losses[-2 * (RISES + 1) :]
    pairs = [sorted(pair) for pair in zip(last[::2], last[1::2], strict=False)]
    rising = _rising(last[-RISES - 1 :]) or (len(pairs) > RISES and all(map(_rising, zip(*pairs, strict=True))))
    if seen.blown or not (rising and seen.newest > seen.first + seen.rise):
        return seen.blown
    return f"{seen.newest:.3g}, at first {seen.first:.3g}"


def _rising(values: Sequence[float]) -> bool:
    """Through enough of them. Of a loss that alternates, the highest and the lowest of each pair are what rises."""
    return len(values) > RISES and all(b > a for a, b in pairwise(values))


def _lost(seen: Losses) -> str:
    """Half of what had been gained is lost: all of it, and more, where the loss is above the first one."""
    if not seen.now - seen.least > max((seen.first - seen.least) / 2, seen.rise):
        return ""
    had = f" and had come down to {seen.least:.3g}" if seen.least < seen.first else ""
    return f"the loss is {seen.told}; it began at {seen.first:.3g}{had}"


def _left(rows: Rows, losses: Sequence[float], seen: Losses) -> str:
    """The weights have grown, and neither has the loss fallen nor is the curvature the greatest seen."""
    sizes = [row["size"] for row in rows if "size" in row]
    if len(sizes) < 2 or not sizes[-1] > GREW * sizes[0] > 0 or _fell(rows, losses, seen):
        return ""
    largest = [_largest(row) for row in rows if row.get("largest_lr") and not row.get("unsettled")]
    if largest and largest[-1] == min(largest) < inf:
        return ""  # leaving a saddle, weights and curvature grow together
    grown = f"the weights are {sizes[-1] / sizes[0]:.3g} times as large as at first"
    return f"{grown}, and the loss of {seen.told} is not below the first one of {seen.first:.3g} by more than chance"


def _fell(rows: Rows, losses: Sequence[float], seen: Losses) -> bool:
    """It is below the first one by more than chance.

    Or nearly all are below the first one; or many below many, namely those since the weights left, or the newer half.
    """
    if seen.now < seen.first - seen.fall:
        return True
    measured = [row for row in rows if "loss" in row]
    gone = (n for n, row in enumerate(measured) if row.get("size", 0.0) > GREW * measured[0].get("size", inf))
    since = min(next(gone, len(losses)), len(losses) // 2)
    if not (seen.rise and seen.now < seen.first and since):
        return False
    if np.mean(np.asarray(losses) >= seen.first) < RARE:
        return True
    before = np.minimum(losses[:since], seen.first)  # what it rose to does not make it fall
    return float(mannwhitneyu(before, losses[since:], alternative="greater").pvalue) < RARE


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


def rejudged(records: Records, sampled: bool | None, ascends: bool) -> dict[str, str]:
    """Verdict and reason of the newest measurement again, as more is known of it; put into its row."""
    rows = records.judged
    newest = max((n for n, row in enumerate(rows) if "normalised" in row), default=None)
    if newest is None:
        return {}
    told = judged(rows[newest], rows[:newest], sampled, ascends)
    records.add(int(rows[newest]["step"]), told)
    return told
