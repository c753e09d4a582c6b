"""The checkerboard's one active mode: its fixed point, and the step size at which it turns from stable to restrained.

Source: derive.theorem("checkerboard"); explains the threshold that Fig 5 reads off.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from derive import theorem
from derive.errors import InputError
from numerics.pdes.correlation import Correlation


class ModeEdge(NamedTuple):
    """Where the active mode settles, and the largest step sizes.

    Attributes:
        fixed_point: amplitude kappa = <K, I> at rest.
        slope: derivative of d kappa/dt there, < 0 where the flow is attracted.
        lr_edge: below it the mode converges, above it does not: 2/|slope|.
        lr_blowup: above it the modes orthogonal to the image blow up: 2/alpha.
    """

    fixed_point: float
    slope: float
    lr_edge: float
    lr_blowup: float


def checkerboard(size: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Image of +-1 in a checkerboard, +1 at the origin: (size, size).

    Args:
        size: cells along a side, at least 1.
        dtype: of the image.

    Raises:
        InputError: a smaller size.
    """
    if size < 1:
        raise InputError(f"expected an image size of at least 1, got {size!r}")
    line = 1 - 2 * (torch.arange(size) % 2)
    return (line[:, None] * line[None, :]).to(dtype)


def mode_parameters(correlation: Correlation) -> dict[str, float]:
    """`area`, `share` and `pooled` of the reduction for a checkerboard image with boundary "valid"."""
    return {
        "area": float(prod(correlation.kernel_shape)),
        "share": share_of_positive(correlation),
        "pooled": 1.0 if correlation.pooling == "mean" else float(prod(correlation.output_shape)),
    }


def share_of_positive(correlation: Correlation) -> float:
    """Share of the outputs that sit on a +1 cell, for boundary "valid"."""
    rows, columns = correlation.output_shape
    return float((correlation.image[:rows, :columns] > 0).double().mean())


def restrained_edge(
    alpha: float, beta: float, y: float, area: float, share: float, pooled: float, start: float = 1.0
) -> ModeEdge:
    """Edge between stable and restrained of the nonlinear PDE on a checkerboard.

    Args:
        alpha: weight decay, > 0.
        beta: parameter of Swish.
        y: label.
        area: cells of the window.
        share: share of the outputs on a +1 cell.
        pooled: 1 for mean pooling, the number of outputs for sum pooling.
        start: initial amplitude <K, I>; the mode settles at the first fixed point the flow meets from there.

    Raises:
        InputError: alpha is not positive.
    """
    if not alpha > 0:
        raise InputError(f"expected a weight decay above 0, got {alpha!r}")
    given = {"alpha": alpha, "beta": beta, "y": y, "area": area, "share": share, "pooled": pooled}
    rate, slope = (theorem("checkerboard").function("numpy", name) for name in ("rate", "slope"))
    rest = _first_zero(lambda kappa: float(rate(kappa=kappa, **given)), start)
    steepness = float(slope(kappa=rest, **given))
    return ModeEdge(rest, steepness, 2 / abs(steepness), 2 / alpha)


def _first_zero(rate, start: float, resolution: float = 0.01) -> float:
    """The zero of `rate` that the flow from `start` meets first: walk along its sign, then close in."""
    here, value = start, rate(start)
    direction = np.sign(value)
    while value * direction > 0:
        before, here = here, here + direction * resolution * max(1.0, abs(here))
        value = rate(here)
    return float(brentq(rate, *sorted((before, here)), xtol=1e-14)) if direction else start
