"""What to do about a training: the step size, the weight decay, and where to act."""

from __future__ import annotations

from statistics import median_low
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from derive.shown import shown
from experiments.audit.places import RECENT, Place, brief, lrs
from numerics.monitor.noisy import MARGIN

if TYPE_CHECKING:
    from experiments.audit.findings import Findings

ALONE = 0.3
"""Share of the sharpest direction from which one layer is said to limit."""

SAFE = 0.8
"""Share of the largest stable lr that is advised: the edge moves, as the sharpness does."""


def step_size(findings: Findings) -> str:
    """Of the peak of the schedule, by the measurements around it."""
    if findings.odd:
        return f"Look at the data: {findings.odd}. Leave such batches out, or skip such steps; then audit again."
    if findings.nearest is None or findings.verdict == "thrown out":
        lost = findings.verdict in ("unstable", "thrown out")
        return "Restart from before the loss was lost, with a peak step size several times smaller." if lost else ""
    if not findings.around:
        return _elsewhere(findings.nearest, lrs(findings.peak_lr))
    value = median_low([place.value for place in findings.around])
    if not value > 0:
        return "No step size makes the curvature found unstable (it is not positive)."
    if findings.sampled:
        return _sampled_step_size(findings, value)
    largest = f"Largest stable lr at the peak: {lrs(_scaled(findings.peak_lr, 1 / value))} (used: {lrs(findings.peak_lr)})"
    if value > 1 - MARGIN or findings.verdict != "stable":
        return f"{largest}. {_safe(findings, value)}"
    if findings.nearest.value > 1:
        return f"{largest}. It was not so all the time: {findings.nearest.sentence}; warm up more slowly past that."
    return f"{largest}. There is room to raise it; the sharpness tends to follow."


def _elsewhere(nearest: Place, peak: str) -> str:
    """Nothing was measured near the peak, so that no number is told of it."""
    if nearest.value > 1:
        return f"Restart with a peak step size several times smaller than {peak}: it was at {nearest.sentence}."
    then = "" if nearest.jump else f"; at step {nearest.step} the largest stable lr was {lrs(nearest.largest)}"
    return f"Nothing was measured near the peak of {peak}{then}: do not raise it before it is (see --budget)."


def _sampled_step_size(findings: Findings, value: float) -> str:
    """The noise-free edge is no advice there: the mean-square one is, between its two ends."""
    free = f"Without noise the largest stable lr at the peak would be {lrs(_scaled(findings.peak_lr, 1 / value))}"
    used = f"(used: {lrs(findings.peak_lr)})"
    if findings.noise is None:
        told = f"{free} {used}; what the noise of the batches leaves of it was not measured: do not raise it"
        return f"{told}. {_safe(findings, value)}" if value > 1 - MARGIN else f"{told}."
    alone, both = (lrs(_scaled(findings.peak_lr, 1 / one)) for one in findings.noise)
    told = f"{both} with what goes across, {alone} along the direction measured"
    lowest = "lower of the two"
    largest = f"Largest stable lr at the peak, in mean square over its sampled batches: {told} {used}. {free}"
    if findings.noise[0] < value:
        lowest = "smallest of the three"
        largest += f" by the batches that were measured on, which curve more than those after them: take the {lowest}"
    if findings.noise[0] > 1 - MARGIN or value > 1 - MARGIN:
        return f"{largest}. {_safe(findings, max(value, findings.noise[0]))}"
    if findings.noise[1] < 1 and findings.verdict == "stable":
        return f"{largest}. There is room to raise it up to the {lowest}; the sharpness tends to follow."
    if findings.noise[1] < 1 and findings.verdict in ("unstable", "thrown out"):
        return f"{largest}. Below them all the training was lost: look at its data, and do not raise it."
    return f"{largest}. It lies between the two, or is not sure: do not raise it; larger batches raise both."


def _safe(findings: Findings, value: float) -> str:
    safe = lrs(_scaled(findings.peak_lr, min(1.0, SAFE / value)))
    return f"To be on the safe side, take {safe}, the schedule scaled as a whole, or warm up to it."


def _scaled(values: dict[int, float], factor: float) -> dict[int, float]:
    return {group: factor * value for group, value in values.items()}


def decay(data: xr.Dataset, now: Place | None) -> str:
    """The stable weight decays at the newest measurement; empty if they were not measured."""
    refused = [str(text) for text in data.no_decay.values if text]
    high = data.weight_decay_high.dropna("step")
    if now is not None and refused and bool(data.no_decay.sel(step=now.step).values):
        return f"Weight decay: {refused[-1]} (step {now.step}, lr {lrs(now.lr)})."
    if now is None or not high.size:
        return ""
    low = data.weight_decay_low.dropna("step").values[-RECENT:]
    lower = f"{float(np.median(low)):.2g}" if len(low) else "not measured (--smallest tells it)"
    top, step = float(high[-1]), int(high.step[-1])
    lr = lrs({int(g): float(v) for g, v in zip(data.group.values, data.lr.sel(step=step).values, strict=True)})
    return f"Weight decay: stable up to {top:.2g} at step {step}, with lr {lr}; lower end of the window {lower}."


def where(findings: Findings, data: xr.Dataset) -> str:
    """The layer that limits, if one does; empty if none was measured."""
    if not findings.layer:
        return ""
    own = data.layer_normalised.sel(layer=findings.layer).dropna("step") if findings.layer in data.layer.values else None
    alone = ""
    if own is not None and own.size:
        alone = f"; by its own block alone it was at {brief(float(own[-1]))} at step {int(own.step[-1])}"
    share, layer = f"{100 * findings.share:.0f} % of the sharpest direction{alone}", shown(findings.layer)
    if findings.share < ALONE:
        return f"No single layer limits; {layer} has most, {share}. One lr for all is the lever."
    cure = "" if findings.verdict == "stable" else ". A parameter group of its own with a smaller lr acts where it counts"
    return f"The layer that limits is {layer}: {share}{cure}."
