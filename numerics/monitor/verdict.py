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

A loss has blown up if from some measurement on all lie so far above all before that even batches of one sample would not
differ as much by chance. One outlier counts while it is the newest, and no longer.

The edge is that of the noise-free recurrence. Where batches are sampled it is called so: gradient noise makes a training
unstable below it, by a factor of ten and more under momentum, and this is seen in the loss and in the shadow alone. The
sharpness is that of the data it is measured on: on a mini-batch larger than on all data, on average (Jensen's inequality).

Source: Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import gamma, inf, isfinite, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import mannwhitneyu

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

SPREAD = 4.0
"""Quantiles of 3/4 of how far losses stand out of their neighbours: the level's chance, from what is not a descent. That
quantile is 0.93 standard deviations of a Gaussian."""

RARE = 0.01
"""Chance at which a loss of one sample counts as blown up for a measurement, and below which losses have fallen."""

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
        newest: the newest loss itself.
        rise: by what a level may be above another by chance; 0 for fixed data. What is learned counts, where little else is
            known: it is rather too large.
        fall: the same of one below another; there a monotone descent is no noise, so that it is rather too small.
        blown: why it has blown up; empty if it has not.
    """

    first: float
    least: float
    now: float
    newest: float
    rise: float
    fall: float
    blown: str

    @property
    def told(self) -> str:
        """The newest loss, and the level where it is another."""
        return f"{self.newest:.3g}" + (f" (in the median of the newest {self.now:.3g})" if self.now != self.newest else "")


def _bar(count: int) -> float:
    r"""Factor above the largest of some losses that the next exceeds by chance at most `RARE`, if each is a squared Gaussian.

    So is the loss of one sample. With :math:`P(z^2 < x) \le \sqrt{2 x / \pi}`, all m are below :math:`z^2 / c` with a
    probability of at most :math:`(2 / \pi c)^{m/2} E|z|^m`.
    """
    moment = 2 ** (count / 2) * gamma((count + 1) / 2) / sqrt(pi)
    return 2 / pi * (moment / RARE) ** (2 / count)


BARS = np.array([_bar(count) for count in range(1, 9)])
"""How far above 1, 2, ... losses one has blown up; for more of them the bound of `_bar` gets no better."""


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
    seen = _levels(losses, sampled)
    if value > 1 + MARGIN:
        return _beyond(losses, seen, at)
    against = seen.blown or _lost(seen) or _left(rows, losses, seen)
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


def _beyond(losses: Sequence[float], seen: Losses, at: str) -> Verdict:
    last = losses[-2 * (RISES + 1) :]
    pairs = [sorted(pair) for pair in zip(last[::2], last[1::2], strict=False)]
    rising = _rising(last[-RISES - 1 :]) or (len(pairs) > RISES and all(map(_rising, zip(*pairs, strict=True))))
    if seen.blown:
        return Verdict("unstable", f"{at}, and the loss grows: {seen.blown}")
    if rising and seen.newest > seen.first + seen.rise:
        return Verdict("unstable", f"{at}, and the loss grows: {seen.newest:.3g}, at first {seen.first:.3g}")
    return Verdict("restrained", f"{at}, and the loss is finite: {seen.newest:.3g}, at first {seen.first:.3g}")


def _rising(values: Sequence[float]) -> bool:
    """Through enough of them. Of a loss that alternates, the highest and the lowest of each pair are what rises."""
    return len(values) > RISES and all(b > a for a, b in pairwise(values))


def _levels(losses: Sequence[float], sampled: bool) -> Losses:
    known = np.array([loss for loss in losses if isfinite(loss)])
    first, newest, blown = float(known[0]), float(known[-1]), _blown(known)
    if not sampled:
        return Losses(first, float(known.min()), newest, newest, 0.0, 0.0, blown)
    windows = np.lib.stride_tricks.sliding_window_view(known, min(RECENT, (len(known) + 1) // 2))
    levels = np.median(windows, axis=1)
    rise = _rise(known)
    return Losses(first, float(min(first, levels.min())), float(levels[-1]), newest, rise, min(rise, _fall(known)), blown)


def _rise(losses: np.ndarray) -> float:
    changes = np.abs(np.diff(losses))
    # The quartile of a few is itself uncertain.
    return NOISE * (1 + 2 / len(changes)) * float(np.quantile(changes, 0.25)) if len(changes) else inf


def _fall(losses: np.ndarray) -> float:
    """By how far losses are outside of the two beside them, which in a descent they are not."""
    if len(losses) <= 2:
        return 0.0
    beside = np.lib.stride_tricks.sliding_window_view(losses, 3)
    return SPREAD * float(np.quantile(np.abs(beside[:, 1] - np.median(beside, axis=1)), 0.75))


def _blown(losses: np.ndarray) -> str:
    """From some loss on, all are far above all before: above the bar."""
    before = np.maximum.accumulate(np.abs(losses))[:-1]
    since = np.minimum.accumulate(losses[::-1])[::-1][1:]
    found = np.flatnonzero(since > before * BARS[np.minimum(np.arange(len(before)), len(BARS) - 1)])
    if not len(found):
        return ""
    count = int(found[-1]) + 1
    above = (
        f"the one before it, {before[count - 1]:.3g}" if count == 1 else f"the {count} before, of up to {before[count - 1]:.3g}"
    )
    return f"the loss is {losses[-1]:.3g}, and at least {since[count - 1]:.3g} since it left {above}"


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
