"""Linear PDE under Nesterov's scheme with weight decays inside and outside the bounds.

Source: Fig 11.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import xarray as xr
from matplotlib.figure import Figure

from experiments.pdes import figure_4
from experiments.pdes.nesterov_setting import NesterovSetting
from experiments.running.progress import Report
from numerics.pdes.flows import linear
from numerics.pdes.nesterov import accelerated, at_rest, on_newest
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers

TITLE = "Nesterov's scheme inside and outside the bounds"


@dataclass(frozen=True)
class Config:
    """The setting, the kernel size, and weight decays as multiples of the nearer predicted edge."""

    setting: NesterovSetting = field(default_factory=NesterovSetting)
    kernel: int = 32
    iterations: int = 1000
    of_lower_edge: tuple[float, ...] = (0.5, 0.95, 1.05, 2.0)
    of_upper_edge: tuple[float, ...] = (0.5, 0.99, 1.01, 1.5)


PRESETS = {
    "smoke": Config(NesterovSetting(image=64, lr=1e-3), kernel=8),
    "default": Config(),
    "paper": Config(),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """All weight decays side by side, from one kernel at rest."""
    setting, (low, high) = config.setting, config.setting.bounds(config.kernel)
    alphas = figure_4.around(low, high, config.of_lower_edge, config.of_upper_edge)
    batch = torch.tensor(alphas, dtype=torch.float64, device=device)[:, None, None]
    flow = linear(setting.correlation(config.kernel, device), setting.a, setting.beta, batch)
    start = setting.start(config.kernel, device).expand(len(alphas), -1, -1)
    observers = {"loss": figure_4.energy(flow, torch.zeros_like(start)), **motion_observers()}
    path = simulate(
        accelerated(flow, *setting.torch),
        at_rest(start),
        1.0,
        config.iterations,
        observe={name: on_newest(look) for name, look in observers.items()},
        progress=report,
    )
    bounds = {"alpha_min": low, "alpha_max": high, "momentum": setting.momentum, "damping": setting.damping}
    given = {"lr": setting.lr, "kernel": config.kernel, "seeds": setting.seed}
    return figure_4.judged(path, alphas, "1/time^2").assign_attrs({**bounds, **given, **_printed(setting)})


def _printed(setting: NesterovSetting) -> dict[str, float]:
    """The upper bound of Thm 5.6 as printed, which a window of this image does not change."""
    printed = setting.printed_bounds()
    return {} if printed is None else {"alpha_max_printed": printed[1]}


def render(results: xr.Dataset) -> Figure:
    """|loss| on a logarithmic axis, as in Fig 4, with the printed upper bound beside the derived one."""
    figure = figure_4.render(results)
    (ax,) = figure.axes
    printed = results.attrs.get("alpha_max_printed")
    note = "" if printed is None else rf" (printed theorem: {printed:.4g})"
    ax.set_title(ax.get_title() + note)
    return figure


def caption(results: xr.Dataset) -> str:
    """Whether the verdicts follow the derived bounds, and the printed ones."""
    at = results.attrs
    runs, differ = results.sizes["alpha"], figure_4.misjudged(results, at["alpha_max"])
    exceptions = f"; not those at {figure_4.listed(differ)}" if differ else ""
    text = (
        f"Loss of the linear PDE under Nesterov's scheme, {at['kernel']}^2 kernel, dt = {at['lr']:g}, momentum coefficient "
        f"{at['momentum']:g}, seed {at['seeds']}. {runs - len(differ)} of {runs} runs are stable exactly where the bounds from "
        f"the spectrum ({at['alpha_min']:.4g}, {at['alpha_max']:.4g}) say so{exceptions}."
    )
    if "alpha_max_printed" in at:
        wrong = figure_4.listed(figure_4.misjudged(results, at["alpha_max_printed"]))
        text += f" The printed upper bound, {at['alpha_max_printed']:.4g}, misjudges {wrong or 'none'}."
    return f"{text} Below the lower edge the loss is unbounded from below; its modulus is drawn."
