"""A column for each optimiser; loss, normalised sharpness with the theory's bound, and RelL1 of k = 1 and 3 of each network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from experiments import style
from experiments.edges.edge_of_optimizers_setting import FULL

COLOURS = (style.BLUE, style.ORANGE, style.VERMILION, style.GREEN)
TOP = 2.0
"""Normalised sharpness that the axes end at."""


def grid(results: xr.Dataset) -> Figure:
    """The whole figure; colours are batch sizes."""
    nets, names = results.net.values, results.optimizer.values
    figure = Figure(figsize=(style.WIDE, 4.2 * len(nets) + 0.4))
    axes = figure.subplots(3 * len(nets), len(names), squeeze=False, sharex=True, sharey="row")
    for n, net in enumerate(nets):
        for column, name in enumerate(names):
            loss, sharpness, apart = axes[3 * n : 3 * n + 3, column]
            at = results.sel(net=net, optimizer=name)
            _loss(loss, at, f"{name}, lr {float(at.lr):.3g}")
            _sharpness(sharpness, at)
            _apart(apart, at)
        for ax, label in zip(axes[3 * n : 3 * n + 3, 0], ("loss", "sharpness / edge", "RelL1, k = 1 and 3"), strict=True):
            ax.set_ylabel(f"{net}\n{label}")
        axes[3 * n, 0].legend(fontsize="x-small")
        axes[3 * n + 1, 0].legend(fontsize="x-small")
    for ax in axes[-1]:
        ax.set_xlabel("step")
    return figure


def _runs(at: xr.Dataset) -> Iterator[tuple[str, str, xr.Dataset]]:
    """(label, colour, run) of every batch size there is."""
    for colour, size in zip(COLOURS, at.batch.values, strict=False):
        run = at.sel(batch=size)
        if bool(run.loss.notnull().any()):
            yield ("full batch" if size == FULL else f"batch {size}"), colour, run


def _loss(ax: Axes, at: xr.Dataset, title: str) -> None:
    for label, colour, run in _runs(at):
        ax.plot(run.measured, run.loss, color=colour, lw=0.9, label=label)
    ax.set(yscale="log", title=title)
    if float(at.loss.max()) > 10 * float(at.loss.min()):  # otherwise there is hardly a power of ten to label
        ax.yaxis.set_minor_formatter(NullFormatter())


def _sharpness(ax: Axes, at: xr.Dataset) -> None:
    for n, (_, colour, run) in enumerate(_runs(at)):
        ax.plot(run.measured, run.normalised, color=colour, lw=0.9)
        ax.plot(run.measured, run.minibatch, ":", color=colour, lw=0.9, label="of mini-batches" if n == 1 else None)
        if bool(run.theory.notnull().any()):
            ax.plot(run.measured, run.theory, "-.", color=style.PURPLE, lw=0.9, label="PDE, layer-wise")
    ax.axhline(1, color=style.BLACK, ls="--", lw=0.8, label="edge")
    ax.set(ylim=(0, TOP))


def _apart(ax: Axes, at: xr.Dataset) -> None:
    for _, colour, run in _runs(at):
        ax.plot(run.step, run.rel_l1, color=colour, lw=0.7)
    ax.set(yscale="log", ylim=(1e-9, 4))


def numbers(results: xr.Dataset, late: xr.Dataset) -> str:
    """By network and optimiser, in words."""
    return " ".join(_of_net(results.sel(net=net), late.sel(net=net)) for net in results.net.values)


def _of_net(at: xr.Dataset, late: xr.Dataset) -> str:
    parts = [_of_optimizer(at.sel(optimizer=name), late.sel(optimizer=name)) for name in at.optimizer.values]
    return f"{at.net.item()}: {'; '.join(parts)}."


def _of_optimizer(at: xr.Dataset, late: xr.Dataset) -> str:
    runs = [_of_run(label, run, late.sel(batch=run.batch.item())) for label, _, run in _runs(at)]
    return f"{at.optimizer.item()} at lr {float(at.lr):.4g}: {', '.join(runs)}"


def _of_run(label: str, run: xr.Dataset, late: xr.Dataset) -> str:
    names = (("minibatch", "along mini-batch gradients"), ("theory", "PDE"))
    beside = [f"{what} {float(late[name]):.2g}" for name, what in names if np.isfinite(late[name])]
    sharp = _settled(run, late) if np.isfinite(late.normalised) else _lost(run)
    return f"{label} {sharp} ({'; '.join([*beside, *_crossed(run), _rates(run)])})"


def _settled(run: xr.Dataset, late: xr.Dataset) -> str:
    return f"{float(late.normalised):.2f}, {float(run.normalised[-1]):.2f} at the end"


def _lost(run: xr.Dataset) -> str:
    return f"blew up after step {int(run.measured[int(run.loss.notnull().sum()) - 1])}"


def _crossed(run: xr.Dataset) -> list[str]:
    """Where the edge was first found crossed; Adam begins beyond it, and counts from where it has come below."""
    below = np.maximum.accumulate(run.normalised.values < 1)
    beyond = run.measured.values[below & (run.normalised.values > 1)]
    return [f"crosses by step {beyond[0]}"] if len(beyond) else []


def _rates(run: xr.Dataset) -> str:
    low, rate, high = float(run.growth_low), float(run.growth_rate), float(run.growth_high)
    if not np.isfinite(rate):
        return f"RelL1 {run.growth.item()}"
    return f"RelL1 {run.growth.item()}, {rate:.2g} ({low:.2g} to {high:.2g}) per step from step {float(run.growth_start):.0f}"
