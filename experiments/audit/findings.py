"""What a training's numbers mean: the verdict in a sentence, and what to do, in the order of use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from experiments.audit.outcome import Outcome
from numerics.monitor import verdict

RECENT = 5
"""Measurements at the end whose median is the state now; one batch's number is chance."""

SAFE = 0.8
"""Share of the largest stable lr that is advised: the edge moves, as the sharpness does."""

ALONE = 0.3
"""Share of the sharpest direction from which one layer is said to limit."""


@dataclass(frozen=True)
class Findings:
    """The audit in words and numbers.

    Attributes:
        verdict: one of `numerics.monitor.VERDICTS`.
        value: normalised sharpness now, the median of the newest measurements; NaN if there is none.
        low: least of these.
        high: greatest of these.
        peak: greatest of all.
        layer: the layer that the top mode lives in most.
        share: its part of it.
        lr: largest stable lr of each group.
        sentences: the verdict; the first is the plain one.
        advice: what to do.
    """

    verdict: str
    value: float
    low: float
    high: float
    peak: float
    layer: str
    share: float
    lr: dict[int, float]
    sentences: list[str]
    advice: list[str]


def findings(data: xr.Dataset, outcome: Outcome) -> Findings:
    """Read a monitor's dataset.

    Args:
        data: as `StabilityMonitor.dataset`, at least one step.
        outcome: how the training ended.
    """
    measured = data.normalised.dropna("step").values
    recent = measured[-RECENT:] if len(measured) else np.array([math.nan])
    value, low, high = float(np.median(recent)), float(recent.min()), float(recent.max())
    kind = _verdict(data, value, outcome)
    layer, share = limiting(data)
    lr = _now(data.largest_lr, "group", value)
    found = Findings(kind, value, low, high, float(np.nanmax(measured, initial=-math.inf)), layer, share, lr, [], [])
    found.sentences.extend([_plain(found), _history(measured, data), rounding(data)])
    found.advice.extend(text for text in (_step_size(found, data), _decay(data), _where(found, data)) if text)
    return found


def _verdict(data: xr.Dataset, value: float, outcome: Outcome) -> str:
    """By the median of the newest measurements; a loss or a weight that is not a number decides."""
    losses = [float(v) for v, told in zip(data.loss.values, data.verdict.values, strict=True) if told]
    if not losses:
        return "unstable" if "finite" in outcome.line else "stable"
    if "no longer finite" in outcome.line:
        return "unstable"
    return verdict(value if math.isfinite(losses[-1]) else math.nan, losses)


def limiting(data: xr.Dataset) -> tuple[str, float]:
    """The layer with most of the top mode, and its share, in the mean over the newest measurements."""
    shares = data.layer_share.dropna("step", how="all")
    if not shares.size:
        return "", math.nan
    mean = shares.isel(step=slice(-RECENT, None)).mean("step")
    at = int(np.argmax(mean.fillna(0).values))
    return str(mean.layer.values[at]), float(mean[at])


def _now(values: xr.DataArray, dim: str, _: float) -> dict[int, float]:
    """Median of the newest values of each group."""
    kept = values.dropna("step", how="all").isel(step=slice(-RECENT, None))
    return {int(k): float(kept.sel({dim: k}).median()) for k in kept[dim].values} if kept.size else {}


def _plain(found: Findings) -> str:
    if not math.isfinite(found.value):
        return "Unstable: the loss is no longer a number."
    distance = f"normalised sharpness {_brief(found.value)}, where 1 is the edge{_mostly(found)}"
    if found.verdict == "unstable":
        return f"Unstable: the training is beyond its edge and its loss grows; {distance}."
    if found.verdict == "restrained":
        over = f"the step size is {_brief(found.value)} times what the curvature allows, and yet the loss stays bounded"
        return f"Restrained: {over}; {distance}."
    if found.verdict == "at the edge":
        return f"At the edge: {distance}."
    now = "Stable now" if found.peak > 1 else "Stable"
    return f"{now}: {_room(found.value)}; {distance}."


def _brief(value: float) -> str:
    """Two digits, and no powers of ten up to a million."""
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.2g}"


def _mostly(found: Findings) -> str:
    if not found.layer:
        return ""
    lies = "lies mostly in" if found.share > 0.5 else "is spread over layers, most of it in"
    return f"; the sharpest direction {lies} layer {found.layer} ({100 * found.share:.0f} %)"


def _room(value: float) -> str:
    if not value > 0:
        return "no step size could make this curvature unstable"
    return f"the step size could be {_brief(1 / value)} times as large before this curvature is unstable"


