"""Heat equation below and above its CFL bound.

Source: Fig 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from derive.derivations import heat as theory
from derive.fields.phases import COSINES
from derive.fields.symbols import diffusivity, dx, lr
from experiments import style
from experiments.running.progress import Report
from numerics.pdes.flows import heat
from numerics.pdes.simulate import simulate

TITLE = "Heat equation below and above the CFL bound"


@dataclass(frozen=True)
class Config:
    """Points, height of the triangle, the two ratios dt/dx^2 and the times at which each is drawn."""

    points: int = 31
    height: float = 1.5
    ratios: tuple[float, float] = (0.4, 0.8)
    times: tuple[tuple[float, ...], tuple[float, ...]] = ((0, 0.8, 2.4, 4, 40, 200, 800), (0, 0.8, 2.4, 4))


PRESETS = {"smoke": Config(), "default": Config(), "paper": Config()}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Simulate both ratios; sample the exact solution at the same times."""
    parts = {}
    for name, ratio, times in zip(("stable", "unstable"), config.ratios, config.times, strict=True):
        parts[f"u_{name}"] = ((f"time_{name}", "x"), _simulated(config, ratio, times, device), {"units": "1"})
        parts[f"exact_{name}"] = ((f"time_{name}", "x"), _exact(config, np.array(times)), {"units": "1"})
    coordinates = {f"time_{n}": np.array(t, float) for n, t in zip(("stable", "unstable"), config.times, strict=True)}
    coordinates["x"] = np.arange(config.points, dtype=float)
    factors = [_largest_factor(ratio) for ratio in config.ratios]
    return xr.Dataset(parts, coordinates, {"ratios": list(config.ratios), "factors": factors, "seeds": "none"})


def _triangle(config: Config) -> np.ndarray:
    half = (config.points - 1) / 2
    return config.height * (1 - np.abs(np.arange(config.points) - half) / half)


def _simulated(config: Config, ratio: float, times: tuple[float, ...], device: str) -> np.ndarray:
    start = torch.as_tensor(_triangle(config), device=device)
    steps = np.rint(np.array(times) / ratio).astype(int)
    path = simulate(heat(), start, ratio, int(steps.max()), observe={"u": lambda u, _: u})
    return path.records["u"][steps].cpu().numpy()


def _exact(config: Config, times: np.ndarray, modes: int = 400) -> np.ndarray:
    """Sine series of the triangle with zero ends: amplitudes 8 h / (pi n)^2 sin(n pi / 2)."""
    length, n = config.points - 1, np.arange(1, modes + 1)
    amplitudes = 8 * config.height / (np.pi * n) ** 2 * np.sin(n * np.pi / 2)
    waves = np.sin(np.pi * n[:, None] * np.arange(config.points) / length)
    return (amplitudes * np.exp(-np.outer(times, (np.pi * n / length) ** 2))) @ waves


def _largest_factor(ratio: float) -> float:
    """Amplification factor of the shortest wave, theta = pi, as derived."""
    return float(theory.amplifier(1).subs({lr: ratio, dx: 1, diffusivity: 1, COSINES[0]: -1}))


def render(results: xr.Dataset) -> Figure:
    """Two panels: stable and unstable; the exact solution thin behind."""
    figure, axes = style.panels(2)
    for ax, name, ratio in zip(axes, ("stable", "unstable"), results.attrs["ratios"], strict=True):
        for i, time in enumerate(results[f"time_{name}"].values):
            colour = style.CYCLE[i % len(style.CYCLE)]
            ax.plot(results.x, results[f"exact_{name}"][i], color=colour, lw=2.5, alpha=0.25)
            ax.plot(results.x, results[f"u_{name}"][i], color=colour, label=f"t = {time:g}")
        ax.set(xlabel="x (grid points)", ylabel="u(t, x)", title=rf"$\Delta t/\Delta x^2 = {ratio}$: {name}")
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def caption(results: xr.Dataset) -> str:
    """Settings, the worst mode's factor, and the bound."""
    low, high = results.attrs["factors"]
    return (
        f"Heat equation on {results.sizes['x']} points with u = 0 at both ends, forward Euler. Wide pale lines: exact "
        f"solution. The derived amplification factor of the shortest wave is {low:.2f} at dt/dx^2 = "
        f"{results.attrs['ratios'][0]} and {high:.2f} at {results.attrs['ratios'][1]}; the derived bound is 1/2."
    )
