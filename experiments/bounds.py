"""Bounds of the one-layer network for a user's own picture, and the picture's spectrum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import xarray as xr
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive import theorem
from derive.errors import InputError, choose
from experiments import style
from experiments.grey_values import read_grey
from experiments.provenance import provenance
from experiments.runner import labelled
from experiments.store import check_writable, save
from numerics.checks import BOUNDARIES, finite, positive
from numerics.correlation import Correlation
from numerics.spectrum import extreme_eigenvalues, windowed_bounds

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
) -> str:
    """Compute, draw and save; returns the table as text.

    Raises:
        InputError: unreadable picture, bad kernel, boundary or parameter, or a folder that cannot be written.
    """
    folder = out / "bounds"
    check_writable(folder)
    choose("boundary", boundary, dict.fromkeys(BOUNDARIES))
    grey = read_grey(image, white, margin=max(kernel - 1, 0) if boundary == "full" else 0)
    grey = standardised(grey) if standardise else grey
    scale = "mean 0, variance 1" if standardise else "[0, 1]"
    results = bounds_dataset(grey, kernel, a, beta, lr, boundary).assign_attrs(grey=scale)
    record = {"title": TITLE, "preset": "none", "config": {**results.attrs, "image": image.name}, "command": command}
    record |= {"caption": caption(results), **provenance("cpu")}
    with style.styled():
        save(labelled(results, record), render(results), "bounds", record, folder)
    return f"{record['caption']}\nwrote {folder}"


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


def bounds_dataset(grey: np.ndarray, kernel: int, a: float, beta: float, lr: float | None, boundary: str) -> xr.Dataset:
    """The windowed bounds, the large-window limit, and the power spectrum of the picture.

    Without a step size, half the largest one that leaves room for a weight decay is taken.
    """
    image = torch.as_tensor(grey)
    largest = largest_useful_lr(image, kernel, a, beta, boundary)
    lr = lr if lr is not None else min(largest / 2, 1.0)
    windowed = windowed_bounds(image, kernel, a, beta, lr, boundary)
    power = np.abs(np.fft.fftshift(np.fft.fft2(grey))) ** 2
    limit = theorem("5.4").function("numpy", "alpha_bounds")
    limits = limit(a=a, beta=beta, lr=lr, power_min=float(power.min()), power_max=float(power.max()))
    return xr.Dataset(
        {
            "power": (("frequency_y", "frequency_x"), power, {"units": "1"}),
            "windowed": (("side",), np.array(windowed), {"units": "1/time"}),
            "limit": (("side",), np.array([float(v) for v in limits]), {"units": "1/time"}),
        },
        {
            "frequency_y": np.fft.fftshift(np.fft.fftfreq(grey.shape[0])),
            "frequency_x": np.fft.fftshift(np.fft.fftfreq(grey.shape[1])),
            "side": ["alpha_min", "alpha_max"],
        },
        {"kernel": kernel, "a": a, "beta": beta, "lr": lr, "boundary": boundary, "largest_useful_lr": largest, "seeds": "none"},
    )


def largest_useful_lr(image: torch.Tensor, kernel: int, a: float, beta: float, boundary: str) -> float:
    """Step size above which no weight decay is stable; infinite for a = 0 or a flat spectrum."""
    found = extreme_eigenvalues(Correlation(image, kernel, boundary))
    low, high = found.minimum, found.maximum
    if finite("a", a) == 0 or high <= low:
        return float("inf")
    useful = theorem("5.4").function("numpy", "largest_useful_lr")
    return float(useful(a=a, beta=float(positive("beta", beta)), power_min=low, power_max=high))


def render(results: xr.Dataset) -> Figure:
    """The power spectrum, and the stable weight decays with and without the window."""
    figure, (left, right) = style.panels(2, height=2.8)
    greatest = float(results.power.max()) or 1.0  # of a black picture all is 0
    log_power = np.log10(np.maximum(results.power, greatest * 1e-16))
    mesh = left.pcolormesh(results.frequency_x, results.frequency_y, log_power, cmap="cividis", rasterized=True)
    figure.colorbar(mesh, ax=left, label=r"$\log_{10}|\hat I|^2$")
    left.set(xlabel="frequency x (cycles/pixel)", ylabel="frequency y (cycles/pixel)", aspect="equal")
    for find, mark, label in ((np.argmax, "o", "greatest"), (np.argmin, "s", "least")):
        row, column = np.unravel_index(find(results.power.values), results.power.shape)
        spot = float(results.frequency_x[column]), float(results.frequency_y[row])
        left.plot(*spot, mark, mfc="none", color=style.VERMILION, label=label)
    left.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=2)
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
    """The table."""
    at, shape = results.attrs, results.power.shape
    lines = [
        f"{shape[0]}x{shape[1]} picture (grey: {at['grey']}), {at['kernel']}x{at['kernel']} kernel, boundary {at['boundary']}, "
        f"a = {at['a']:g}, beta = {at['beta']:g}, step size {at['lr']:g}. Stable for alpha_min < weight decay < alpha_max:",
        f"{'':<22}{'alpha_min':>14}{'alpha_max':>14}",
    ]
    for name, title in (("windowed", "this kernel (exact)"), ("limit", "large-window limit")):
        low, high = (float(v) for v in results[name])
        lines.append(f"{title:<22}{low:>14.6g}{high:>14.6g}{'' if low < high else '   none is stable'}")
    lines.append(f"For this kernel some weight decay is stable at step sizes below {at['largest_useful_lr']:.4g}.")
    return "\n".join(lines)
