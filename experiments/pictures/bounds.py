"""Bounds of the one-layer network for a user's own picture, and the picture's spectrum."""

from __future__ import annotations

from hashlib import file_digest
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive import theorem
from derive.errors import InputError, choose
from derive.reports.as_json import written
from experiments import style
from experiments.pictures.grey_values import read_grey
from experiments.pictures.power_spectrum import draw_power, power_spectrum
from experiments.running.progress import PATIENCE, Report, bar, silent
from experiments.running.provenance import provenance
from experiments.running.runner import labelled
from experiments.running.store import check_writable, save
from numerics.common.checks import BOUNDARIES, finite, positive
from numerics.pdes.correlation import Correlation
from numerics.pdes.spectrum import Extremes, bounds_of, extreme_eigenvalues

TITLE = "Bounds for a picture"


def run_bounds(
    image: Path,
    kernel: int,
    a: float,
    beta: float,
    lr: float | None,
    boundary: str,
    standardise: bool,
    white: float | None,
    out: Path,
    command: str,
    json: bool = False,
) -> str:
    """Compute, draw and save; returns the table as text, or for programs (docs/json.md).

    Raises:
        InputError: unreadable picture, bad kernel, boundary or parameter, or a folder that cannot be written.
    """
    folder = out / "bounds"
    check_writable(folder)
    choose("boundary", boundary, dict.fromkeys(BOUNDARIES))
    grey = read_grey(image, white, margin=max(kernel - 1, 0) if boundary == "full" else 0)
    grey = standardised(grey) if standardise else grey
    scale = "mean 0, variance 1" if standardise else "[0, 1]"
    with bar("bounds", PATIENCE) as report:
        results = bounds_dataset(grey, kernel, a, beta, lr, boundary, report).assign_attrs(grey=scale)
    record = {
        "title": TITLE,
        "preset": "none",
        "config": {**results.attrs, "image": image.name, "image_sha256": _sha256(image)},
        "command": command,
    }
    record |= {"caption": caption(results), **provenance("cpu")}
    with style.styled():
        save(labelled(results, record), render(results), "bounds", record, folder)
    return written(_keys(results, image, folder)) if json else f"{record['caption']}\nwrote {folder}"


def _keys(results: xr.Dataset, image: Path, folder: Path) -> dict[str, Any]:
    """What docs/json.md lists."""
    told = ("grey", "kernel", "boundary", "a", "beta", "lr")
    useful = results.attrs["largest_useful_lr"]
    return {
        "image": image.name,
        "shape": [int(side) for side in results.attrs["shape"]],
        **{key: results.attrs[key] for key in told},
        "windowed": results.windowed.values.tolist(),
        "limit": results.limit.values.tolist(),
        "largest_useful_lr": useful if isfinite(useful) else None,
        "folder": str(folder),
    }


def _sha256(image: Path) -> str:
    with image.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def standardised(grey: np.ndarray) -> np.ndarray:
    """Shifted and scaled to mean 0 and variance 1.

    Raises:
        InputError: all pixels are equal.
    """
    if grey.max() == grey.min():
        raise InputError(
            "expected a picture with at least two grey values to standardise, got a flat one; leave --standardise out"
        )
    return (grey - grey.mean()) / grey.std()


def bounds_dataset(
    grey: np.ndarray, kernel: int, a: float, beta: float, lr: float | None, boundary: str, report: Report = silent
) -> xr.Dataset:
    """The windowed bounds, the large-window limit, and the power spectrum of the picture.

    Without a step size, half the largest one that leaves room for a weight decay is taken.
    """
    a, beta = finite("a", a), float(positive("beta", beta))
    ends = extreme_eigenvalues(Correlation(torch.as_tensor(grey), kernel, boundary), report)
    largest = largest_useful_lr(ends, a, beta)
    lr = float(positive("lr", lr)) if lr is not None else min(largest / 2, 1.0)
    power = power_spectrum(grey)
    limit = theorem("5.4").function("numpy", "alpha_bounds")
    limits = limit(a=a, beta=beta, lr=lr, power_min=float(power.least), power_max=float(power.greatest))
    attributes = {"kernel": kernel, "a": a, "beta": beta, "lr": lr, "boundary": boundary, "largest_useful_lr": largest}
    return power.assign(
        windowed=(("side",), np.array(bounds_of(ends, a, beta, lr)), {"units": "1/time"}),
        limit=(("side",), np.array([float(v) for v in limits]), {"units": "1/time"}),
        side=["alpha_min", "alpha_max"],
    ).assign_attrs(power.attrs | attributes | {"seeds": "none"})


def largest_useful_lr(extremes: Extremes, a: float, beta: float) -> float:
    """Step size above which no weight decay is stable; infinite for a = 0 or a flat spectrum."""
    if a == 0 or extremes.maximum <= extremes.minimum:
        return float("inf")
    useful = theorem("5.4").function("numpy", "largest_useful_lr")
    return float(useful(a=a, beta=beta, power_min=extremes.minimum, power_max=extremes.maximum))


def render(results: xr.Dataset) -> Figure:
    """The power spectrum, and the stable weight decays with and without the window."""
    figure, (left, right) = style.panels(2, height=2.8)
    draw_power(left, results)
    _draw_intervals(right, results)
    return figure


def _draw_intervals(ax: Axes, results: xr.Dataset) -> None:
    for i, name in enumerate(("windowed", "limit")):
        low, high = (float(v) for v in results[name])
        ax.plot([low, high], [i, i], "|-", color=style.CYCLE[i], ms=14, mew=2, lw=3 if low < high else 0.8)
        text = "stable between the marks" if low < high else "no stable weight decay"
        ax.text(0.02, i + 0.15, text, transform=ax.get_yaxis_transform())
    least = min(float(results.windowed.min()), float(results.limit.min()))
    ax.set_xscale("log") if least > 0 else ax.set_xscale("symlog", linthresh=1 / results.attrs["lr"])
    ax.xaxis.set_major_locator(
        ticker.LogLocator(numticks=5) if least > 0 else ticker.SymmetricalLogLocator(base=10, linthresh=1 / results.attrs["lr"])
    )
    ax.set(yticks=[0, 1], yticklabels=[f"{results.attrs['kernel']}x{results.attrs['kernel']}", "limit"], ylim=(-0.5, 1.6))
    ax.set(xlabel=r"weight decay $\alpha$ (1/time)", ylabel="kernel")


def caption(results: xr.Dataset) -> str:
    """Bounds of this kernel and of large ones as a table of text, and from which step size on there are none."""
    at, shape = results.attrs, results.attrs["shape"]
    lines = [
        f"{shape[0]}x{shape[1]} picture (grey: {at['grey']}), {at['kernel']}x{at['kernel']} kernel, boundary {at['boundary']}, "
        f"a = {at['a']:g}, beta = {at['beta']:g}, step size {at['lr']:g}. Stable for alpha_min < weight decay < alpha_max:",
        f"{'':<22}{'alpha_min':>14}{'alpha_max':>14}",
    ]
    for name, title in (("windowed", "this kernel (exact)"), ("limit", "large-window limit")):
        low, high = (float(v) for v in results[name])
        lines.append(f"{title:<22}{low:>14.6g}{high:>14.6g}{'' if low < high else '   none is stable'}")
    largest = at["largest_useful_lr"]
    steps = f"step sizes below {largest:.4g}" if largest < float("inf") else "every step size"
    lines.append(f"For this kernel some weight decay is stable at {steps}.")
    return "\n".join(lines)
