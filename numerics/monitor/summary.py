"""What a monitor has seen, in a few lines and in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from numerics.monitor.shadows import pace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLACES = {"normalised": "", "spike_normalised": ", by the jump there"}
"""Variables that say how near the edge is -> how that was found."""

MEAN_SQUARE = {"mean_square": "in mean square", "coupled": "with what goes across"}
"""Normalised sharpness where batches are sampled -> its label in a picture, beside that over the edge without noise."""


def summary(latest: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], basis: Mapping[str, Any]) -> str:
    """The newest numbers with their steps, what jumped, and what the monitor has cost.

    Args:
        latest: of `StabilityMonitor.latest`.
        rows: of `Records`.
        basis: the newest measurement that has a verdict.
    """
    if "verdict" not in latest:
        return "nothing measured yet" if not latest else f"step {latest['step']}: no sharpness measured yet"
    at, measured = latest["steps"], basis.get("step", latest["steps"]["verdict"])
    when = f"measured at step {measured}" if at["verdict"] == measured else f"seen now, last measured at step {measured}"
    when = when if basis or "normalised" in latest else "no sharpness measured yet"
    lines = [f"step {latest['step']}: {latest['verdict']}, {when}: {latest['reason']}"]
    if "largest_lr" in latest:
        lrs = [", ".join(f"{value:.3g}" for value in latest[name].values()) for name in ("largest_lr", "lr")]
        lines.append(f"largest stable lr {lrs[0]} at step {at['largest_lr']}, used now {lrs[1]}")
    lines += _furthest(rows)
    if "growth" in latest:
        lines.append(f"last-bit difference up to step {at['growth']}: {latest['growth']}, {pace(latest)}")
    lines += [f"jump at step {row['step']}: {row['spike_reason']}" for row in rows if "spike" in row]
    if "monitor_seconds" in latest:
        once = f" ({latest['setup_seconds']:.3g} s of it once, on deriving the edges)" if latest.get("setup_seconds") else ""
        lines.append(f"monitor: {latest['monitor_seconds']:.3g} s{once}, {latest['monitor_share']:.1%} of the time")
    return "\n".join(lines)


def _furthest(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where it was nearest to the edge, or furthest beyond, by measurements and by what was measured at jumps."""
    seen = [(_number(row.get(name)), row["step"], told) for row in rows for name, told in PLACES.items() if name in row]
    value, step, told = max(seen, default=(float("-inf"), 0, ""))
    return [f"nearest to the edge, or furthest beyond: {value:.3g} of it at step {step}{told}"] if value > float("-inf") else []


def plot(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Normalised sharpness, also in mean square, with the edge, and the loss, over steps; jumps as vertical lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.75, 4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for axes, name, label in ((above, "normalised", "normalised sharpness"), (below, "loss", "loss")):
        seen = [(row["step"], row[name]) for row in rows if name in row]
        axes.plot([step for step, _ in seen], [value for _, value in seen], ".-")
        axes.set_ylabel(label)
        for row in rows:
            if "spike" in row:
                axes.axvline(row["step"], color="tab:red", linestyle=":", label=row["spike"])
    for name, label in MEAN_SQUARE.items():
        seen = [(row["step"], row[name]) for row in rows if isfinite(row.get(name, nan))]
        if seen:
            above.plot([step for step, _ in seen], [value for _, value in seen], ".-", label=label)
            above.legend(fontsize="small")
    above.axhline(1, color="black", linewidth=1)
    below.set_xlabel("step")
    return figure


def _number(value: Any) -> float:
    """For a greatest one: what is not there is less than any."""
    return value if value is not None and value == value else float("-inf")
