"""The picture of `figure_2`: signals, images and what is left moving in them; amplitude and verdict against the multiple."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from experiments import style
from numerics.pdes.verdict import NAMES

CONVERGED, CONTINUED = style.GREEN, style.VERMILION
REST = 1e-6
"""Less than this from the minimiser is not drawn to scale."""


def render(results: xr.Dataset) -> Figure:
    """Rows: signal, its rest of motion, image, its rest of motion; below, amplitude and verdicts over multiples."""
    figure = Figure(figsize=(style.WIDE, 8.2))
    upper, lower = figure.subfigures(2, 1, height_ratios=[2.6, 1])
    axes = upper.subplots(4, results.sizes["multiple"], squeeze=False, height_ratios=[1, 0.9, 1.15, 1.15])
    for i, multiple in enumerate(results.multiple.values):
        one = results.sel(multiple=multiple)
        _signal(axes[0, i], one)
        _motion(axes[1, i], one)
        _image(axes[2, i], one)
        _pattern(axes[3, i], one)
    _labels(axes, results)
    left, right = lower.subplots(1, 2)
    _amplitudes(left, results)
    _plane(right, results)
    _letters(upper, lower, axes, (left, right))
    return figure


def _blown_up(one: xr.Dataset, dims: int) -> bool:
    return one.verdict.sel(dims=dims).item() == "unstable"


def _signal(ax: Axes, one: xr.Dataset) -> None:
    """The noisy signal, the minimiser, and the run where it has come to; a blow-up in its first iterations."""
    early = _blown_up(one, 1)
    ax.plot(one.f_1d, color="#BBBBBB", lw=0.6, label="f")
    if early:
        ax.plot(one.early_1d, color=CONVERGED, lw=0.5)
    else:
        ax.plot(one.continued_1d, color=CONTINUED, lw=0.9, label="continued")
        ax.plot(one.converged_1d, color=CONVERGED, lw=0.9, label="converged")
        ax.plot(one.minimiser_1d, color=style.BLACK, lw=0.6, label="minimiser")
        ax.set_ylim(top=1.6 * float(one.f_1d.max()))
        ax.set_yticks([0, 5])
    ax.set_title(_title(one, 1))
    ax.tick_params(axis="x", pad=1)


def _motion(ax: Axes, one: xr.Dataset) -> None:
    """The run less the minimiser, on a part of the signal, point by point."""
    points = one.sizes["x_1d"]
    here = np.arange(round(0.3 * points), round(0.5 * points))
    runs = [(one.early_1d, CONVERGED)] if _blown_up(one, 1) else [(one.continued_1d, CONTINUED), (one.converged_1d, CONVERGED)]
    for state, colour in runs:
        ax.plot(here, (state - one.minimiser_1d)[here], ".-", color=colour, lw=0.7, ms=2)
    most = max(float(np.abs(state - one.minimiser_1d).max()) for state, _ in runs)
    if most < REST:
        ax.set_ylim(-1, 1)
        ax.set_yticks([0])
        ax.annotate(_at_rest(most), (0.5, 0.75), xycoords="axes fraction", ha="center", fontsize=6)


def _at_rest(most: float) -> str:
    return "at rest" if most == 0 else f"at most {most:.0e}"


def _image(ax: Axes, one: xr.Dataset) -> None:
    state = one.early_2d if _blown_up(one, 2) else one.converged_2d
    low, high = float(one.minimiser_2d.min()), float(one.minimiser_2d.max())
    ax.imshow(state, cmap=style.GREY, vmin=low - 0.5, vmax=high + 0.5, interpolation="nearest")
    ax.set_title(_title(one, 2))
    ax.set(xticks=[], yticks=[])


def _pattern(ax: Axes, one: xr.Dataset) -> None:
    """The image less the minimiser, on its own scale."""
    state = one.early_2d if _blown_up(one, 2) else one.converged_2d
    rest = (state - one.minimiser_2d).values
    most = float(np.quantile(np.abs(rest), 0.995))
    scale = most if most > REST else 1.0
    ax.imshow(rest, cmap=style.SIGNED, norm=TwoSlopeNorm(0, -scale, scale), interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel(rf"$\pm${float(f'{most:.1g}'):g}{_when(one, 2)}" if most > REST else _at_rest(most), fontsize=7)


def _title(one: xr.Dataset, dims: int) -> str:
    return rf"{one.multiple.item():g}$\times$: {one.verdict.sel(dims=dims).item()}"


def _when(one: xr.Dataset, dims: int) -> str:
    return f", iteration {one.attrs['shown']}" if _blown_up(one, dims) else ""


def _labels(axes: np.ndarray, results: xr.Dataset) -> None:
    """What each row shows, and one legend for the first two."""
    for ax, text in zip(axes[:, 0], ("u", "u − minimiser", "image u", "u − minimiser"), strict=True):
        ax.set_ylabel(text)
    for ax, multiple in zip(axes[1], results.multiple.values, strict=True):
        ax.set_xlabel(f"x (points){_when(results.sel(multiple=multiple), 1)}")
    handles = {line.get_label(): line for ax in axes[0] for line in ax.get_lines() if not line.get_label().startswith("_")}
    axes[0, 0].legend(
        handles=list(handles.values()),
        loc="upper center",
        ncols=2,
        fontsize=5.5,
        handlelength=0.8,
        borderpad=0,
        columnspacing=0.8,
    )
    for row, dims in ((0, 1), (2, 2)):
        for ax, kind in zip(axes[row], results.verdict.sel(dims=dims).values, strict=True):
            ax.title.set_color(style.VERDICT_COLOURS[str(kind)])


def _amplitudes(ax: Axes, results: xr.Dataset) -> None:
    """Amplitude of the residual oscillation against the multiple; lines: derived for flat ground."""
    for dims, colour, marker in ((1, style.BLUE, "o"), (2, style.ORANGE, "s")):
        multiples, derived = results[f"line_multiple_{dims}d"], results[f"line_derived_{dims}d"]
        ax.plot(multiples, derived.where(derived > 0), color=colour, lw=1, label=f"{dims}-D, derived")
        multiples, measured = results[f"sweep_multiple_{dims}d"], results[f"sweep_amplitude_{dims}d"]
        ax.plot(
            multiples, measured.where(measured > _FLOOR), marker, color=colour, ms=3, ls="none", label=f"{dims}-D, measured"
        )
        ax.axvline(results.attrs["blowup_multiple"][dims - 1], color=colour, lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="step size / worst-case stable step", ylabel="residual oscillation (image)")
    ax.set_ylim(bottom=_FLOOR)
    ax.legend(loc="upper left")


_FLOOR = 3e-4
"""Amplitudes below it, those of runs that are stable or nearly so, are not drawn."""


def _plane(ax: Axes, results: xr.Dataset) -> None:
    """Regions from the simulation, lines from the theory; between the ticks' lines the printed sequence can hold."""
    colours = ListedColormap(style.REGION_COLOURS)
    grid = results.phase_multiple, results["product"]
    ax.pcolormesh(*grid, results.simulated, cmap=colours, vmin=-0.5, vmax=2.5, shading="nearest", rasterized=True)
    ax.plot(results.blowup, results["product"], color=style.BLACK, label=r"$\lambda\,\Delta t = 2$")
    ax.plot(results.edge_at_minimiser, results["product"], "--", color=style.BLUE, label="edge at the minimiser")
    at = results.attrs
    for product in (at["product_restrained"], at["product_blowup"]):
        ax.axhline(product, color=style.BLACK, lw=0.7, ls=":")
    low, high = (f"{m:g}$\\times$" for m in results.multiple.values[-2:])
    middle = (at["product_restrained"] ** 2 * at["product_blowup"]) ** (1 / 3)
    ax.annotate(f"{low} restrained, {high} unstable", (1.6, middle), fontsize=5.5, va="center")
    for multiple in results.multiple.values:
        ax.plot(multiple, at["fidelity"] * at["epsilon"], "o", color=style.BLACK, ms=3, mfc="white", zorder=3)
    limits = {"xlim": _ends(results.phase_multiple), "ylim": _ends(results["product"])}
    ax.set(xscale="log", yscale="log", xlabel="step size / worst-case stable step", **limits)
    ax.set_ylabel(r"$\lambda\,\varepsilon\,\Delta x^2$")
    patches = [Patch(color=c, label=n) for c, n in zip(style.REGION_COLOURS, NAMES, strict=True)]
    ax.legend(
        handles=[*patches, *ax.get_lines()[:2]],
        loc="lower center",
        bbox_to_anchor=(0.45, 1),
        ncols=style.columns(3),
        columnspacing=0.8,
    )


def _ends(values: xr.DataArray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _letters(upper: SubFigure, lower: SubFigure, axes: np.ndarray, below: tuple[Axes, Axes]) -> None:
    """Panel letters."""
    for ax, letter in zip((axes[0, 0], axes[2, 0], *below), "abcd", strict=True):
        ax.annotate(letter, (0, 1), (-26, 6), "axes fraction", textcoords="offset points", fontweight="bold", fontsize=9)
