"""The time axis of a training: normalised sharpness with the edge, of layers, loss, and the last-bit divergence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from experiments import style

LAYERS = 6
"""Layers drawn: those that come nearest to the edge."""


def draw(data: xr.Dataset) -> Figure:
    """Panels one below the other, on one axis of steps."""
    parts = [_sharpness, _layers, _loss, *([_apart] if bool(data.rel_l1.notnull().any()) else [])]
    heights = [2.0, 1.9, 1.5, 1.9][: len(parts)]
    figure = Figure(figsize=(style.WIDE, sum(heights)))
    axes = figure.subplots(len(parts), sharex=True, height_ratios=heights)
    for part, ax in zip(parts, axes, strict=True):
        part(ax, data)
    axes[-1].set_xlabel("step of the optimiser")
    return figure


def _sharpness(ax: Axes, data: xr.Dataset) -> None:
    at = data[["normalised", "bound"]].dropna("step")
    _edge(ax, max(1.3, 1.15 * float(at.normalised.max() if at.step.size else 1)))
    ax.errorbar(at.step, at.normalised, yerr=at.bound, fmt="o-", ms=3, color=style.BLUE, elinewidth=0.8, label="network")
    ax.set(
        ylabel="normalised\nsharpness",
        title="How near to the edge: the whole network",
        ylim=(min(0, *_least(at.normalised)), None),
    )


def _least(values: xr.DataArray) -> list[float]:
    return [float(values.min())] if values.size else []


def _layers(ax: Axes, data: xr.Dataset) -> None:
    peaks = data.layer_normalised.max("step").fillna(-np.inf)
    order = np.argsort(-peaks.values)[:LAYERS]
    nearest = [str(peaks.layer.values[i]) for i in order if np.isfinite(peaks.values[i])]
    _edge(ax, max(1.3, 1.15 * max([float(peaks.sel(layer=n)) for n in nearest], default=1.0)))
    for number, name in enumerate(nearest):
        at = data.layer_normalised.sel(layer=name).dropna("step")
        ax.plot(at.step, at, "o-", ms=2.5, lw=0.9, color=style.CYCLE[number], label=_short(name))
    ax.set(ylabel="normalised\nsharpness", title="Each layer by its own block (those that come nearest)")
    if nearest:
        ax.legend(loc="upper left", bbox_to_anchor=(1.005, 1.02), handlelength=1.2)


def _short(name: str) -> str:
    """A name that fits, and that Matplotlib takes for no mathematics."""
    text = name if len(name) <= 24 else "…" + name[-23:]
    return text.replace("$", r"\$")


def _edge(ax: Axes, top: float) -> None:
    ax.axhspan(1, top, color=style.VERMILION, alpha=0.08, lw=0)
    ax.axhline(1, color=style.VERMILION, ls="--", lw=1)
    ax.annotate(
        "edge",
        (1, 1),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        color=style.VERMILION,
        xytext=(-3, 1),
        textcoords="offset points",
    )
    ax.set_ylim(0, top)


def _loss(ax: Axes, data: xr.Dataset) -> None:
    at = data.loss.where(np.isfinite(data.loss)).dropna("step")
    ax.plot(at.step, at, "o-", ms=3, color=style.BLACK)
    if at.size and float(at.min()) > 0:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set(ylabel="loss", title="Loss on the data measured on")


def _apart(ax: Axes, data: xr.Dataset) -> None:
    for number, window in enumerate(windows(data)):
        seen = window.rel_l1.where(window.rel_l1 > 0).dropna("step")
        ax.plot(seen.step, seen, ".", ms=3, color=style.GREEN, label="" if number else "RelL1 of the shadow")
        rate, kind = float(window.growth_rate[-1]), str(window.growth.values[-1])
        if np.isfinite(rate) and kind and seen.size:
            middle = float(np.exp(np.log(seen).mean())) * np.exp(rate * (seen.step - float(seen.step.mean())))
            ax.plot(seen.step, middle, "-", lw=1, color=style.VERMILION if kind == "amplified" else style.BLACK)
            ax.annotate(
                f"{kind}\n{rate:+.2g}/step",
                (float(seen.step[-1]), float(seen[-1])),
                xytext=(2, 0),
                textcoords="offset points",
                fontsize=6,
                va="center",
            )
    ax.set(yscale="log", ylabel="RelL1", title="Last-bit divergence: a shadow with perturbed last bits, and its fitted rate")
    ax.margins(x=0.08)


def windows(data: xr.Dataset) -> list[xr.Dataset]:
    """The stretches of steps that a shadow ran beside; the last may be unfinished."""
    seen = data[["rel_l1", "growth", "growth_rate"]].isel(step=np.flatnonzero(data.rel_l1.notnull().values))
    ends = np.flatnonzero(seen.growth.values != "") + 1
    pieces = np.split(np.arange(seen.step.size), ends)
    return [seen.isel(step=piece) for piece in pieces if len(piece)]
