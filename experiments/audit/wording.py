"""The words of an audit's verdict: is the peak too high, where the training is, what jumped, what rounding noise does.

The verdict itself (stable, at the edge, ...) and the reason that it gives are `numerics.monitor.verdict`'s, as for every
monitor; what to do about it is `advice`.
"""

from __future__ import annotations

from statistics import median_low
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from derive.shown import shown
from experiments.audit.places import NEAR, Place, brief, lrs
from numerics.monitor.noisy import MARGIN
from numerics.monitor.shadows import pace

if TYPE_CHECKING:
    from experiments.audit.findings import Findings

UNMEASURED = "not measured"
"""The verdict where there is none."""


def plain(summary: Findings) -> str:
    """Is the peak step size too high, and when was it nearest."""
    if summary.verdict == UNMEASURED:
        return f"Not measured: {summary.reason}."
    if summary.odd:
        return f"{summary.verdict.capitalize()}: {summary.odd}; the step size is not what did it."
    if summary.nearest is None:
        return f"{summary.verdict.capitalize()}: {summary.reason}."
    when = f"{'furthest beyond' if summary.nearest.value > 1 else 'nearest to'} the edge it was at {summary.nearest.sentence}"
    return f"{summary.verdict.capitalize()}: {_peak(summary)} {_judged(summary)}{_around(summary)}; {when}."


def _peak(summary: Findings) -> str:
    steps = ", ".join(dict.fromkeys(str(step) for _, step in summary.peak.values()))
    return f"the peak step size {lrs(summary.peak_lr)} (from step {steps})"


def _judged(summary: Findings) -> str:
    """Whether the peak is too high, by what was measured around it; else by what the training did, or not at all."""
    values = [place.value for place in summary.around]
    if not values:
        lost = summary.verdict in ("unstable", "thrown out")
        return "is too high by what the training did" if lost else "is not judged"
    beyond = sum(value > 1 + MARGIN for value in values)
    if 2 * beyond > len(values):
        return "is too high"
    if beyond:
        return f"is beyond the edge at times ({beyond} of {len(values)} measurements)"
    if summary.noise is not None and summary.noise[0] > 1 + MARGIN:
        return "is too high for its sampled batches"
    if summary.verdict in ("unstable", "thrown out"):
        return "is not beyond the edge by the curvature that was measured, and yet the training was lost, by it or by its data"
    if max(values) >= 1 - MARGIN:
        return "is at the edge"
    if not summary.sampled or (summary.noise is not None and summary.noise[1] < 1):
        return "is not too high"
    return "is not too high without the noise of its batches; with it that is not decided"


def _around(summary: Findings) -> str:
    values = [place.value for place in summary.around]
    if not values:
        return f"; nothing was measured at {NEAR:.0%} of it or more"
    edge = "noise-free edge" if summary.sampled else "edge"
    spread = f", {brief(min(values))} to {brief(max(values))}" if len(values) > 1 else ""
    noise = ""
    if summary.noise is not None:
        alone, both = map(brief, summary.noise)
        noise = f", and at {alone} of the mean-square edge of its sampled batches ({both} with what goes across)"
    return f": there the training is at {brief(median_low(values))} of the {edge} ({_measured(len(values))}{spread}){noise}"


def _measured(count: int) -> str:
    return "1 measurement" if count == 1 else f"median of {count} measurements"


def at_the_end(summary: Findings) -> str:
    """The state at the end, by its own step size; and why the verdict is what it is."""
    if summary.now is None:
        return ""
    state = f"At the last measurement it is at {summary.now.sentence}{_mostly(summary)}."
    return f"{state} The verdict judges that and the record before it: {summary.reason}."


def _mostly(summary: Findings) -> str:
    if not summary.layer:
        return ""
    lies = "lies mostly in" if summary.share > 0.5 else "is spread over layers, most of it in"
    return f"; the sharpest direction {lies} layer {shown(summary.layer)} ({100 * summary.share:.0f} %)"


