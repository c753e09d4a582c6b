r"""Extremes of :math:`|\hat I(\omega)|^2`, over the frequencies of the image's own grid and over all frequencies.

The first belong to a periodic image, the second to one that is 0 outside its grid: a kernel that may grow over the plane
sees every frequency, and its extremes lie between those of the grid.

Source: Thm 5.4 (what P_min and P_max are, by boundary).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize

from numerics.common.checks import image_tensor

FINER = 8
"""Points per point of the image's grid at which the search starts."""

STARTS = 6
"""Best points from which it goes downhill."""


class PowerExtremes(NamedTuple):
    """Least and greatest value of |Ihat|^2."""

    minimum: float
    maximum: float


def grid_extremes(image: torch.Tensor | np.ndarray) -> PowerExtremes:
    """Over the frequencies of the image's grid: exact up to rounding.

    Args:
        image: (H, W).

    Raises:
        InputError: bad image.
    """
    power = torch.fft.fft2(image_tensor(image).double()).abs() ** 2
    return PowerExtremes(float(power.min()), float(power.max()))


def continuous_extremes(image: torch.Tensor | np.ndarray) -> PowerExtremes:
    """Over all frequencies: read off a finer grid, then searched downhill. Values of |Ihat|^2, so never outside the truth.

    Args:
        image: (H, W).

    Raises:
        InputError: bad image.
    """
    array = image_tensor(image).double().cpu().numpy()
    shape = tuple(FINER * n for n in array.shape)
    power = np.abs(np.fft.rfft2(array, s=shape)) ** 2
    return PowerExtremes(*(sign * _lowest(array, sign * power, shape, sign) for sign in (1, -1)))


def _lowest(image: np.ndarray, sampled: np.ndarray, shape: tuple[int, ...], sign: int) -> float:
    """Least value of `sign` |Ihat|^2 near the lowest samples."""
    order = np.argpartition(sampled, min(STARTS, sampled.size - 1), axis=None)[:STARTS]
    starts = np.transpose(np.unravel_index(order, sampled.shape)) * (2 * np.pi / np.array(shape))
    return min(_downhill(image, start, float(value), sign) for start, value in zip(starts, sampled.flat[order], strict=True))


def _downhill(image: np.ndarray, start: np.ndarray, value: float, sign: int) -> float:
    """Least value of `sign` |Ihat|^2 met from a start where it is `value`; in units of which the search goes."""
    unit = abs(value) or 1.0
    minimum = minimize(_power, start, (image, sign / unit), "L-BFGS-B", jac=True, options={"ftol": 1e-14, "gtol": 1e-10})
    return min(value, float(minimum.fun) * unit)


def _power(omega: np.ndarray, image: np.ndarray, factor: float) -> tuple[float, np.ndarray]:
    """|Ihat|^2 times a factor, and its gradient."""
    rows, columns = (np.arange(n) for n in image.shape)
    down, across = np.exp(-1j * omega[0] * rows), np.exp(-1j * omega[1] * columns)
    value = down @ image @ across
    slopes = np.array([(-1j * rows * down) @ image @ across, down @ image @ (-1j * columns * across)])
    return float(abs(value) ** 2 * factor), 2 * factor * (np.conj(value) * slopes).real


__all__ = ["PowerExtremes", "continuous_extremes", "grid_extremes"]
