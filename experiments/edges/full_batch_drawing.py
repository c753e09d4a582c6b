"""Full-batch runs as a grid of pictures: a row for every network; loss, normalised sharpness, distance of the perturbed run."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from experiments import style
from experiments.edges.full_batch import ACTIVATION
from numerics.nets.named import activations_of

FLOOR = 1e-17
"""Below it the axis of RelL1 is linear, down to 0."""
MARKS = {"stable": "-", "restrained": "-", "unstable": ":"}


def grid(results: xr.Dataset) -> Figure:
    """Loss at every step, step size times sharpness with the edge, RelL1 of k = 1 and k; one colour for a step size."""
    perturbed = results.attrs["k"] > 1
    figure = Figure(figsize=(style.WIDE, 1.9 * results.net.size + 0.5))
    axes = figure.subplots(results.net.size, 2 + perturbed, squeeze=False, sharex=True)
    for row, net in zip(axes, results.net.values, strict=True):
        at = results.sel(net=net)
        _loss(row[0], at, str(net))
        _sharpness(row[1], at)
        if perturbed:
            _apart(row[2], at)
    for ax in axes[-1]:
        ax.set_xlabel("iteration")
    return figure


def _colour(number: int) -> str:
    return style.CYCLE[number % len(style.CYCLE)]


def _loss(ax: Axes, at: xr.Dataset, net: str) -> None:
    for n, lr in enumerate(at.lr.values):
        curve, kind = at.loss.sel(lr=lr), str(at.verdict.sel(lr=lr).values)
        ax.plot(at.iteration, curve, MARKS[kind], color=_colour(n), lw=0.8, label=f"{lr:g}: {kind}")
    ax.set(ylabel="loss", title=net, yscale="log")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(title="step size", fontsize="x-small", title_fontsize="x-small")


def _sharpness(ax: Axes, at: xr.Dataset) -> None:
    for n, lr in enumerate(at.lr.values):
        ax.plot(at.measured, at.normalised.sel(lr=lr), color=_colour(n), lw=0.8)
    ax.axhline(at.attrs["edge"], color=style.BLACK, ls="--", lw=1)
    ax.set(ylabel="step size x sharpness", yscale="log")
    ax.annotate(
        f"edge: {at.attrs['edge']:g}", (0.98, at.attrs["edge"]), xycoords=("axes fraction", "data"), ha="right", va="bottom"
    )


def _apart(ax: Axes, at: xr.Dataset) -> None:
    for n, lr in enumerate(at.lr.values):
        ax.plot(at.measured, at.rel_l1.sel(lr=lr), color=_colour(n), lw=0.8)
    ax.set_yscale("symlog", linthresh=FLOOR)  # it reaches 0 exactly
    ax.set(ylabel=f"RelL1 of k = 1 and k = {at.attrs['k']}", ylim=(-FLOOR / 4, 10), yticks=[0, *(10.0 ** np.arange(-16, 1, 4))])
    ax.yaxis.set_minor_locator(NullLocator())


def verdicts(results: xr.Dataset) -> str:
    """Verdicts by network and step size, with the greatest settled sharpness, in words."""
    return "; ".join(f"{net}: {_of_net(results.sel(net=net))}" for net in results.net.values)


def _of_net(at: xr.Dataset) -> str:
    late = at.normalised.isel(measured=slice(at.measured.size // 2, None)).max("measured", skipna=False)
    parts = zip(at.lr.values, at.verdict.values, late.values, strict=True)
    return ", ".join(f"{lr:g} {kind} (sharpness up to {value:.2f})" for lr, kind, value in parts)


def active(results: xr.Dataset) -> str:
    """The activations of the networks, by the names of what is in them."""
    beta = float(results.attrs["beta"])
    return " and ".join(
        dict.fromkeys(name for net in results.net.values for name in activations_of(str(net), ACTIVATION, beta))
    )


def setting(results: xr.Dataset, printed: str) -> str:
    """Data, seeds and precision, in words; `printed` are the data of the paper."""
    at = results.attrs
    return f"{images(results, printed)}, full batch, weight decay {at['alpha']:g}, seed {at['seeds']}, {at['dtype']}"


def images(results: xr.Dataset, printed: str) -> str:
    """Which data, how many images, and that they stand in for the paper's where they are others."""
    at = results.attrs
    instead = "" if at["data"] == printed else f" in place of the paper's {printed}"
    return f"{at['data']}{instead}, {at['images']} images"
