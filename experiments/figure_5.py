"""Nonlinear PDE: stable, restrained and unstable step sizes, and what becomes of a last-bit perturbation.

Source: Fig 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor

from experiments import style
from experiments.nonlinear_setting import NonlinearSetting
from experiments.progress import Report
from numerics.distance import relative_l1
from numerics.edge import Bracket, bisect
from numerics.flows import nonlinear, nonlinear_loss
from numerics.simulate import simulate
from numerics.verdict import STABLE, motion_observers, verdict, verdict_codes

TITLE = "Nonlinear PDE: stable, restrained, unstable"


@dataclass(frozen=True)
class Config:
    """The setting, weight decay, step sizes, perturbation k, iterations, and the moving average drawn."""

    setting: NonlinearSetting = field(default_factory=NonlinearSetting)
    alpha: float = 20.0
    lrs: tuple[float, ...] = (0.01, 0.03, 0.05, 0.07, 0.09, 0.11)
    k: int = 3
    iterations: int = 1000
    average: int = 100
    rtol: float = 0.05


PRESETS = {
    "smoke": Config(NonlinearSetting(image=48, kernel=8), alpha=2.0, lrs=(0.1, 0.5, 0.8, 1.1), iterations=400, average=40),
    "default": Config(),
    "paper": Config(rtol=0.001),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Runs with k = 1 and k = 3 side by side; the edge by bisection on the verdict."""
    setting, operator = config.setting, config.setting.correlation(device)
    loss = nonlinear_loss(operator, config.alpha, setting.beta, setting.y)
    lrs = torch.tensor(config.lrs, dtype=torch.float64, device=device)[:, None, None]
    ks = torch.tensor([1.0, config.k], dtype=torch.float64, device=device)[:, None, None, None]
    start = setting.start(device).expand(2, len(config.lrs), -1, -1)
    observers = {
        "loss": lambda kernel, _: loss(kernel),
        "rel_l1": lambda kernel, _: relative_l1(kernel[0], kernel[1], dims=2),
        **motion_observers(),
    }
    flow = nonlinear(operator, config.alpha, setting.beta, setting.y)
    path = simulate(flow, start, lrs, config.iterations, k=ks, observe=observers, progress=report)
    predicted, found = setting.edge(config.alpha), _edge_by_simulation(config, device)
    return xr.Dataset(
        {
            "loss": (("iteration", "k", "lr"), path.records["loss"].cpu().numpy(), {"units": "1"}),
            "rel_l1": (("iteration", "lr"), path.records["rel_l1"].cpu().numpy(), {"units": "1"}),
            "verdict": (("k", "lr"), verdict(path.records)),
        },
        {"iteration": path.steps.numpy(), "k": [1, config.k], "lr": ("lr", list(config.lrs), {"units": "time"})},
        {
            "lr_edge": predicted.lr_edge, "lr_blowup": predicted.lr_blowup, "fixed_point": predicted.fixed_point,
            "lr_edge_low": found.low, "lr_edge_high": found.high, "average": config.average, "seeds": setting.seed,
            "alpha": config.alpha,
        },
    )  # fmt: skip


def _edge_by_simulation(config: Config, device: str) -> Bracket:
    """Largest step size whose run is judged stable, bracketed; starts from the whole range up to the blow-up."""
    setting, operator = config.setting, config.setting.correlation(device)
    flow = nonlinear(operator, config.alpha, setting.beta, setting.y)

    def unstable(lrs: Tensor) -> Tensor:
        start = setting.start(device).expand(len(lrs), -1, -1)
        rates = lrs.to(device)[:, None, None]
        path = simulate(flow, start, rates, config.iterations, observe=motion_observers())
        return verdict_codes(path.records).cpu() != STABLE

    return bisect(unstable, 0.1 / config.alpha, 1.8 / config.alpha, config.rtol)


def render(results: xr.Dataset) -> Figure:
    """Loss and RelL1 against the iteration; bold: moving average of restrained runs, faint: as computed."""
    figure, axes = style.panels(2, height=2.8)
    for i, lr in enumerate(results.lr.values):
        kind = str(results.verdict.sel(lr=lr).values[0])
        curves = (results.loss.sel(lr=lr, k=1).values, results.rel_l1.sel(lr=lr).values)
        for ax, curve in zip(axes, curves, strict=True):
            _draw(ax, results, curve, kind, style.CYCLE[i % 8], f"{lr:g}: {kind}")
    axes[0].set(
        xlabel="iteration", ylabel="loss", yscale="log", ylim=(0.1, 1e6), title=f"weight decay {results.attrs['alpha']:g}"
    )
    axes[1].set(xlabel="iteration", ylabel="RelL1 of k = 1 and k = 3", yscale="log", ylim=(1e-17, 4))
    axes[1].set_title(
        f"predicted: restrained above {results.attrs['lr_edge']:.4f}, unstable above {results.attrs['lr_blowup']:g}"
    )
    axes[1].legend(title="step size", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _draw(ax, results: xr.Dataset, curve: np.ndarray, kind: str, colour: str, label: str) -> None:
    curve = np.where(np.isfinite(curve) & (curve > 0), curve, np.nan)
    if kind != "restrained":
        ax.plot(results.iteration, curve, color=colour, label=label)
        return
    ax.plot(results.iteration, curve, color=colour, alpha=0.35, lw=0.4)
    width = results.attrs["average"]
    mean = np.convolve(curve, np.ones(width) / width, mode="valid")
    ax.plot(results.iteration[width - 1 :], mean, color=colour, label=label)


def caption(results: xr.Dataset) -> str:
    """Predicted and simulated edges, and the verdicts."""
    kinds = ", ".join(f"{lr:g} {v}" for lr, v in zip(results.lr.values, results.verdict.values[0], strict=True))
    at = results.attrs
    return (
        f"Nonlinear PDE on a checkerboard, weight decay {at['alpha']:g}, seed {at['seeds']}, float64. Verdicts by step size: "
        f"{kinds}. The edge between stable and restrained: {at['lr_edge']:.5f} predicted from the one active mode (at rest at "
        f"kappa = {at['fixed_point']:.4f}), between {at['lr_edge_low']:.5f} and {at['lr_edge_high']:.5f} by bisection on the "
        f"simulation. Restrained runs are drawn as moving averages over {at['average']} iterations."
    )