def history(seen: list[Place], data: xr.Dataset) -> str:
    """How many measurements lay beyond the edge, and what became of the loss; empty without one."""
    if not seen:
        return ""
    beyond = sum(place.value > 1 for place in seen)
    return f"Of {len(seen)} measurements {beyond} lie beyond the edge; {went(data)}."


def went(data: xr.Dataset) -> str:
    """The losses seen, of every step where there are any, else those measured."""
    each = "loss_seen" in data and data.loss_seen.size > 0
    losses, steps = (data.loss_seen, data.step_seen) if each else (data.loss, data.step)
    steps, losses = steps.values, losses.values
    if not each:
        steps, losses = steps[~np.isnan(losses)], losses[~np.isnan(losses)]
    finite = np.flatnonzero(np.isfinite(losses))
    if not len(finite):
        return "no loss seen was finite"
    known, after = losses[finite], int(finite[-1]) + 1
    of = "" if each else " (as measured; not every step's was seen)"
    ended = f", and is not finite from step {int(steps[after])} on" if after < len(losses) else ""
    return f"the loss went from {known[0]:.3g} to {known[-1]:.3g}{of}{ended}"


def odd_batch(data: xr.Dataset) -> str:
    """The first batch without a finite loss at which it jumped, if none was finite since; or that none was at all."""
    if "loss_seen" not in data or not data.loss_seen.size:
        return ""
    if int(data.step_seen[0]) == 1 and not np.isfinite(data.loss_seen.values).any():
        return "no loss was finite, that of before the first step included"
    at = np.flatnonzero((data.spike.values == "batch") & ~np.isfinite(data.spike_loss.values))
    if not len(at):
        return ""
    first = data.isel(step=int(at[0]))
    seen = data.loss_seen.values[data.step_seen.values >= int(first.step)]
    if not len(seen) or np.isfinite(seen).any():
        return ""
    return f"batch {float(first.spike_batch):.0f} (step {int(first.step)}) has no finite loss, and no loss was finite since"


def jumps(data: xr.Dataset) -> str:
    """Where the loss or the gradient jumped, and why it did the first time."""
    at = np.flatnonzero(data.spike.values != "")
    if not len(at):
        return ""
    steps = ", ".join(str(int(step)) for step in data.step.values[at[:5]]) + (", ..." if len(at) > 5 else "")
    first = f"at step {int(data.step[at[0]])} {data.spike_reason.values[at[0]]}"
    return f"The loss or the gradient jumped {len(at)} times (step {steps}): {first}." if len(at) > 1 else f"A jump: {first}."


def rounding(data: xr.Dataset) -> str:
    """Whether a last-bit difference is amplified, from all windows of the shadow, and why it is said so."""
    ends = np.flatnonzero(data.growth.values != "")
    if not len(ends):
        return "Whether rounding noise is amplified was not measured."
    kinds = [str(kind) for kind in data.growth.values[ends]]
    newest = window(data, int(ends[-1]))
    lately = f"the newest, up to step {int(data.step[ends[-1]])}, is {kinds[-1]}, as {newest['growth_reason']}: {pace(newest)}"
    if "amplified" not in kinds:
        seen = ", ".join(sorted(set(kinds)))
        return f"Rounding noise is not seen to be amplified: in the shadow's {_windows(len(kinds))} it is {seen}; {lately}."
    return f"Rounding noise is amplified in {kinds.count('amplified')} of the shadow's {_windows(len(kinds))}; {lately}."


def window(data: xr.Dataset, at: int) -> dict[str, float | str]:
    """What a window of the shadow that ends in this row says."""
    names = ("growth_rate", "growth_low", "growth_high", "growth_total", "growth_leap", "growth_steps")
    row = data.isel(step=at)
    return {"growth_reason": str(row.growth_reason.values), **{name: float(row[name]) for name in names}}


def _windows(count: int) -> str:
    return "1 window" if count == 1 else f"{count} windows"
