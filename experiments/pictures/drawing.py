"""Draws the data of `pictures`, and says what is seen."""

from __future__ import annotations

from textwrap import shorten, wrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments import style
from experiments.pictures.pictures import CODES, NOT_COVERED, STABLE, UNSTABLE, contradicted, unconfirmed

_REGIONS = (style.REGION_COLOURS[0], style.REGION_COLOURS[2], "#FFFFFF")
_LARGEST_SHOWN = 3.0
NEAR_ZERO = 1e-6
TITLE_LINES, TITLE_COLUMNS = 3, 64
"""Of a title of the narrowest picture, at 8 points."""


def draw_curves(results: xr.Dataset) -> Figure:
    """Solid: stable; dashed: unstable; thin and dotted: parasitic roots."""
    figure, (ax,) = style.panels(1, height=3.0)
    physical, label = results.attrs["physical"], results.attrs[f"label_{results.attrs['parameter']}"]
    for i, value in enumerate(results["value"].values):
        stable, colour = bool(results.stable[i]), style.CYCLE[i % len(style.CYCLE)]
        for k in range(results.sizes["root"]):
            parasitic = physical and k >= physical
            shape = {"ls": ":", "lw": 0.9} if parasitic else {"ls": "-" if stable else "--"}
            name = f"{label} = {value:g}: {'stable' if stable else 'unstable'}"
            ax.plot(results.theta / np.pi, results.modulus[i, :, k], color=colour, label=name if k == 0 else None, **shape)
    ax.axhline(1, color=style.BLACK, lw=0.7, zorder=1)
    if physical and results.sizes["root"] > physical:
        ax.plot([], [], ":", color=style.BLACK, lw=0.9, label="parasitic root")
    ax.set(xlabel=r"phase per grid point $\theta/\pi$", ylabel=r"$|\xi|$ per step", title=title_of(results))
    ax.set(
        xlim=(float(results.theta[0]) / np.pi, 1), ylim=(0, min(_LARGEST_SHOWN, 1.08 * max(1.0, float(results.modulus.max()))))
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def draw_region(results: xr.Dataset) -> Figure:
    """Colours from the condition, its zero as a line; crosses where roots computed on a grid of phases do not bear it out."""
    figure, (ax,) = style.panels(1, height=3.4)
    ax.pcolormesh(
        results.x,
        results.y,
        results.code,
        cmap=ListedColormap(_REGIONS),
        vmin=-0.5,
        vmax=2.5,
        shading="nearest",
        rasterized=True,
    )
    handles: list = [Patch(fc=_REGIONS[k], ec="#8A8A8A", lw=0.4, label=CODES[k]) for k in np.unique(results.code)]
    handles += _boundary(ax, results)
    for spots, mark, label in ((contradicted(results), "kx", "a root grows"), (unconfirmed(results), "k+", "no growth found")):
        if len(spots):
            handles += ax.plot(
                results.checked_x[spots[:, 1]], results.checked_y[spots[:, 0]], mark, ms=4, ls="none", label=label
            )
    across, up = (results.attrs[f"label_{results.attrs[side]}"] for side in ("across", "up"))
    ax.set(xlabel=across, ylabel=up, title=title_of(results))
    ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _boundary(ax: Axes, results: xr.Dataset) -> list:
    if "margin" not in results or not float(results.margin.min()) < 0 < float(results.margin.max()):
        return []
    inside = results.margin.where(results.code != NOT_COVERED)
    level = -NEAR_ZERO * float(abs(results.margin).max())  # where two alternatives touch the margin is zero, and no edge
    ax.contour(results.x, results.y, inside, levels=[level], colors=style.BLACK, linewidths=1.2)
    return ax.plot([], [], color=style.BLACK, label="boundary, derived")


def draw_locus(results: xr.Dataset) -> Figure:
    """One panel for each phase; colours run with the parameter, squares mark where the circle is crossed."""
    count = results.sizes["phase"]
    figure, axes = style.panels(count, height=3.4 if count == 1 else 2.6, width=4.2 if count == 1 else style.WIDE)
    parameter = results.attrs["parameter"]
    side = np.clip(float(np.nanmax(np.abs([results.xi_real, results.xi_imaginary]))), 1.15, _LARGEST_SHOWN)
    mesh = None
    for panel, ax in enumerate(axes):
        mesh = _draw_roots(ax, results.isel(phase=panel))
        ax.set(
            xlim=(-side, side), ylim=(-side, side), aspect="equal", xlabel=r"Re $\xi$", ylabel=r"Im $\xi$" if panel == 0 else ""
        )
        ax.set(title=_panel_title(results.isel(phase=panel)))
    if mesh is not None:
        figure.colorbar(mesh, ax=axes, label=results.attrs[f"label_{parameter}"])
    figure.suptitle(title_of(results), fontsize=8)
    return figure


def _panel_title(results: xr.Dataset) -> str:
    label = results.attrs[f"label_{results.attrs['parameter']}"]
    edges = ", ".join(f"{value:.4g}" for value in results.crossing.dropna("edge").values)
    phase = rf"$\theta = {float(results.phase) / np.pi:.3g}\,\pi$" if results.attrs["dims"] else ""
    crossed = f"crossed at {label} = {edges}" if edges else "not crossed"
    return "\n".join(filter(None, [phase, crossed]))


def _draw_roots(ax: Axes, results: xr.Dataset):
    real, imaginary, values = results.xi_real.values, results.xi_imaginary.values, results["value"].values
    turn = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(turn), np.sin(turn), color=style.BLACK, lw=0.8)
    colours = np.broadcast_to(values[:, None], real.shape)
    mesh = ax.scatter(real, imaginary, c=colours, cmap=style.ORDERED, s=4, lw=0, zorder=3, rasterized=True)
    for value in results.crossing.dropna("edge").values:
        at = int(np.abs(values - value).argmin())
        k = int(np.hypot(real[at], imaginary[at]).argmax())
        ax.plot(real[at, k], imaginary[at, k], "s", mfc="none", color=style.VERMILION, ms=6, zorder=4, clip_on=False)
    return mesh


