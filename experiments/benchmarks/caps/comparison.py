"""The comparison as the runner and the store take it: computed, drawn, told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments import style
from experiments.benchmarks.caps.setting import CAPS, PRESETS, Config
from experiments.benchmarks.caps.told import chosen, named, ratios, sentences
from experiments.benchmarks.caps.training import ran

TITLE = "Caps of the step size, over batch sizes and momenta"
__all__ = ["PRESETS", "TITLE", "caption", "compute", "render"]


def compute(config: Config, device: str, report: Callable[[int, int], None]) -> xr.Dataset:
    """Train all of it."""
    return ran(config, device, report)


def render(results: xr.Dataset) -> Figure:
    """The loss over the best fixed one's by batch, a panel for each momentum."""
    decades, momenta = ratios(results).mean("seed"), np.unique(results.momentum.values)
    figure, axes = style.panels(len(momenta))
    for ax, momentum in zip(axes, momenta, strict=True):
        at = decades.isel(setting=np.flatnonzero(results.momentum.values == momentum))
        batches = results.batch.values[results.momentum.values == momentum]
        for n, cap in enumerate(CAPS):
            places = np.log2(batches)[:, None] + 0.25 * (n - 1.5)
            values = at.sel(cap=cap).transpose("setting", "too_large").values
            ax.plot(np.broadcast_to(places, values.shape), 10**values, "o", ms=2, color=style.CYCLE[n])
            ax.plot([], [], "o", ms=3, color=style.CYCLE[n], label=cap)
        ax.axhline(1, color=style.BLACK, lw=0.8)
        known = np.unique(batches)
        ax.set(title=f"momentum {momentum:g}", yscale="log", xlabel="rows a step", xticks=np.log2(known), xticklabels=known)
    axes[0].set_ylabel("loss over that of the best fixed")
    axes[-1].legend(fontsize="x-small")
    return figure


def caption(results: xr.Dataset) -> str:
    """Setting, the caps' worst cases, the choice."""
    at, (choice, why) = results.attrs, chosen(results)
    failed = int(results.failed.sum())
    return (
        f"Training losses on {at['data']} (1024 images) after {at['steps']} steps of SGD, over those of the best fixed step "
        f"size with the same schedule, with step sizes of {', '.join(map(str, results.too_large.values))} times that; "
        f"{results.setting.size} settings, seeds {at['seeds']}. Worst case over settings and step sizes, geometric mean over "
        f"seeds; in brackets where; mean of all; and by rows a step, worst (mean): {sentences(results)}. The rule takes "
        f"{named(choice)}: {why}. {failed} measurements failed."
    )
