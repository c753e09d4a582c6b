"""Regimes along runs as pictures: shares of the outputs above, the linearisation against its edge below."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import style

COLOURS = (style.BLUE, style.ORANGE, "#CCCCCC")
SHOWN = 60
"""Last iterations of a run that are drawn step by step."""


def chosen(results: xr.Dataset) -> list[str]:
    """A stable, a restrained and an unstable run of the PDE, as far as there are; then the network that turns most."""
    pde, nets = ([str(r) for r in results.run.values if str(r).startswith("PDE") == kind] for kind in (True, False))
    kinds = {kind: [r for r in pde if results.verdict.sel(run=r).item() == kind] for kind in style.VERDICT_COLOURS}
    picked = [own[len(own) // 2] for own in kinds.values() if own]
    turning = results.turning.isel(within=0).max("layer").sel(run=nets)
    return [*picked, *nets[int(turning.values.argmax()) :][:1]]


def grid(results: xr.Dataset) -> Figure:
    """A column for each chosen run."""
    runs = chosen(results)
    figure = Figure(figsize=(style.WIDE, 3.4))
    axes = figure.subplots(2, len(runs), squeeze=False, sharex="col")
    for (above, below), run in zip(axes.T, runs, strict=True):
        at = results.sel(run=run).isel(iteration=slice(-SHOWN, None))
        _shares(above, at.dropna("layer", how="all"))
        above.set_title(f"{run}\n{at.verdict.item()}")
        _linearised(below, at)
    axes[0, 0].set_ylabel("share of outputs")
    axes[1, 0].set_ylabel("step size x curvature")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=style.columns(3), loc="outside lower center")
    return figure


def _shares(ax: Axes, at: xr.Dataset) -> None:
    """Of all layers together, as each has its own number of outputs: their mean."""
    mean = at.share.mean("layer")
    ax.stackplot(at.iteration, mean.values, colors=COLOURS, labels=[str(r) for r in at.regime.values], lw=0, step="mid")
    ax.set(ylim=(0, 1))


def _linearised(ax: Axes, at: xr.Dataset) -> None:
    ax.plot(at.iteration, at.normalised, color=style.BLACK, lw=0.8)
    ax.plot(at.iteration, at.lowest, color=style.BLACK, lw=0.5, ls=":")
    ax.axhline(at.attrs["edge"], color=style.VERMILION, ls="--", lw=1)
    ax.axhline(0, color=style.VERMILION, ls="--", lw=1)
    top = float(at.normalised.where(np.isfinite(at.normalised)).max())
    ax.set(xlabel="iteration", ylim=(None, 1.15 * max(top, at.attrs["edge"])))
