"""Nonlinear PDE at the edge of stability: step size times sharpness along the run.

Source: Fig 6.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive import stability
from derive.schemes.optimizers import optimizers
from experiments import style
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import Report
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.flows import nonlinear, nonlinear_loss
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict

TITLE = "Nonlinear PDE: step size times sharpness"


@dataclass(frozen=True)
class Config:
    """The setting of Fig 5: weight decay, step sizes, iterations; the sharpness is measured every `every` of them."""

    setting: NonlinearSetting = field(default_factory=NonlinearSetting)
    alpha: float = 20.0
    lrs: tuple[float, ...] = (0.01, 0.03, 0.05, 0.07, 0.09, 0.1, 0.11)
    iterations: int = 1000
    every: int = 5
    settled: int = 200


PRESETS = {
    "smoke": Config(NonlinearSetting(image=48, kernel=8), alpha=2.0, lrs=(0.1, 0.5, 0.8, 1.1), iterations=400, settled=100),
    "default": Config(),
    "paper": Config(every=1),
}


def edge() -> float:
    """Step size times curvature at which gradient descent loses stability, from the derived condition."""
    interval = stability(optimizers["gd"]).solve("curvature")
    rate = next(iter(interval.sup.free_symbols))
    return float(interval.sup * rate)


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Loss, sharpness and verdict of every step size."""
    setting, operator = config.setting, config.setting.correlation(device)
    flow = nonlinear(operator, config.alpha, setting.beta, setting.y)
    loss = nonlinear_loss(operator, config.alpha, setting.beta, setting.y)
    lrs = torch.tensor(config.lrs, dtype=torch.float64, device=device)[:, None, None]
    start = setting.start(device).expand(len(config.lrs), -1, -1)
    observers = {"loss": lambda state, _: loss(state), "sharpness": lambda state, _: flow_sharpness(flow, state)}
    path = simulate(flow, start, lrs, config.iterations, observe=observers, every=config.every, progress=report)
    judged = simulate(flow, start, lrs, config.iterations, observe=motion_observers())
    sharpness = path.records["sharpness"].numpy()
    return xr.Dataset(
        {
            "loss": (("iteration", "lr"), path.records["loss"].cpu().numpy(), {"units": "1"}),
            "normalised": (("iteration", "lr"), sharpness * np.array(config.lrs), {"units": "1"}),
            "verdict": (("lr",), verdict(judged.records)),
        },
        {"iteration": path.steps.numpy(), "lr": ("lr", list(config.lrs), {"units": "time"})},
        {
            "edge": edge(), "lr_edge": setting.edge(config.alpha).lr_edge, "seeds": setting.seed, "alpha": config.alpha,
            "settled": config.settled,
        },
    )  # fmt: skip


def settled(results: xr.Dataset) -> xr.DataArray:
    """Greatest normalised sharpness once the start is forgotten, by step size; NaN for a run that blew up."""
    late = results.normalised.where(results.iteration >= results.attrs["settled"], drop=True)
    return late.max("iteration", skipna=False)


def render(results: xr.Dataset) -> Figure:
    """Normalised sharpness through time, and its greatest value against the step size with the two predicted edges."""
    figure, axes = style.panels(2)
    colours = dict(zip(results.lr.values, np.array(style.CYCLE)[np.arange(results.lr.size) % len(style.CYCLE)], strict=True))
    for lr in sorted(results.lr.values, reverse=True):  # the wildest behind the calm ones
        at, kind = results.sel(lr=lr), str(results.verdict.sel(lr=lr).values)
        axes[0].plot(results.iteration, at.normalised, color=colours[lr], lw=0.7, label=f"{lr:g}: {kind}")
    axes[0].axhline(results.attrs["edge"], color=style.BLACK, ls="--", lw=1)
    axes[0].set(xlabel="iteration", ylabel="step size x sharpness", xlim=(0, 2 * results.attrs["settled"]))
    top = 1.6 * float(results.normalised.where(np.isfinite(results.normalised)).max())
    axes[0].set(ylim=(0, top), title=f"weight decay {results.attrs['alpha']:g}")  # room for the legend
    axes[0].legend(title="step size", ncols=2, loc="upper center", fontsize="small")
    _draw_greatest(axes[1], results)
    return figure


def _draw_greatest(ax: Axes, results: xr.Dataset) -> None:
    greatest = settled(results)
    for kind, marker in style.VERDICT_MARKERS.items():
        of_kind = greatest.where(results.verdict == kind, drop=True)
        ax.plot(of_kind.lr, of_kind, marker, color=style.VERDICT_COLOURS[kind], label=kind, ls="none")
    ax.axhline(results.attrs["edge"], color=style.BLACK, ls="--", lw=1, label=f"edge of stability: {results.attrs['edge']:g}")
    ax.axvline(results.attrs["lr_edge"], color=style.BLACK, lw=1, label=f"predicted step size: {results.attrs['lr_edge']:.4f}")
    ax.set(xlabel="step size (time)", ylabel="greatest, once settled", title=f"from iteration {results.attrs['settled']} on")
    ax.legend()


def caption(results: xr.Dataset) -> str:
    """Greatest normalised sharpness by step size, beside the edge."""
    greatest = settled(results)
    listed = ", ".join(
        f"{float(lr):g} {float(greatest.sel(lr=lr)):.4g} ({kind})"
        for lr, kind in zip(results.lr, results.verdict.values, strict=True)
    )
    at = results.attrs
    return (
        f"Step size times largest Hessian eigenvalue of the nonlinear PDE, weight decay {at['alpha']:g}, seed "
        f"{at['seeds']}, float64. The edge {at['edge']:g} is derived; the step size at which the fixed point reaches it is "
        f"{at['lr_edge']:.5f}. Greatest value from iteration {at['settled']} on, by step size: {listed}."
    )
