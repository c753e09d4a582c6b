"""The time axis of a training: normalised sharpness, also in mean square, that of layers, loss, and last-bit divergence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from derive.shown import shown
from experiments import style
from numerics.measures.growth import growth
from numerics.monitor.summary import MEAN_SQUARE

DEEP = 1e-4
"""What is below this part of the largest is not drawn: on a logarithmic axis it would take all the room."""

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
    at, noisy = data[["normalised", "bound"]].dropna("step"), _in_mean_square(data)
    values = np.concatenate([at.normalised.values, *(middle for _, middle, _, _ in noisy.values())])
    steep = bool(values.size) and values.min() > 0 and (values.max() > 5 or values.max() > 100 * values.min())
    if steep:
        ax.set_yscale("log")
    ax.errorbar(at.step, at.normalised, yerr=at.bound, fmt="o-", ms=3, color=style.BLUE, elinewidth=0.8, label="without noise")
    for colour, (name, (steps, middle, low, high)) in zip((style.ORANGE, style.PURPLE), noisy.items(), strict=False):
        ax.errorbar(steps, middle, yerr=(low, high), fmt="s-", ms=2.5, lw=0.9, color=colour, elinewidth=0.6, label=name)
    _edge(ax, (2.0 if steep else 1.15) * max([1.1, *values]))
    ax.set_ylim(bottom=min([0.5, *values / 2]) if steep else min([0.0, *values]))
    ax.set(ylabel="normalised\nsharpness", title="How near to the edge: the whole network")
    if noisy:
        ax.legend(loc="upper left", bbox_to_anchor=(1.005, 1.02), handlelength=1.2)


def _in_mean_square(data: xr.Dataset) -> dict[str, tuple[np.ndarray, ...]]:
    """Name -> steps, numbers, and what of the interval lies below and above: `coupled` has an upper end alone."""
    found = {}
    for name, label in MEAN_SQUARE.items():
        at = data[[n for n in (name, f"{name}_low", f"{name}_high") if n in data]]
        at = at.isel(step=np.flatnonzero(np.isfinite(at[name].values)))
        if not at.step.size:
            continue
        middle, low, high = (at[n].values if n in at else at[name].values for n in (name, f"{name}_low", f"{name}_high"))
        ends = np.where(np.isfinite(high), high, 1e3 * np.maximum(middle, 1.0))  # an end that is nowhere leaves the picture
        found[label] = at.step.values, middle, middle - np.minimum(low, middle), np.maximum(ends, middle) - middle
    return found


def _layers(ax: Axes, data: xr.Dataset) -> None:
    peaks = data.layer_normalised.max("step").fillna(-np.inf)
    top = max([1.0, *peaks.values])
    order = np.argsort(-peaks.values)[:LAYERS]
    nearest = [str(peaks.layer.values[i]) for i in order if peaks.values[i] > DEEP * top]
    for name, colour in zip(nearest, style.CYCLE, strict=False):
        at = data.layer_normalised.sel(layer=name).dropna("step")
        ax.plot(at.step, at.where(at > DEEP * top), "o-", ms=2.5, lw=0.9, color=colour, label=_short(name))
    ax.set(yscale="log", ylabel="normalised\nsharpness", title="Each layer by its own block (those that come nearest)")
    _edge(ax, 2 * top)
    drawn = data.layer_normalised.where(data.layer_normalised > DEEP * top)
    ax.set_ylim(bottom=min([0.1, *(drawn.min("step") / 2).sel(layer=nearest).dropna("layer").values]))
    if nearest:
        ax.legend(loc="upper left", bbox_to_anchor=(1.005, 1.02), handlelength=1.2)


def _short(name: str) -> str:
    """A name that fits, and that Matplotlib takes for no mathematics."""
    text = shown(name)
    text = text if len(text) <= 24 else "…" + text[-23:]
    return text.replace("$", r"\$")


def _edge(ax: Axes, top: float) -> None:
    ax.axhspan(1, top, color=style.VERMILION, alpha=0.08, lw=0)
    ax.axhline(1, color=style.VERMILION, ls="--", lw=1)
    place = {"xycoords": ("axes fraction", "data"), "xytext": (-3, 1), "textcoords": "offset points"}
    ax.annotate("edge", (1, 1), ha="right", va="bottom", color=style.VERMILION, **place)
    ax.set_ylim(top=top)


def _loss(ax: Axes, data: xr.Dataset) -> None:
    at = data.loss.where(np.isfinite(data.loss)).dropna("step")
    drawn = [at.values]
    each = "loss_seen" in data and data.loss_seen.size > 0
    if each:
        seen = data.loss_seen.where(np.isfinite(data.loss_seen))
        ax.plot(seen.step_seen, seen, "-", lw=0.7, color=style.BLUE, alpha=0.7)
        drawn.append(seen.dropna("step_seen").values)
    ax.plot(at.step, at, "o", ms=3, color=style.BLACK)
    values = np.concatenate(drawn)
    if values.size and float(values.min()) > 0:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set(ylabel="loss", title=f"Loss{': of the steps, and (dots)' if each else ''} on the data measured on")


def _apart(ax: Axes, data: xr.Dataset) -> None:
    for window in windows(data):
        ax.plot(window.step, window.rel_l1.where(window.rel_l1 > 0), ".", ms=3, color=style.GREEN)
        kind, rate = str(window.growth.values[-1]), float(window.growth_rate[-1])
        if kind and np.isfinite(rate):
            _fit(ax, window, kind, rate)
        elif kind:
            _named(ax, window, f"{kind}\n{float(window.growth_total[-1]):.2g} times")
    ax.set(yscale="log", ylabel="RelL1", title="Last-bit divergence: the distance of a shadow whose last bits are perturbed")
    ax.margins(x=0.08)


def _fit(ax: Axes, window: xr.Dataset, kind: str, rate: float) -> None:
    """The fitted exponential, over the steps that it was fitted to."""
    fitted = growth(window.rel_l1.values)
    inside = window.isel(step=slice(max(int(fitted.start) - 1, 0), int(fitted.stop)))
    inside = inside.isel(step=np.flatnonzero(inside.rel_l1.values > 0))
    middle = float(np.exp(np.log(inside.rel_l1).mean()))
    colour = style.VERMILION if kind == "amplified" else style.BLACK
    ax.plot(inside.step, middle * np.exp(rate * (inside.step - float(inside.step.mean()))), lw=1, color=colour)
    _named(ax, window, f"{kind}\n{rate:+.2g}/step")


def _named(ax: Axes, window: xr.Dataset, text: str) -> None:
    end = float(window.step[-1]), float(window.rel_l1[-1])
    ax.annotate(text, end, (3, 0), textcoords="offset points", fontsize=6, va="center")


def windows(data: xr.Dataset) -> list[xr.Dataset]:
    """The stretches of steps that a shadow ran beside; the last may be unfinished."""
    seen = data[["rel_l1", "growth", "growth_rate", "growth_total"]].isel(step=np.flatnonzero(data.rel_l1.notnull().values))
    ends = np.flatnonzero(seen.growth.values != "") + 1
    pieces = np.split(np.arange(seen.step.size), ends)
    return [seen.isel(step=piece) for piece in pieces if len(piece)]
