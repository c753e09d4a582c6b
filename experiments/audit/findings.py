"""What a training's numbers mean: is its peak step size too high, when was it nearest to its edge, and what to do.

The numbers are drawn together here; their words stand in `wording`, what to do in `advice`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median_low

import numpy as np
import xarray as xr

from experiments.audit.advice import decay, step_size, where
from experiments.audit.outcome import Outcome
from experiments.audit.places import RECENT, Place, around, at_jumps, last, nearest, places, state
from experiments.audit.wording import UNMEASURED, at_the_end, history, jumps, odd_batch, plain, rounding
from numerics.monitor.verdict import Verdict, worse

Peak = dict[int, tuple[float, int]]


@dataclass(frozen=True)
class Findings:
    """The audit in words and numbers.

    Attributes:
        verdict: one of `numerics.monitor.VERDICTS`, or "not measured".
        reason: of the verdict.
        now: the state at the last measurement, the median of the newest ones; None if there is none.
        low: least of these.
        high: greatest of these.
        nearest: where it came nearest to its edge.
        peak: greatest lr of each group, and the step it was first used at.
        around: measurements around the peak, as they would be at it.
        sampled: whether steps have batches of their own, so that there is a mean-square edge beside the noise-free one.
        noise: mean-square sharpness at the peak, along the direction and with what goes across: the median of the measurements
            around it; None if there is none.
        layer: the layer that the top mode lives in most.
        share: its part of it.
        sentences: the verdict; the first is the plain one.
        advice: what to do.
        odd: the batch without a finite loss that ended it, in words; empty if there is none.
    """

    verdict: str
    reason: str
    now: Place | None
    low: float
    high: float
    nearest: Place | None
    peak: Peak
    around: list[Place]
    sampled: bool
    noise: tuple[float, float] | None
    layer: str
    share: float
    sentences: list[str]
    advice: list[str]
    odd: str = ""

    @property
    def peak_lr(self) -> dict[int, float]:
        """Greatest lr of each group."""
        return {group: lr for group, (lr, _) in self.peak.items()}


def findings(data: xr.Dataset, outcome: Outcome, peak: Peak | None = None, why: str = "") -> Findings:
    """Read a monitor's dataset.

    Args:
        data: as `StabilityMonitor.dataset`, at least one step.
        outcome: how the training ended.
        peak: greatest lr of each group, and its step; that of the measurements by default.
        why: nothing was measured, if so.
    """
    seen = places(data)
    now, low, high = last(seen) or (None, math.nan, math.nan)
    word, reason = _verdict(data, now, outcome, why)
    peak = peak or _measured_peak(seen)
    near = around(seen, {group: lr for group, (lr, _) in peak.items()})
    sampled, layer = bool(data.attrs["sampled"]), limiting(data)
    summary = Findings(
        word,
        reason,
        now,
        low,
        high,
        nearest([*seen, *at_jumps(data)]),
        peak,
        near,
        sampled,
        _noise(near),
        *layer,
        [],
        [],
        odd_batch(data),
    )
    summary.sentences.extend(
        text for text in (plain(summary), at_the_end(summary), history(seen, data), jumps(data), rounding(data)) if text
    )
    summary.advice.extend(text for text in (step_size(summary), decay(data, now), where(summary, data)) if text)
    return summary


def _noise(near: list[Place]) -> tuple[float, float] | None:
    known = [place.noise for place in near if place.noise is not None]
    return (median_low([one for one, _ in known]), median_low([both for _, both in known])) if known else None


def _measured_peak(seen: list[Place]) -> Peak:
    """Greatest lr of each group among the measurements, and its first step."""
    groups = dict.fromkeys(group for place in seen for group in place.lr)
    greatest = {g: max((p for p in seen if g in p.lr), key=lambda p, g=g: p.lr[g]) for g in groups}
    return {group: (place.lr[group], place.step) for group, place in greatest.items()}


def _verdict(data: xr.Dataset, now: Place | None, outcome: Outcome, why: str) -> Verdict:
    """Of the whole record; a weight that is not a number decides."""
    if "finite" in outcome.line:
        return Verdict("unstable", outcome.line)
    verdict, told = state(data, now.value if now else math.nan), str(data.attrs.get("verdict", ""))
    if told and verdict.word != told == worse(told, verdict.word):
        return Verdict(told, str(data.attrs["reason"]))  # of what was seen between measurements
    if verdict.word != UNMEASURED:
        return verdict
    early = [text for text in data.unsettled.values if text]
    return Verdict(UNMEASURED, str(early[-1]) if early else why or "no step came to be measured")


def limiting(data: xr.Dataset) -> tuple[str, float]:
    """The layer with most of the top mode, and its share, in the mean over the newest measurements."""
    shares = data.layer_share.dropna("step", how="all")
    if not shares.size:
        return "", math.nan
    mean = shares.isel(step=slice(-RECENT, None)).mean("step")
    at = int(np.argmax(mean.fillna(0).values))
    return str(mean.layer.values[at]), float(mean[at])
