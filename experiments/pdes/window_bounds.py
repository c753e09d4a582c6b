"""Bounds on the weight decay against the size of the window, for every boundary, beside those of Thm 5.4.

Source: the conjecture after Eq 19.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from derive import theorem
from experiments import style
from experiments.running.progress import Report
from numerics.common.checks import BOUNDARIES
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.power import continuous_extremes, grid_extremes
from numerics.pdes.spectrum import extreme_eigenvalues

TITLE = "Bounds of finite windows against the window's size"
SIDES = ("alpha_min", "alpha_max")
LIMITS = {"grid": grid_extremes, "continuous": continuous_extremes}
LIMIT_OF = {"valid": "grid", "circular": "grid", "full": "continuous"}
"""Whose frequencies the limit of a boundary is taken over."""

RESOLUTION = 1e-8
"""Error of an eigenvalue over the largest one, below which the lower eigenvalues are drawn as zero."""


@dataclass(frozen=True)
class Config:
    """Images and their size, window sizes, parameters of the linear PDE, seed of the random images."""

    pictures: tuple[str, ...] = ("checkerboard", "noise", "natural")
    image: int = 48
    windows: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 25, 28, 32, 36, 40, 44, 48)
    a: float = -0.5
    beta: float = 1.0
    seed: int = 0


PRESETS = {
    "smoke": Config(image=12, windows=(1, 2, 4, 6, 7, 9, 12)),
    "default": Config(),
    "paper": Config(("checkerboard",), image=256, windows=(1, 2, 4, 8, 16, 32, 64, 96, 128, 160, 192, 224, 256)),
}


def noise(config: Config) -> Tensor:
    """Independent standard normal pixels."""
    generator = torch.Generator().manual_seed(config.seed)
    return torch.randn(config.image, config.image, generator=generator, dtype=torch.float64)


def natural(config: Config) -> Tensor:
    """Noise whose amplitude falls as 1/frequency, as that of photographs does, as grey values from 0 on, of variance 1."""
    axis = torch.fft.fftfreq(config.image, 1 / config.image, dtype=torch.float64)
    distance = (axis[:, None] ** 2 + axis**2).sqrt()
    distance[0, 0] = torch.inf
    image = torch.fft.ifft2(torch.fft.fft2(noise(config)) / distance).real
    return (image - image.min()) / image.std()


IMAGES: dict[str, Callable[[Config], Tensor]] = {
    "checkerboard": lambda config: checkerboard(config.image),
    "noise": noise,
    "natural": natural,
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Extreme eigenvalues of every image, boundary and window; the bounds that follow, and the limit's."""
    images = {name: IMAGES[name](config).to(device) for name in config.pictures}
    eigenvalues = np.empty((len(images), len(BOUNDARIES), len(config.windows), 2))
    work = list(np.ndindex(*eigenvalues.shape[:3]))
    for done, at in enumerate(work):
        report(done, len(work))
        ends = extreme_eigenvalues(Correlation(list(images.values())[at[0]], config.windows[at[2]], BOUNDARIES[at[1]]))
        eigenvalues[at] = ends.minimum, ends.maximum
    power = np.array([[tuple(extremes(image)) for extremes in LIMITS.values()] for image in images.values()])
    lr = np.array([step_size(config, *extremes) for extremes in power[:, 1]])
    data = {
        "eigenvalue": (("picture", "boundary", "window", "end"), eigenvalues, {"units": "image^2"}),
        "power": (("picture", "limit", "end"), power, {"units": "image^2"}),
        "lr": (("picture",), lr, {"units": "time"}),
        "bound": (("picture", "boundary", "window", "side"), bounds(config, lr, eigenvalues), {"units": "1/time"}),
        "limit_bound": (("picture", "limit", "side"), bounds(config, lr, power), {"units": "1/time"}),
    }
    coordinates = {"picture": list(images), "boundary": list(BOUNDARIES), "window": list(config.windows)}
    coordinates |= {"limit": list(LIMITS), "end": ["least", "greatest"], "side": list(SIDES)}
    return xr.Dataset(data, coordinates, {"seeds": config.seed, "image": config.image, "a": config.a, "beta": config.beta})


def step_size(config: Config, least: float, greatest: float) -> float:
    """Half the largest one that leaves room for a weight decay in the limit."""
    largest = theorem("5.4").function("numpy", "largest_useful_lr")
    return float(largest(a=config.a, beta=config.beta, power_min=least, power_max=greatest)) / 2