def _history(measured: np.ndarray, data: xr.Dataset) -> str:
    if not np.isfinite(measured).any():
        return "Nothing finite was measured."
    steps = data.step.values[np.isfinite(data.normalised.values)]
    over, peak = int((measured > 1).sum()), int(np.argmax(measured))
    beyond = "never beyond the edge" if not over else f"beyond the edge in {over} of {len(measured)} measurements"
    few = " Few measurements: take a larger --budget for a sharper picture." if len(measured) < 2 * RECENT else ""
    return f"It was {beyond}; at most {measured[peak]:.3g}, at step {steps[peak]}.{few}"


def rounding(data: xr.Dataset) -> str:
    """Whether a last-bit difference is amplified, from all windows of the shadow."""
    ends = data.growth.values != ""
    if not ends.any():
        return "Whether rounding noise is amplified was not measured."
    kinds, rates = list(data.growth.values[ends]), data.growth_rate.values[ends]
    last = int(np.flatnonzero(ends)[-1])
    newest = tuple(float(data[name].values[last]) for name in ("growth_rate", "growth_low", "growth_high"))
    interval = "{:+.2g} per step (95 % interval {:+.2g} to {:+.2g})".format(*newest)
    lately = f"the rate of the newest window is {interval}" if len(kinds) > 1 else f"the rate is {interval}"
    if "amplified" not in kinds:
        seen = ", ".join(sorted(set(kinds)))
        return f"Rounding noise is not seen to be amplified: in the shadow's {_windows(len(kinds))} it is {seen}; {lately}."
    strongest = float(np.nanmax(rates[[k == "amplified" for k in kinds]]))
    count = f"in {kinds.count('amplified')} of the shadow's {_windows(len(kinds))}"
    factor = f", by a factor of up to {math.exp(strongest):.2g} per step" if strongest > 0 else ""
    return f"Rounding noise is amplified {count}{factor}; {lately}."


def _windows(count: int) -> str:
    return "1 window" if count == 1 else f"{count} windows"


def _step_size(found: Findings, data: xr.Dataset) -> str:
    if not found.lr:
        return (
            "Restart from before the loss was lost, with a step size several times smaller."
            if found.verdict == "unstable"
            else ""
        )
    now = {int(g): float(data.lr.dropna("step", how="all").sel(group=g)[-1]) for g in found.lr}
    if all(not math.isfinite(v) for v in found.lr.values()):
        return "No step size makes the curvature found unstable (it is not positive)."
    stated = "; ".join(f"{_group(g, now)}{v:.3g} (now {now[g]:.3g})" for g, v in found.lr.items())
    if found.verdict == "stable" and found.peak <= 1:
        return f"Largest stable lr now: {stated}. There is room to raise it; the sharpness tends to follow."
    if found.verdict == "stable":
        return f"Largest stable lr now: {stated}. It was not so all the time: {_narrowest(data)}."
    advised = "; ".join(f"{_group(g, now)}{SAFE * min(v, now[g]):.2g}" for g, v in found.lr.items())
    return f"Largest stable lr now: {stated}. To be on the safe side, take {advised}, or warm up to the present one."


def _narrowest(data: xr.Dataset) -> str:
    """Where the run was furthest beyond its edge, and the lr that would have been stable there."""
    at = data.isel(step=int(np.nanargmax(data.normalised.values)))
    lrs = ", ".join(f"{float(v):.2g}" for v in at.largest_lr.values)
    beyond = f"at step {int(at.step)} it was at {_brief(float(at.normalised))} times the edge"
    return f"{beyond}, with {lrs} the largest stable lr; warm up from there, and look at the loss before raising it"


def _group(number: int, groups: dict[int, float]) -> str:
    return f"group {number}: " if len(groups) > 1 else ""


def _decay(data: xr.Dataset) -> str:
    high = data.weight_decay_high.dropna("step").values[-RECENT:]
    if not len(high):
        return ""
    top, low = float(np.median(high)), data.weight_decay_low.dropna("step").values[-RECENT:]
    if top <= 0:
        return "No weight decay is stable at this step size; it has to be lowered first."
    lower = f"{float(np.median(low)):.2g}" if len(low) else "not measured (--smallest tells it)"
    return f"Weight decay: stable up to {top:.2g}; lower end of the window {lower}."


def _where(found: Findings, data: xr.Dataset) -> str:
    if not found.layer:
        return ""
    own = data.layer_normalised.sel(layer=found.layer).dropna("step") if found.layer in data.layer.values else None
    alone = f"; by its own block alone it is at {_brief(float(own[-1]))}" if own is not None and own.size else ""
    share = f"{100 * found.share:.0f} % of the sharpest direction{alone}"
    if found.share < ALONE:
        return f"No single layer limits; {found.layer} has most, {share}. One lr for all is the lever."
    cure = "" if found.verdict == "stable" else ". A parameter group of its own with a smaller lr acts where it counts"
    return f"The layer that limits is {found.layer}: {share}{cure}."
