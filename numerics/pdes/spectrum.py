"""The exact stability edge of the windowed linear PDE, from the extreme eigenvalues of its operator.

The finite window replaces |Ihat|^2 of Thm 5.4 by the spectrum of K -> [(K * I) * I] W, a symmetric matrix of h w rows
that is never formed.

Source: Thm 5.3 (windowed form), Thm 5.4.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np
import torch

from derive import optimizers, stability, theorem
from derive.errors import InputError
from derive.fields.symbols import lr as lr_symbol
from derive.fields.symbols import momentum as momentum_symbol
from numerics.common.checks import finite, image_tensor, positive
from numerics.pdes.batches import one_thread
from numerics.pdes.correlation import Correlation
from numerics.pdes.lag_gram import LagGram, is_cheaper
from numerics.pdes.semidefinite import Extremes, extremes
from numerics.pdes.simulate import Progress
from numerics.pdes.tiles import LARGE

TRUSTED = 1e-6
"""Error of an eigenvalue, relative to the largest, above which no bound is given."""

ACCURATE = 1.01e-8
"""That which is asked for, and the roundings of a way that is cheaper."""


class Bounds(NamedTuple):
    """Weight decays between which the scheme is stable; the interval is empty when the first exceeds the second."""

    alpha_min: float
    alpha_max: float


def extreme_eigenvalues(correlation: Correlation, report: Progress | None = None) -> Extremes:
    """Smallest and largest eigenvalue of K -> [(K * I) * I] W, to 1e-8 of the largest; in double precision.

    Args:
        correlation: K -> K * I.
        report: called with (products done, most that there may be), before each of them.

    Returns:
        (minimum, maximum, error, products): `error` bounds that of either eigenvalue.

    Raises:
        InputError: they are not known to 1e-6 of the largest after as many products as are allowed.
    """
    double = _in_double(correlation)
    with one_thread(double.image.numel()):
        ends = _by_lags(double, report) if double.image.numel() > LARGE and is_cheaper(double) else None
        ends = ends or _extremes(double.gram, double, report)
    if ends.error > TRUSTED * ends.maximum:
        raise InputError(
            f"the eigenvalues of a {double.kernel_shape[0]}x{double.kernel_shape[1]} kernel are known only to "
            f"{ends.error / ends.maximum:.1e} of the largest after {ends.products} products; use a smaller kernel"
        )
    return ends


def _extremes(gram: Callable[[torch.Tensor], torch.Tensor], of: Correlation, report: Progress | None) -> Extremes:
    def apply(vector: torch.Tensor) -> torch.Tensor:
        return gram(vector.view(of.kernel_shape)).reshape(-1)

    return extremes(apply, prod(of.kernel_shape), device=of.image.device, report=report)


def _by_lags(of: Correlation, report: Progress | None) -> Extremes | None:
    """At a cost that hardly depends on the image's size; None where rounding would count."""
    gram = LagGram(of)
    ends = _extremes(gram, of, report)
    error = ends.error + gram.rounding
    return ends._replace(error=error) if error <= ACCURATE * ends.maximum else None


def windowed_bounds(
    image: torch.Tensor | np.ndarray,
    kernel_size: int | tuple[int, int],
    a: float,
    beta: float,
    lr: float,
    boundary: str = "valid",
    momentum: float | None = None,
) -> Bounds:
    """The weight decays between which the windowed linear PDE is stable, exact up to the eigenvalues' error.

    Args:
        image: (H, W).
        kernel_size: side of the kernel, or (h, w).
        a: output error yhat - y, of either sign.
        beta: parameter of Swish, > 0.
        lr: step size, > 0.
        boundary: ``"valid"``, ``"full"`` or ``"circular"``.
        momentum: None for gradient descent; otherwise the coefficient of Nesterov's momentum, in [0, 1).

    Returns:
        (alpha_min, alpha_max).

    Raises:
        InputError: bad image, kernel, boundary, or a parameter out of range.

    Source: Thm 5.4 on the windowed operator; checked against simulation in Tab 2.
    """
    for name, value in (("beta", beta), ("lr", lr)):
        positive(name, value)
    finite("a", a)
    return bounds_of(extreme_eigenvalues(Correlation(_as_double(image), kernel_size, boundary)), a, beta, lr, momentum)


def bounds_of(ends: Extremes, a: float, beta: float, lr: float, momentum: float | None = None) -> Bounds:
    """As `windowed_bounds`, where the eigenvalues are known already."""
    if momentum is None:
        bounds = theorem("5.4").function("numpy", "alpha_bounds")
        return Bounds(*map(float, bounds(a=a, beta=beta, lr=lr, power_min=ends.minimum, power_max=ends.maximum)))
    lowest, highest = _stable_curvatures(lr, finite("momentum", momentum))
    driven = [a * beta / 2 * mu for mu in (ends.minimum, ends.maximum)]
    return Bounds(lowest - min(driven), highest - max(driven))


def _in_double(correlation: Correlation) -> Correlation:
    if correlation.image.dtype == torch.float64:
        return correlation
    return Correlation(correlation.image.double(), correlation.kernel_shape, correlation.boundary, correlation.pooling)


def _as_double(image: object) -> torch.Tensor:
    return image_tensor(image).to(torch.float64)


def _stable_curvatures(lr: float, momentum: float) -> tuple[float, float]:
    """The interval of curvatures at which Nesterov's scheme is stable, from its derived condition."""
    if not 0 <= momentum < 1:
        raise InputError(f"expected momentum in [0, 1), got {momentum!r}")
    stable = stability(optimizers["nesterov"], "schur").solve("curvature")
    interval = stable.subs({lr_symbol: lr, momentum_symbol: momentum})
    return float(interval.inf), float(interval.sup)


__all__ = ["Bounds", "Extremes", "extreme_eigenvalues", "windowed_bounds"]
