"""A dispersion relation as a picture, by SymPy's own plotting: Matplotlib where it is installed."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

from derive.arrays import np
from derive.errors import InputError
from derive.shown import quoted

if TYPE_CHECKING:
    from derive.modes.dispersion import Dispersion
    from derive.modes.modes_at import Modes

POINTS = 200
"""Phases in (0, pi]."""


def plotted(relation: Dispersion, parameters: dict[str, Any]) -> Any:
    """See `Dispersion.plot`."""
    from sympy.plotting.plotgrid import PlotGrid

    if len(relation.phases) != 1:
        dims = len(relation.phases)
        raise InputError(
            f"expected a scheme in one dimension, got {dims}; `python -m derive picture dispersion` draws the plane"
        )
    for name, value in parameters.items():
        if not (isinstance(value, Number) and np.isfinite(complex(value))):
            raise InputError(f"expected one finite number for {name}, got {quoted(value)}")
    theta = np.pi * np.arange(1, POINTS + 1) / POINTS
    modes = relation.sample(theta, **parameters)
    panels = [_lines(theta, _moduli(modes), "|xi|")]
    if relation.exact and (speeds := _speeds(modes)):
        panels.append(_lines(theta, speeds, "speed over exact"))
    return panels[0] if len(panels) == 1 else PlotGrid(len(panels), 1, *panels, size=(6.5, 6.0), show=False)


def _moduli(modes: Modes) -> dict[str, Any]:
    kinds = ["physical" if n < modes.physical else "parasitic" for n in range(modes.damping.shape[-1])]
    return {f"{kind} root {n + 1}": modes.damping[:, n] for n, kind in enumerate(kinds)}


def _speeds(modes: Modes) -> dict[str, Any]:
    """Those that are numbers somewhere: what only decays has none."""
    speeds = {f"phase, root {n + 1}": modes.relative_speed[:, n] for n in range(modes.physical)}
    speeds |= {f"group, root {n + 1}": modes.relative_group_speed[:, n, 0] for n in range(modes.physical)}
    return {name: values for name, values in speeds.items() if np.isfinite(values).any()}


def _lines(theta: Any, curves: dict[str, Any], label: str) -> Any:
    """With the axes at 0 and what is exact, 1, in sight."""
    from sympy.plotting.plot import plot_factory
    from sympy.plotting.series import List2DSeries

    series = [List2DSeries(list(theta), list(values), label=name) for name, values in curves.items()]
    seen = np.concatenate([values[np.isfinite(values)] for values in curves.values()])
    ylim = 1.1 * min(0.0, float(seen.min())), 1.1 * max(1.0, float(seen.max()))
    named = {"xlabel": "theta", "ylabel": label}
    return plot_factory(*series, **named, axis_center=(0.0, 0.0), ylim=ylim, legend=True, show=False)
