"""The loss through a record, without what chance does to it: where it began, its least level, and whether it has blown up."""

from __future__ import annotations

from collections.abc import Sequence
from math import gamma, inf, isfinite, pi, sqrt
from typing import NamedTuple

import numpy as np

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


def levels(losses: Sequence[float], sampled: bool) -> Losses:
    """Of losses as they were measured, the newest last.

    Args:
        losses: at least one of them finite.
        sampled: whether each step has another batch, so that they differ by chance.
    """
    known = np.array([loss for loss in losses if isfinite(loss)])
    first, newest, blown = float(known[0]), float(known[-1]), _blown(known)
    if not sampled:
        return Losses(first, float(known.min()), newest, newest, 0.0, 0.0, blown)
    windows = np.lib.stride_tricks.sliding_window_view(known, min(RECENT, (len(known) + 1) // 2))
    levels = np.median(windows, axis=1)
    rise = rise_by_chance(known)
    return Losses(first, float(min(first, levels.min())), float(levels[-1]), newest, rise, min(rise, _fall(known)), blown)


def rise_by_chance(losses: np.ndarray) -> float:
    """By what a level may be above another by chance, of losses one after the other; infinite for a single one."""
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
    beyond = np.flatnonzero(since > before * BARS[np.minimum(np.arange(len(before)), len(BARS) - 1)])
    if not len(beyond):
        return ""
    count = int(beyond[-1]) + 1
    above = (
        f"the one before it, {before[count - 1]:.3g}" if count == 1 else f"the {count} before, of up to {before[count - 1]:.3g}"
    )
    return f"the loss is {losses[-1]:.3g}, and at least {since[count - 1]:.3g} since it left {above}"