def bounds(config: Config, lr: np.ndarray, extremes: np.ndarray) -> np.ndarray:
    """(alpha_min, alpha_max) of (..., 2) extremes, a step size per image."""
    function = theorem("5.4").function("numpy", "alpha_bounds")
    steps = lr.reshape(-1, *[1] * (extremes.ndim - 2))
    least, greatest = np.moveaxis(extremes, -1, 0)
    edges = function(a=config.a, beta=config.beta, lr=steps + 0 * least, power_min=least, power_max=greatest)
    return np.stack(edges, -1)


def render(results: xr.Dataset) -> Figure:
    """A column per image, a row per bound; the step size's own 2/dt taken off the upper one, which hides the rest."""
    figure = Figure(figsize=(style.WIDE, 4.2))
    grid = figure.subplots(2, len(results.picture), sharex=True, squeeze=False)
    for column, picture in zip(grid.T, results.picture.values, strict=True):
        for ax, side in zip(column, SIDES, strict=True):
            _draw(ax, results.sel(picture=picture), side)
        column[0].set_title(str(picture))
        column[1].set_xlabel("window side w (cells)")
    grid[0, 0].set_ylabel(r"$\alpha_{\min}$ (1/time)")
    grid[1, 0].set_ylabel(r"$\alpha_{\max} - 2/\Delta t$ (1/time)")
    figure.legend(*grid[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=style.columns(6))
    return figure


def _draw(ax: Axes, at: xr.Dataset, side: str) -> None:
    """One bound of one image: a line per boundary, a horizontal one per limit; what is not resolved lies on the band's top."""
    shift = 2 / float(at.lr) if side == "alpha_max" else 0.0
    floor = RESOLUTION * abs(at.attrs["a"]) * at.attrs["beta"] / 2 * float(at.eigenvalue.max())
    for boundary, marker in zip(at.boundary.values, "osx", strict=True):
        values = np.maximum(at.bound.sel(boundary=boundary, side=side) - shift, floor)
        ax.plot(at.window, values, marker=marker, ms=3, mfc="none", label=boundary)
    for limit, line in zip(at.limit.values, ("--", ":"), strict=True):
        level = max(float(at.limit_bound.sel(limit=limit, side=side)) - shift, floor)
        ax.axhline(level, color=style.BLACK, ls=line, lw=0.9, label=f"Thm 5.4, {limit}")
    ax.set_yscale("log")
    if side == "alpha_max":
        ax.axhspan(floor / 10, floor, color="#DDDDDD", label="0 or not resolved")
        ax.set_ylim(bottom=floor / 10)


def unresolved(results: xr.Dataset) -> xr.DataArray:
    """Error of the eigenvalues of each image, boundary and window."""
    return RESOLUTION * results.eigenvalue.sel(end="greatest")


def violations(results: xr.Dataset, picture: str, boundary: str) -> list[int]:
    """Windows whose eigenvalues leave the limit's range by more than their error: a bound lies inside the limit's."""
    at = results.sel(picture=picture, boundary=boundary)
    power = at.power.sel(limit=LIMIT_OF[boundary])
    slack = unresolved(results).sel(picture=picture, boundary=boundary) + 1e-12 * float(power.max())
    low, high = at.eigenvalue.sel(end="least"), at.eigenvalue.sel(end="greatest")
    outside = (low < power.sel(end="least") - slack) | (high > power.sel(end="greatest") + slack)
    return [int(w) for w in at.window.values[outside.values]]


def caption(results: xr.Dataset) -> str:
    """For every image: how near each boundary comes to the limit, and where the conjectured order fails."""
    at = results.attrs
    pairs = [(str(p), str(b)) for p in results.picture.values for b in results.boundary.values]
    return (
        f"Bounds on the weight decay of the windowed linear PDE against the window's side w, {at['image']}^2 images, a = "
        f"{at['a']:g}, beta = {at['beta']:g}, seed {at['seeds']}, float64. Lines of Thm 5.4: extremes of |Ihat|^2 over "
        "the grid's frequencies (valid, circular) and over all (full). The greatest eigenvalue as a share of the limit's, "
        "at the first window, the greatest of all, at the last window; and where a bound lies inside the limit's:\n"
        + "\n".join(_line(results, *pair) for pair in pairs)
    )


def _line(results: xr.Dataset, picture: str, boundary: str) -> str:
    at = results.sel(picture=picture, boundary=boundary)
    share = (at.eigenvalue.sel(end="greatest") / at.power.sel(limit=LIMIT_OF[boundary], end="greatest")).values
    best, wrong = int(share.argmax()), violations(results, picture, boundary)
    inside = f"inside at w = {', '.join(map(str, wrong))}" if wrong else "never inside"
    shares = f"{share[0]:.3g}, {share[best]:.3g} (w = {int(at.window[best])}), {share[-1]:.3g}"
    return f"{picture}, {boundary}: {shares}; {inside}"
