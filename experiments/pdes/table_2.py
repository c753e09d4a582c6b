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
from experiments.pdes.linear_setting import LinearSetting
from experiments.running.progress import Report, part
from numerics.pdes.edge import linear_edges
from numerics.pdes.spectrum import windowed_bounds

TITLE = "Bounds on the weight decay, windowed linear PDE"
SIDES = ("alpha_min", "alpha_max")


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
    printed = [name for name in ("printed_measured", "printed_limit") if name in results]
    titles = {"printed_measured": "paper, measured", "printed_limit": "paper, limit"}
    header = ["edge", "kernel", "spectrum", "simulation", "difference", "limit", *(titles[name] for name in printed)]
    return header, [_row(results.sel(side=side, kernel=w), printed) for side in SIDES for w in results.kernel.values]


def _row(at: xr.Dataset, printed: list[str]) -> list[str]:
    spectrum, simulation = float(at.spectrum), float(at.simulation.mean())
    numbers = [simulation / spectrum - 1, *(float(at[name]) for name in ("limit", *printed))]
    kernel = f"{int(at.kernel)}x{int(at.kernel)}"
    return [
        str(at.side.values),
        kernel,
        f"{spectrum:.5g}",
        f"{simulation:.5g}",
        f"{numbers[0]:+.1e}",
        *(f"{v:.4g}" for v in numbers[1:]),
    ]


def render(results: xr.Dataset) -> Figure:
    """The bounds against the kernel size, each determination with its own marker."""
    figure, axes = style.panels(2)
    for ax, side in zip(axes, SIDES, strict=True):
        middle = results.simulation.mean("bracket").sel(side=side)
        ax.plot(results.kernel, results.spectrum.sel(side=side), "-", label="spectrum")
        ax.plot(results.kernel, middle, "o", mfc="none", label="simulation")
        if "printed_measured" in results:
            ax.plot(results.kernel, results.printed_measured.sel(side=side), "x", color=style.BLACK, label="paper, measured")
        ax.axhline(float(results.limit.sel(side=side)), color=style.VERMILION, ls="--", label="limit (Thm 5.4)")
        ax.set(xlabel="kernel side (cells)", ylabel=rf"$\alpha_{{\{side[6:]}}}$ (1/time)", xticks=results.kernel.values)
        ax.set(
            yscale="log" if side == "alpha_min" else "linear",
            title={"alpha_min": "lower edge", "alpha_max": "upper edge"}[side],
        )
        if side == "alpha_max":
            ax.set_ylim(0, 1.3 * float(results.limit.sel(side=side)))
        ax.legend()
    return figure


def caption(results: xr.Dataset) -> str:
    """Agreement of the two determinations, and the emptiness of the limit's interval."""
    difference = float(abs(results.simulation.mean("bracket") / results.spectrum - 1).max())
    low, high = (float(v) for v in results.limit)
    empty = " The limit's interval is empty: its lower edge lies above its upper one." if low > high else ""
    header, cells = rows(results)
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    lines = "\n".join("  ".join(f"{cell:>{n}}" for cell, n in zip(row, widths, strict=True)) for row in [header, *cells])
    return (
        f"Weight decays between which the linear PDE is stable, {results.attrs['image']}^2 checkerboard, step size "
        f"{results.attrs['lr']:g}, seed {results.attrs['seeds']}, float64. Spectrum and simulation differ "
        f"by at most {difference:.1e} relative.{empty}\n{lines}"
    )
