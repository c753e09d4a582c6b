"""Nonlinear PDE: stable, restrained and unstable step sizes, and what becomes of a last-bit perturbation.

Source: Fig 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from math import ceil, log2

import matplotlib as mpl
import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from torch import Tensor

from experiments import style
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import Report, part
from numerics.common.bracketing import Bracket, bisect
from numerics.measures.distance import relative_l1
from numerics.pdes.flows import nonlinear, nonlinear_loss
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import NAMES, STABLE, motion_observers, verdict, verdict_codes

TITLE = "Nonlinear PDE: stable, restrained, unstable"
FLOOR = 1e-17
"""Below it the axis of RelL1 is linear, down to 0."""


@dataclass(frozen=True)
class Config:
    """The setting, weight decay, step sizes, perturbation k, iterations, and the moving average drawn."""

    setting: NonlinearSetting = field(default_factory=NonlinearSetting)
    alpha: float = 20.0
    lrs: tuple[float, ...] = (0.01, 0.03, 0.05, 0.07, 0.09, 0.1, 0.11)
    k: int = 3
    iterations: int = 1000
    average: int = 100
    rtol: float = 0.05


PRESETS = {
    "smoke": Config(NonlinearSetting(image=48, kernel=8), alpha=2.0, lrs=(0.1, 0.5, 0.8, 1.1), iterations=400, average=40),
    # 32^2 outputs, half of them of each sign, as the theory has it: the edges are those of 256, with 225^2 outputs, to 1e-5.
    "default": Config(NonlinearSetting(image=63)),
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
        "loss": lambda kernel, _: loss(kernel[0]),
        "rel_l1": lambda kernel, _: relative_l1(kernel[0], kernel[1], dims=2),
        **motion_observers(),
    }
    flow = nonlinear(operator, config.alpha, setting.beta, setting.y)
    path = simulate(flow, start, lrs, config.iterations, k=ks, observe=observers, progress=part(report, 0, 2))
    kinds = verdict(path.records)
    edges = _edge_by_simulation(config, kinds[0], device, part(report, 1, 2))
    predicted = setting.edge(config.alpha)
    return xr.Dataset(
        {
            "loss": (("iteration", "lr"), path.records["loss"].cpu().numpy(), {"units": "1"}),
            "rel_l1": (("iteration", "lr"), path.records["rel_l1"].cpu().numpy(), {"units": "1"}),
            "verdict": (("k", "lr"), kinds),
        },
        {"iteration": path.steps.numpy(), "k": [1, config.k], "lr": ("lr", list(config.lrs), {"units": "time"})},
        {
            "lr_edge": predicted.lr_edge, "lr_blowup": predicted.lr_blowup, "fixed_point": predicted.fixed_point,
            "lr_edge_low": edges.low, "lr_edge_high": edges.high, "average": config.average, "seeds": setting.seed,
            "alpha": config.alpha,
        },
    )  # fmt: skip


def _edge_by_simulation(config: Config, kinds: np.ndarray, device: str, report: Report) -> Bracket:
    """Largest step size whose run is judged stable, bracketed; starts from the runs there are, `kinds` by step size."""
    setting, operator = config.setting, config.setting.correlation(device)
    flow = nonlinear(operator, config.alpha, setting.beta, setting.y)
    done, rounds = count(), 2 + ceil(log2(1 / config.rtol))  # the ends, the halvings

    def unstable(lrs: Tensor) -> Tensor:
        start = setting.start(device).expand(len(lrs), -1, -1)
        rates, tell = lrs.to(device)[:, None, None], part(report, min(next(done), rounds - 1), rounds)
        path = simulate(flow, start, rates, config.iterations, observe=motion_observers(), progress=tell)
        return verdict_codes(path.records).cpu() != STABLE

    return bisect(unstable, *_straddling(config, kinds), config.rtol)


def _straddling(config: Config, kinds: np.ndarray) -> tuple[float, float]:
    """Neighbouring step sizes of which one is stable and the next is not; else the whole range up to the blow-up."""
    stable = kinds == NAMES[STABLE]
    turns = np.flatnonzero(stable[:-1] & ~stable[1:])
    if len(turns) == 1:
        return config.lrs[turns[0]], config.lrs[turns[0] + 1]
    return 0.1 / config.alpha, 1.8 / config.alpha


def render(results: xr.Dataset) -> Figure:
    """Loss and RelL1 against the iteration; bold: moving average of restrained runs, faint: as computed; the edges below."""
    figure = Figure(figsize=(style.WIDE, 3.9))
    axes = figure.subplot_mosaic([["loss", "rel"], ["edges", "edges"]], height_ratios=[5, 1])
    shades = mpl.colormaps[style.LINES](np.linspace(0, 0.92, results.sizes["lr"]))  # a verdict's colours are those below
    for lr, shade in zip(results.lr.values, shades, strict=True):
        kind = str(results.verdict.sel(lr=lr).values[0])
        _draw(axes["loss"], results, results.loss.sel(lr=lr).values, kind, shade, f"{lr:g}: {kind}")
        _draw(axes["rel"], results, results.rel_l1.sel(lr=lr).values, kind, shade, f"{lr:g}: {kind}")
    axes["loss"].set(xlabel="iteration", ylabel="loss", yscale="log", ylim=(0.1, 1e6))
    axes["loss"].set_title(f"weight decay {results.attrs['alpha']:g}")
    axes["rel"].set_yscale("symlog", linthresh=FLOOR)  # it reaches 0 exactly
    axes["rel"].set(xlabel="iteration", ylabel="RelL1 of k = 1 and k = 3", ylim=(-FLOOR / 4, 10))
    axes["rel"].set(yticks=[0, *(10.0**n for n in range(-16, 1, 4))], title="growth of a last-bit perturbation")
    axes["rel"].yaxis.set_minor_locator(NullLocator())
    axes["loss"].legend(title="step size", loc="center", bbox_to_anchor=(0.5, 0.52), ncols=2)
    _draw_edges(axes["edges"], results)
    return figure


def _draw(ax: Axes, results: xr.Dataset, curve: np.ndarray, kind: str, colour: np.ndarray, label: str) -> None:
    curve = np.where(np.isfinite(curve), curve, np.nan)
    if kind != "restrained":
        ax.plot(results.iteration, curve, color=colour, label=label)
        return
    ax.plot(results.iteration, curve, color=colour, alpha=0.35, lw=0.4)
    # Windows that start within the first one are left out: they would show the start's decay `width` iterations late.
    width = results.attrs["average"]
    mean = np.convolve(curve, np.ones(width) / width, mode="valid")[width:]
    ax.plot(results.iteration[2 * width - 1 :], mean, color=colour, label=label)


def _draw_edges(ax: Axes, results: xr.Dataset) -> None:
    """The step sizes with their verdicts, the predicted edges, and the bracket found by bisection."""
    at = results.attrs
    ax.axvspan(at["lr_edge_low"], at["lr_edge_high"], color=style.SKY, alpha=0.6, lw=0, label="edge, simulated")
    ax.axvline(at["lr_edge"], color=style.BLACK, lw=1, ls="--", label=f"edge, predicted: {at['lr_edge']:.4f}")
    ax.axvline(at["lr_blowup"], color=style.BLACK, lw=1, label=rf"$2/\alpha$ = {at['lr_blowup']:g}")
    for kind, marker in style.VERDICT_MARKERS.items():
        lrs = results.lr.values[results.verdict.values[0] == kind]
        ax.plot(lrs, np.zeros(len(lrs)), marker, color=style.VERDICT_COLOURS[kind], label=kind, ls="none")
    ax.set(xlabel="step size (time)", yticks=[], ylim=(-1, 1))
    ax.spines["left"].set_visible(False)
    ax.legend(ncols=style.columns(6), loc="lower center", bbox_to_anchor=(0.5, 1), columnspacing=1)


def caption(results: xr.Dataset) -> str:
    """Predicted and simulated edges, and the verdicts."""
    kinds = ", ".join(f"{lr:g} {v}" for lr, v in zip(results.lr.values, results.verdict.values[0], strict=True))
    at = results.attrs
    return (
        f"Nonlinear PDE on a checkerboard, weight decay {at['alpha']:g}, seed {at['seeds']}, float64. Verdicts by step size: "
        f"{kinds}. The edge between stable and restrained: {at['lr_edge']:.5f} predicted from the one active mode (at rest at "
        f"kappa = {at['fixed_point']:.4f}), between {at['lr_edge_low']:.5f} and {at['lr_edge_high']:.5f} by bisection on the "
        f"simulation. Restrained runs are drawn as moving averages over {at['average']} iterations, "
        f"left out where they would reach into the first {at['average']}. At {at['lr_blowup']:g} = 2/alpha itself the other "
        "modes change sign for ever; beyond it they grow, and the perturbation stays small beside them."
    )
