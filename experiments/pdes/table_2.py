"""Weight-decay bounds of the windowed linear PDE: from the spectrum, and closed in on by simulations.

Source: Tab 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from derive.paper.claim import claims
from experiments import style
from experiments.pdes import edge_table
from experiments.pdes.edge_table import SIDES
from experiments.pdes.linear_setting import LinearSetting
from experiments.running.progress import Report, part
from numerics.pdes.edge import linear_edges
from numerics.pdes.spectrum import windowed_bounds

TITLE = "Bounds on the weight decay, windowed linear PDE"
COLUMNS = {"limit": "limit", "printed_measured": "paper, measured", "printed_limit": "paper, limit"}


@dataclass(frozen=True)
class Config:
    """The setting, the kernel sizes, and the length and resolution of the simulations."""

    setting: LinearSetting = field(default_factory=LinearSetting)
    kernels: tuple[int, ...] = (16, 32, 64)
    steps: int = 300
    rtol: float = 1e-3


PRESETS = {
    "smoke": Config(LinearSetting(image=64, lr=1e-6), kernels=(4, 8), steps=300, rtol=5e-3),
    "default": Config(),
    "paper": Config(steps=1000, rtol=2e-4),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Both determinations for every kernel, the limit, and the printed columns where they are registered."""
    setting, rows = config.setting, len(config.kernels)
    spectral, simulated = np.empty((rows, 2)), np.empty((rows, 2, 2))
    for i, kernel in enumerate(config.kernels):
        operator = setting.correlation(kernel, device)
        spectral[i] = windowed_bounds(operator.image, kernel, setting.a, setting.beta, setting.lr)
        tell = part(report, i, rows)
        tell(0, 1)
        simulated[i] = linear_edges(
            operator, setting.a, setting.beta, setting.lr, steps=config.steps, rtol=config.rtol, seed=setting.seed, report=tell
        )
    data = {
        "spectrum": (("kernel", "side"), spectral),
        "simulation": (("kernel", "side", "bracket"), simulated),
        "limit": (("side",), np.array(setting.limit_bounds())),
    }
    coordinates = {"kernel": list(config.kernels), "side": list(SIDES), "bracket": ["low", "high"]}
    results = xr.Dataset(data, coordinates, {"seeds": setting.seed, "image": setting.image, "lr": setting.lr})
    for variable in results.data_vars.values():
        variable.attrs["units"] = "1/time"
    return results if setting.image != LinearSetting().image else _with_print(results)


def _with_print(results: xr.Dataset) -> xr.Dataset:
    """The paper's own columns beside ours, at the paper's setting only."""
    printed = claims().get("table-2")
    if printed is None or list(printed.values["kernel"]) != list(results.kernel.values):
        return results
    measured = np.array([printed.values[f"{side}_measured"] for side in SIDES]).T
    theory = np.array([printed.values[side] for side in SIDES]).T
    dims = ("kernel", "side")
    return results.assign(
        printed_measured=(dims, measured, {"units": "1/time"}), printed_limit=(dims, theory, {"units": "1/time"})
    )


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells of the table: one row per edge and kernel."""
    return edge_table.rows(results, COLUMNS)


def render(results: xr.Dataset) -> Figure:
    """The bounds against the kernel size, each determination with its own marker."""
    figure, axes = style.panels(2)
    for ax, side in zip(axes, SIDES, strict=True):
        at = results.sel(side=side)
        edge_table.draw(ax, at, "simulation", "1/time")
        ax.axhline(float(at.limit), color=style.VERMILION, ls="--", label="limit (Thm 5.4)")
    axes[0].set_yscale("log")
    axes[1].set_ylim(0, 1.3 * float(results.limit.sel(side="alpha_max")))
    for ax in axes:
        ax.legend()
    return figure


def caption(results: xr.Dataset) -> str:
    """Agreement of the two determinations, and the emptiness of the limit's interval."""
    low, high = (float(v) for v in results.limit)
    empty = " The limit's interval is empty: its lower edge lies above its upper one." if low > high else ""
    return (
        f"Weight decays between which the linear PDE is stable, {results.attrs['image']}^2 checkerboard, step size "
        f"{results.attrs['lr']:g}, seed {results.attrs['seeds']}, float64. Spectrum and simulation differ "
        f"by at most {edge_table.difference(results):.1e} relative.{empty}\n{edge_table.text(results, COLUMNS)}"
    )
