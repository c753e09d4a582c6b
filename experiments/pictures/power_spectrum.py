"""The power spectrum of a picture, at a size that can be stored and drawn."""

from __future__ import annotations

import numpy as np
import scipy.fft
import xarray as xr
from matplotlib.axes import Axes

from experiments import style

BINS = 1024
"""Most values along an axis of what is kept: beyond it neighbours are averaged."""


def power_spectrum(grey: np.ndarray) -> xr.Dataset:
    """|Ihat|^2 on the half of the grid that the other mirrors, and where it is greatest and least.

    Args:
        grey: (H, W), real.

    Returns:
        `power` (frequency_y, frequency_x), means over `bins` frequencies; `greatest` and `least` over all of them, with `spots`
        (end, axis), where they are. Attributes `shape` and `bins`.
    """
    spectrum = scipy.fft.rfft2(grey)
    power = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    del spectrum  # of a large picture it is as large
    axes = scipy.fft.fftfreq(grey.shape[0]), scipy.fft.rfftfreq(grey.shape[1])
    ends = {
        name: np.unravel_index(int(find(power)), power.shape) for name, find in (("greatest", np.argmax), ("least", np.argmin))
    }
    bins = [-(-n // BINS) for n in power.shape]
    binned = _means(_means(np.roll(power, grey.shape[0] // 2, axis=0), bins[0], 0), bins[1], 1)
    return xr.Dataset(
        {
            "power": (("frequency_y", "frequency_x"), binned, {"units": "1"}),
            "spots": (("end", "axis"), [[float(a[i]) for a, i in zip(axes, ends[end], strict=True)] for end in ends]),
            **{name: ((), float(power[at])) for name, at in ends.items()},
        },
        {
            "frequency_y": _means(np.roll(axes[0], grey.shape[0] // 2), bins[0], 0),
            "frequency_x": _means(axes[1], bins[1], 0),
            "end": list(ends),
            "axis": ["y", "x"],
        },
        {"shape": list(grey.shape), "bins": bins},
    )


def _means(values: np.ndarray, bins: int, axis: int) -> np.ndarray:
    """Of so many neighbours along an axis; of fewer at its end."""
    if bins == 1:
        return values
    starts = np.arange(0, values.shape[axis], bins)
    counts = np.diff([*starts, values.shape[axis]])
    return np.add.reduceat(values, starts, axis) / counts.reshape([-1 if n == axis else 1 for n in range(values.ndim)])


def draw_power(ax: Axes, results: xr.Dataset) -> None:
    """What `power_spectrum` gives, with its extremes marked."""
    greatest = float(results.power.max()) or 1.0  # of a black picture all is 0
    log_power = np.log10(np.maximum(results.power, greatest * 1e-16))
    mesh = ax.pcolormesh(results.frequency_x, results.frequency_y, log_power, cmap=style.ORDERED, rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, label=r"$\log_{10}|\hat I|^2$")
    ax.set(xlabel="frequency x (cycles/pixel)", ylabel="frequency y (cycles/pixel)", aspect="equal")
    for end, mark in (("greatest", "o"), ("least", "s")):
        y, x = results.spots.sel(end=end).values
        ax.plot(x, y, mark, mfc="none", color=style.VERMILION, label=end, clip_on=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=2)
