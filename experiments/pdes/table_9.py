"""Weight-decay bounds under Nesterov's scheme: from the spectrum, by simulation, by the theorem as derived and as printed.

Source: Tab 9.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive import theorem
from derive.paper.claim import claims
from experiments import style
from experiments.pdes import edge_table
from experiments.pdes.edge_table import SIDES
from experiments.pdes.nesterov_setting import NesterovSetting
from experiments.running.progress import Report, part
from numerics.pdes.edge import linear_edges

TITLE = "Bounds on the weight decay, Nesterov's scheme"
COLUMNS = {"limit": "Thm 5.6 derived", "printed_limit": "Thm 5.6 printed", "printed_measured": "paper, measured"}


@dataclass(frozen=True)
class Config:
    """The setting, the kernel sizes, the length and resolution of the bisection, and further momentum coefficients."""

    setting: NesterovSetting = field(default_factory=NesterovSetting)
    kernels: tuple[int, ...] = (16, 32, 64)
    steps: int = 300
    rtol: float = 1e-3
    momenta: tuple[float, ...] = (0.0, 0.3, 0.6, 0.9, 0.99)


PRESETS = {
    "smoke": Config(NesterovSetting(image=64, lr=1e-3), kernels=(4, 8), rtol=5e-3, momenta=(0.0, 0.9)),
    "default": Config(),
    "paper": Config(steps=1000, rtol=2e-4),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Both determinations for every kernel, the limit, and the print where it is registered."""
    setting, runs = config.setting, len(config.kernels) + 1
    parts = [part(report, i, runs) for i in range(runs)]
    simulated = [_simulated(setting, w, config, device, tell) for w, tell in zip(config.kernels, parts, strict=False)]
    data = {
        "spectrum": (("kernel", "side"), np.array([setting.bounds(kernel) for kernel in config.kernels])),
        "simulation": (("kernel", "side", "bracket"), np.array(simulated)),
        "limit": (("side",), np.array(setting.limit_bounds())),
        "upper_by_momentum": (("coefficient", "bracket"), _upper_edges(config, device, parts[-1])),
        **_printed(config),
    }
    coordinates = {"kernel": list(config.kernels), "side": list(SIDES), "bracket": ["low", "high"]}
    coordinates |= {"coefficient": list(config.momenta)}
    given = {"seeds": setting.seed, "image": setting.image, "lr": setting.lr, "momentum": setting.momentum}
    results = xr.Dataset(data, coordinates, given | {"damping": setting.damping})
    for variable in results.data_vars.values():
        variable.attrs["units"] = "1/time^2"
    return results


def _simulated(setting: NesterovSetting, kernel: int, config: Config, device: str, tell: Report) -> np.ndarray:
    """Brackets of both edges, (side, bracket)."""
    tell(0, 1)
    (lr, momentum), search = setting.torch, {"steps": config.steps, "rtol": config.rtol, "seed": setting.seed}
    operator = setting.correlation(kernel, device)
    return np.array(linear_edges(operator, setting.a, setting.beta, lr, momentum=momentum, report=tell, **search))


def _upper_edges(config: Config, device: str, tell: Report) -> np.ndarray:
    """The upper edge at other dampings; it depends on neither image nor kernel here, so both are small."""
    settings = [replace(config.setting, image=64, momentum=m) for m in config.momenta]
    return np.array([_simulated(s, 4, config, device, part(tell, i, len(settings)))[1] for i, s in enumerate(settings)])


def _printed(config: Config) -> dict[str, tuple]:
    """The printed theorem at this setting, and the paper's measurements where the setting is the paper's."""
    theory, table = config.setting.printed_bounds(), claims().get("table-9")
    printed: dict[str, tuple] = {} if theory is None else {"printed_limit": (("side",), np.array(theory))}
    if table is not None and config.setting == NesterovSetting() and tuple(table.values["kernel"]) == tuple(config.kernels):
        printed["printed_measured"] = (("kernel", "side"), np.array([table.values[f"{side}_measured"] for side in SIDES]).T)
    return printed


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells of the table: one row per edge and kernel."""
    return edge_table.rows(results, COLUMNS)


def render(results: xr.Dataset) -> Figure:
    """The bounds against the kernel size, each determination with its own marker."""
    figure, axes = style.panels(3, height=2.7)
    for ax, side in zip(axes[:2], SIDES, strict=True):
        at = results.sel(side=side)
        edge_table.draw(ax, at, "bisection on simulation", "1/time$^2$")
        ax.axhline(float(at.limit), color=style.GREEN, ls="--", label="limit, derived")
        if "printed_limit" in at:
            ax.axhline(float(at.printed_limit), color=style.VERMILION, ls=":", label="limit, printed (Thm 5.6)")
    axes[0].set_yscale("log")
    axes[1].set_ylim(0.85 * float(results.limit[1]), 1.1 * float(results.limit[1]))
    _draw_by_momentum(axes[2], results)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=style.columns(3))
    return figure


def _draw_by_momentum(ax: Axes, results: xr.Dataset) -> None:
    """The upper edge against the momentum coefficient: derived, simulated, and printed as a constant."""
    dt, coefficient = results.attrs["lr"], np.linspace(0, 1, 101)
    edge = theorem("eq-73").function("numpy", "largest_amplifier_by_momentum")
    ax.plot(coefficient, edge(lr=dt, momentum=coefficient), "--", color=style.GREEN)
    ax.plot(results.coefficient, results.upper_by_momentum.mean("bracket"), "o", mfc="none", color=style.VERMILION)
    if "printed_limit" in results:
        ax.axhline(float(results.printed_limit.sel(side="alpha_max")), color=style.VERMILION, ls=":")
    ax.set(xlabel="momentum coefficient", ylabel=r"$\alpha_{\max}$ (1/time$^2$)", title="by damping")
    ax.set_ylim(0)


def caption(results: xr.Dataset) -> str:
    """Agreement of the two determinations, and what the theorem says, derived and printed."""
    at, upper = results.attrs, results.upper_by_momentum.mean("bracket")
    scan = ", ".join(f"{float(v):.4g} at {float(v.coefficient):g}" for v in upper)
    return (
        f"Weight decays between which Nesterov's scheme is stable on the linear PDE, {at['image']}^2 checkerboard, dt = "
        f"{at['lr']:g}, momentum coefficient {at['momentum']:g} (damping {at['damping']:.4g}), seed {at['seeds']}, float64. "
        f"Spectrum and bisection on the simulation differ by at most {edge_table.difference(results):.1e} relative. "
        f"The theorem's upper bound depends on the damping; as printed it is the limit of none. "
        f"Upper edge simulated at other coefficients: {scan}.\n{edge_table.text(results, COLUMNS)}"
    )
