"""Both edges of the weight decay by kernel size, by spectrum and by simulation: as a table and as curves."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr
from matplotlib.axes import Axes

from experiments import style
from experiments.pictures.text_table import plain

SIDES = ("alpha_min", "alpha_max")


def rows(results: xr.Dataset, columns: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: one row per edge and kernel.

    Args:
        results: `spectrum` over (kernel, side), `simulation` over (kernel, side, bracket), and more over side, or both.
        columns: name -> title of what else is shown, where the results have it.
    """
    shown = [name for name in columns if name in results]
    header = ["edge", "kernel", "spectrum", "simulation", "difference", *(columns[name] for name in shown)]
    return header, [_row(results.sel(side=side, kernel=w), shown) for side in SIDES for w in results.kernel.values]


def _row(at: xr.Dataset, shown: list[str]) -> list[str]:
    spectrum, simulation = float(at.spectrum), float(at.simulation.mean())
    numbers = [f"{spectrum:.5g}", f"{simulation:.5g}", f"{simulation / spectrum - 1:+.1e}"]
    return [str(at.side.values), f"{int(at.kernel)}x{int(at.kernel)}", *numbers, *(f"{float(at[n]):.4g}" for n in shown)]


def text(results: xr.Dataset, columns: Mapping[str, str]) -> str:
    """The rows as plain text."""
    return plain(*rows(results, columns))


def difference(results: xr.Dataset) -> float:
    """Greatest relative difference of the two determinations."""
    return float(abs(results.simulation.mean("bracket") / results.spectrum - 1).max())


def draw(ax: Axes, at: xr.Dataset, simulation: str, unit: str) -> None:
    """One edge against the kernel size, each determination with its own marker.

    Args:
        ax: where.
        at: results of one side.
        simulation: what the simulated edge is called.
        unit: of the weight decay.
    """
    side = str(at.side.values)
    ax.plot(at.kernel, at.spectrum, "-", label="spectrum")
    ax.plot(at.kernel, at.simulation.mean("bracket"), "o", mfc="none", label=simulation)
    if "printed_measured" in at:
        ax.plot(at.kernel, at.printed_measured, "x", color=style.BLACK, label="paper, measured")
    ax.set(xlabel="kernel side (cells)", ylabel=rf"$\alpha_{{\{side[6:]}}}$ ({unit})", xticks=at.kernel.values)
    ax.set(title={"alpha_min": "lower edge", "alpha_max": "upper edge"}[side])
