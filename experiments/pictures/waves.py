"""Dispersion pictures: phase and group speed against the phase per grid point, and in the plane by direction.

Both are relative to those of the differential equation, so that 1 is exact. In one dimension a curve for each value of a
parameter; in two, one for each wave number, all around: what a grid does to waves that do not run along its axes.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive import dispersion, stability
from derive.errors import InputError
from experiments import style
from experiments.pictures.drawing import head, title_of
from experiments.pictures.pictures import attributes, needed, varied
from experiments.pictures.setting import Setting

ANGLES = 360
LONG = 0.02
"""The longest wave that is drawn, as a share of the shortest one's phase."""
WAVES = (np.pi / 8, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
SHOWN = (-2.0, 2.0)
"""Relative speeds that there is room for."""
FAINT = "#C8C8C8"
_ONE, _RADIAN = {"units": "1"}, {"units": "rad"}


def waves(setting: Setting, phases: tuple[float, ...] = ()) -> xr.Dataset:
    """Relative speeds of the physical roots: in one dimension for each value of a parameter, in two by direction.

    Args:
        setting: the scheme, and its parameters.
        phases: in two dimensions the wave numbers, in radians per grid point; by default four.

    Raises:
        InputError: three dimensions or none, another number of varied parameters, no exact speed to compare with, nothing that
            moves, or wave numbers beyond pi.
    """
    dims = setting.scheme.dims
    if dims not in (1, 2):
        raise InputError(f"expected a scheme in one or two dimensions for a picture of its dispersion, got {dims}")
    along = _along_a_line(setting, phases) if dims == 1 else _around(setting, phases or WAVES)
    if np.isnan(along.phase_speed).all():
        raise InputError(
            "expected a scheme whose waves move, such as advection or the wave equation, got one that only damps them"
        )
    return along


def _along_a_line(setting: Setting, phases: tuple[float, ...]) -> xr.Dataset:
    if phases:
        raise InputError("expected --phase with a scheme in two dimensions, or with a locus; in one the picture has all phases")
    name = varied(setting, 1)[0]
    values = setting.varied[name] if len(setting.varied[name]) > 2 else tuple(setting.range(name, 5))
    angles, relation = np.linspace(LONG * np.pi, np.pi, ANGLES), dispersion(setting.scheme, small=setting.small)
    modes = [relation.sample(angles, **{**setting.fixed, name: value}) for value in values]
    shown = stability(setting.scheme, setting.grade)
    verdicts = [bool(shown.holds(**needed(shown, {**setting.fixed, name: value}))) for value in values]
    speeds = {
        "phase_speed": (("value", "theta", "root"), np.stack([m.relative_speed for m in modes]), _ONE),
        "group_speed": (("value", "theta", "root"), np.stack([m.relative_group_speed[..., 0] for m in modes]), _ONE),
        "stable": (("value",), np.array(verdicts)),
    }
    axes = {"value": ("value", np.array(values), _ONE), "theta": ("theta", angles, _RADIAN)}
    return xr.Dataset(speeds, axes, {**attributes(setting, shown), "parameter": name, "dims": 1})


def _around(setting: Setting, numbers: tuple[float, ...]) -> xr.Dataset:
    varied(setting, 0)
    if not all(0 < wave <= np.pi for wave in numbers):
        raise InputError(f"expected wave numbers above 0 and up to pi, got {', '.join(f'{wave:g}' for wave in numbers)}")
    around = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False) + np.pi / ANGLES  # past the axes, where one of the phases is 0
    size, angle = np.meshgrid(numbers, around, indexing="ij")
    modes = dispersion(setting.scheme, small=setting.small).sample(size * np.cos(angle), size * np.sin(angle), **setting.fixed)
    speeds = {"phase_speed": (("wave", "direction", "root"), modes.relative_speed, _ONE)}
    axes = {"wave": ("wave", np.array(numbers), _RADIAN), "direction": ("direction", around, _RADIAN)}
    shown = stability(setting.scheme, setting.grade)
    return xr.Dataset(speeds, axes, {**attributes(setting, shown), "dims": 2})


def draw_waves(results: xr.Dataset) -> Figure:
    """Solid: stable; dashed: unstable. Black: exact."""
    return _draw_line(results) if results.attrs["dims"] == 1 else _draw_around(results)


def _draw_line(results: xr.Dataset) -> Figure:
    figure, axes = style.panels(2, height=2.8)
    label = results.attrs[f"label_{results.attrs['parameter']}"]
    for ax, name in zip(axes, ("phase", "group"), strict=True):
        _draw_speed(ax, results, results[f"{name}_speed"], label)
        ax.set(xlabel=r"phase per grid point $\theta/\pi$", ylabel=f"{name} speed, relative to the exact one")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title_of(results), fontsize=8)
    return figure


def _draw_speed(ax: Axes, results: xr.Dataset, speed: xr.DataArray, label: str) -> None:
    ax.axhline(1, color=style.BLACK, lw=0.7, zorder=1)
    for i, value in enumerate(results["value"].values):
        stable = bool(results.stable[i])
        shape = {"color": style.CYCLE[i % len(style.CYCLE)], "ls": "-" if stable else "--"}
        for k in range(results.sizes["root"]):
            name = f"{label} = {value:g}: {'stable' if stable else 'unstable'}" if k == 0 else None
            ax.plot(results.theta / np.pi, speed[i, :, k], label=name, **shape)
    low, high = float(speed.min()), float(speed.max())
    room = 0.05 * max(high - low, 0.2)
    ax.set(xlim=(0, 1), ylim=(max(min(low, 0.9) - room, SHOWN[0]), min(max(high, 1.0) + room, SHOWN[1])))


def _draw_around(results: xr.Dataset) -> Figure:
    figure = Figure(figsize=(4.6, 3.6))
    ax = figure.add_subplot(projection="polar")
    turn = np.append(results.direction, results.direction[0])
    for i, wave in enumerate(results.wave.values):
        for k in range(results.sizes["root"]):
            speed = results.phase_speed[i, :, k].values
            shape = {"color": style.CYCLE[i % len(style.CYCLE)]}
            ax.plot(turn, np.append(speed, speed[0]), label=f"{2 * np.pi / wave:.3g} points" if k == 0 else None, **shape)
    ax.plot(np.linspace(0, 2 * np.pi, 361), np.ones(361), "--", color=style.BLACK, lw=0.8, zorder=3, label="exact")
    ax.spines["polar"].set(color=FAINT, linewidth=0.6)
    ax.grid(color=FAINT, linewidth=0.5)
    high = float(results.phase_speed.max())
    ax.set_ylim(0, min(max(1.05, 1.05 * high), SHOWN[1]))
    ax.set_rlabel_position(22.5)
    ax.set_xlabel("direction of the wave; radius: phase speed, relative to the exact one")
    ax.legend(loc="center left", bbox_to_anchor=(1.08, 0.5), title="wavelength")
    figure.suptitle(title_of(results), fontsize=8)
    return figure


def caption_waves(results: xr.Dataset) -> str:
    """The farthest speeds."""
    drawn = f"Phase speeds between {_ends(results.phase_speed)} of the exact ones"
    if results.attrs["dims"] == 2:
        numbers = ", ".join(f"{float(wave):.4g}" for wave in results.wave)
        return f"{head(results)} {drawn}, at wave numbers {numbers}."
    return f"{head(results)} {drawn}, group speeds between {_ends(results.group_speed)}."


def _ends(speed: xr.DataArray) -> str:
    """To four digits; rounding of a speed of zero is not shown."""
    return " and ".join(f"{round(float(end), 12) + 0:.4g}" for end in (speed.min(), speed.max()))