def title_of(results: xr.Dataset) -> str:
    """What the user asked for, or the scheme and its fixed parameters."""
    if results.attrs.get("heading"):
        return results.attrs["heading"]
    fixed = f", {results.attrs['fixed']}" if results.attrs["fixed"] else ""
    whole = shorten(results.attrs["scheme"], TITLE_LINES * TITLE_COLUMNS - len(fixed) - 10, placeholder=" ...") + fixed
    return "\n".join(wrap(whole, TITLE_COLUMNS, break_long_words=False, break_on_hyphens=False)).replace("$", r"\$")


def caption_curves(results: xr.Dataset) -> str:
    """The largest modulus for each value."""
    largest = results.modulus.max(["theta", "root"])
    values = ", ".join(f"{float(v):g} ({float(m):.4g})" for v, m in zip(results["value"], largest, strict=True))
    return f"{head(results)} Largest |xi| over all phases for {results.attrs['parameter']} = {values}."


def caption_region(results: xr.Dataset) -> str:
    """How roots and condition compare."""
    share, stable = float((results.code == STABLE).mean()), int((results.checked_code == STABLE).sum())
    grow, unstable = len(contradicted(results)), int((results.checked_code == UNSTABLE).sum())
    confirmed = unstable - len(unconfirmed(results))
    check = f"a root grows at {grow} of {stable} points called stable, and at {confirmed} of {unstable} called unstable"
    return f"{head(results)} Stable in {share:.1%} of the picture. Checked on a grid of phases: {check}."


def caption_locus(results: xr.Dataset) -> str:
    """Where the circle is crossed."""
    parts = []
    for panel in range(results.sizes["phase"]):
        one = results.isel(phase=panel)
        at = f"at theta = {float(one.phase):.4g} " if results.attrs["dims"] else ""
        crossed = ", ".join(f"{value:.5g}" for value in one.crossing.dropna("edge").values)
        parts.append(
            f"{at}they cross the circle at {results.attrs['parameter']} = {crossed}"
            if crossed
            else f"{at}they do not cross the circle"
        )
    return f"{head(results)} Roots: {'; '.join(parts)}."


def head(results: xr.Dataset) -> str:
    """The scheme and when it is stable, at the head of a caption."""
    at = results.attrs
    fixed = f" ({at['fixed']})" if at["fixed"] else ""
    words = {"True": "always stable", "False": "never stable", "": "no closed form of the condition was found; it is sampled"}
    derived = words.get(at["condition"], f"stable if and only if {at['condition']}")
    return f"{at['scheme']}{fixed}: {derived} ({at['status']}, {at['grade']})."
