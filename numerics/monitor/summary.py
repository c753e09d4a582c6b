"""What a monitor has seen, in a few lines and in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from numerics.monitor.shadows import pace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def summary(latest: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """The newest numbers with their steps, what jumped, and what the monitor has cost."""
    if "verdict" not in latest:
        return "nothing measured yet" if not latest else f"step {latest['step']}: no sharpness measured yet"
    at, peak = latest["steps"], max(rows, key=lambda row: _number(row.get("normalised")))
    lines = [f"step {latest['step']}: {latest['verdict']}, measured at step {at['verdict']}: {latest['reason']}"]
    if "largest_lr" in latest:
        lrs = [", ".join(f"{value:.3g}" for value in latest[name].values()) for name in ("largest_lr", "lr")]
        lines.append(f"largest stable lr {lrs[0]} at step {at['largest_lr']}, used {lrs[1]}")
    if "normalised" in peak:
        lines.append(f"nearest to the edge, or furthest beyond: {peak['normalised']:.3g} of it at step {peak['step']}")
    if "growth" in latest:
        lines.append(f"last-bit difference up to step {at['growth']}: {latest['growth']}, {pace(latest)}")
    lines += [f"jump at step {row['step']}: {row['spike_reason']}" for row in rows if "spike" in row]
    if "monitor_seconds" in latest:
        lines.append(f"monitor: {latest['monitor_seconds']:.3g} s, {latest['monitor_share']:.1%} of the time")
    return "\n".join(lines)


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
    for name, label in (("mean_square", "in mean square"), ("coupled", "with what goes across")):
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
