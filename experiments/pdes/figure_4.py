"""Linear PDE with weight decays inside and outside the bounds.

Source: Fig 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from experiments import style
from experiments.pdes.linear_setting import LinearSetting
from experiments.running.progress import Report
from numerics.pdes.flows import linear
from numerics.pdes.simulate import Flow, Observer, Trajectory, simulate
from numerics.pdes.spectrum import windowed_bounds
from numerics.pdes.verdict import motion_observers, verdict

TITLE = "Linear PDE inside and outside the bounds"


@dataclass(frozen=True)
class Config:
    """The setting, the kernel size, and weight decays as multiples of the nearer predicted edge."""

    setting: LinearSetting = field(default_factory=LinearSetting)
    kernel: int = 32
    iterations: int = 1000
    of_lower_edge: tuple[float, ...] = (0.5, 0.95, 1.05, 2.0)
    of_upper_edge: tuple[float, ...] = (0.5, 0.99, 1.01, 1.5)


PRESETS = {
    "smoke": Config(LinearSetting(image=64, lr=1e-6), kernel=8, iterations=1000),
    # A quarter of the pixels, four times the step: the edges, told relative to themselves, are those of this smaller image.
    "default": Config(LinearSetting(image=128, lr=4e-8)),
    "paper": Config(),
}


def energy(flow: Flow, zero: torch.Tensor) -> Observer:
    """The quadratic loss whose gradient flow is `flow`: with flow(K) = -H K - b it is <K, H K>/2 + <b, K>."""
    constant = flow(zero)
    return lambda kernel, _: -(kernel * (flow(kernel) + constant)).sum(dim=(-2, -1)) / 2


def remembered(flow: Flow) -> Flow:
    """The flow, not evaluated twice in a row at one state: for the loss of a state, and for the step from it."""
    state, value = None, None

    def once(kernel: torch.Tensor) -> torch.Tensor:
        nonlocal state, value
        if value is None or kernel is not state:
            state, value = kernel, flow(kernel)
        return value

    return once


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """All weight decays side by side."""
    setting, operator = config.setting, config.setting.correlation(config.kernel, device)
    low, high = windowed_bounds(operator.image, config.kernel, setting.a, setting.beta, setting.lr)
    alphas = around(low, high, config.of_lower_edge, config.of_upper_edge)
    batch = torch.tensor(alphas, dtype=torch.float64, device=device)[:, None, None]
    flow = remembered(linear(operator, setting.a, setting.beta, batch))
    start = setting.start(config.kernel, device).expand(len(alphas), -1, -1)
    observers = {"loss": energy(flow, torch.zeros_like(start)), **motion_observers()}
    path = simulate(flow, start, setting.lr, config.iterations, observe=observers, progress=report)
    given = {"lr": setting.lr, "kernel": config.kernel, "seeds": setting.seed}
    return judged(path, alphas, "1/time").assign_attrs({"alpha_min": low, "alpha_max": high, **given})


def around(low: float, high: float, of_lower: Sequence[float], of_upper: Sequence[float]) -> list[float]:
    """Weight decays on both sides of two edges, as multiples of the nearer one, ascending."""
    return sorted([*(low * f for f in of_lower), *(high * f for f in of_upper)])


def judged(path: Trajectory, alphas: Sequence[float], unit: str) -> xr.Dataset:
    """Loss and verdict of a run for each weight decay, told in `unit`."""
    return xr.Dataset(
        {
            "loss": (("iteration", "alpha"), path.records["loss"].cpu().numpy(), {"units": "1"}),
            "verdict": (("alpha",), verdict(path.records)),
        },
        {"iteration": path.steps.numpy(), "alpha": ("alpha", alphas, {"units": unit})},
    )


def misjudged(results: xr.Dataset, upper: float) -> list[float]:
    """Weight decays at which the bounds (alpha_min, upper) and the run disagree."""
    inside = (results.alpha > results.attrs["alpha_min"]) & (results.alpha < upper)
    return [float(alpha) for alpha in results.alpha[(results.verdict == "stable") != inside]]


def listed(alphas: list[float]) -> str:
    """For a caption."""
    return ", ".join(f"{alpha:.4g}" for alpha in alphas)


def render(results: xr.Dataset) -> Figure:
    """|loss| on a logarithmic axis, one curve per weight decay; broken where it leaves the range of floats."""
    figure, (ax,) = style.panels(1, height=3.2)
    for i, alpha in enumerate(results.alpha.values):
        curve = np.abs(results.loss.sel(alpha=alpha).values)
        curve[~np.isfinite(curve) | (curve > 1e100)] = np.nan
        kind = str(results.verdict.sel(alpha=alpha).values)
        line = "-" if kind == "stable" else "--"
        ax.semilogy(results.iteration, curve, line, color=style.CYCLE[i % 8], label=rf"$\alpha$ = {alpha:.3g}: {kind}")
    ax.set(xlabel="iteration", ylabel="|loss|", ylim=(1e-10, 1e60))
    ax.set_title(rf"$\alpha_{{\min}}$ = {results.attrs['alpha_min']:.4g}, $\alpha_{{\max}}$ = {results.attrs['alpha_max']:.4g}")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def caption(results: xr.Dataset) -> str:
    """Whether the verdicts follow the bounds."""
    differ = misjudged(results, results.attrs["alpha_max"])
    return (
        f"Loss of the linear PDE, {results.attrs['kernel']}^2 kernel, step size {results.attrs['lr']:g}, seed "
        f"{results.attrs['seeds']}. {results.sizes['alpha'] - len(differ)} of {results.sizes['alpha']} runs are stable exactly "
        f"where the bounds from the spectrum ({results.attrs['alpha_min']:.4g}, {results.attrs['alpha_max']:.4g}) say so"
        f"{'; not those at ' + listed(differ) if differ else ''}. Below the lower edge the loss is unbounded from below; "
        "its modulus is drawn. Curves end where they leave the axis or the range of floats."
    )
