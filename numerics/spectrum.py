"""The exact stability edge of the windowed linear PDE, from the extreme eigenvalues of its operator.

The finite window replaces |Ihat|^2 of Thm 5.4 by the spectrum of K -> [(K * I) * I] W, a symmetric matrix of h w rows
that is never formed.

Source: Thm 5.3 (windowed form), Thm 5.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

from derive import optimizers, stability, theorem
from derive.errors import InputError
from derive.symbols import lr as lr_symbol
from derive.symbols import momentum as momentum_symbol
from numerics.checks import finite, positive
from numerics.correlation import Correlation

DENSE = 64
"""Up to this many kernel cells all eigenvalues are computed."""

TOLERANCE = 1e-9
"""Residual of an extreme eigenvalue, relative to the largest one."""


class Extremes(NamedTuple):
    """Extreme eigenvalues of the windowed operator, and a bound on the error of either."""

    minimum: float
    maximum: float
    error: float


class Bounds(NamedTuple):
    """Weight decays between which the scheme is stable; the interval is empty when the first exceeds the second."""

    alpha_min: float
    alpha_max: float


def extreme_eigenvalues(correlation: Correlation) -> Extremes:
    """Smallest and largest eigenvalue of K -> [(K * I) * I] W.

    The smallest is found as the largest of `maximum - T`, so that its error is small against the maximum however
    clustered the lower end is; it is at least 0.
    """
    size = correlation.kernel_shape[0] * correlation.kernel_shape[1]
    if size <= DENSE:
        values = np.linalg.eigvalsh(_dense(correlation, size))
        return Extremes(max(float(values[0]), 0.0), float(values[-1]), float(values[-1]) * size * np.finfo(float).eps)
    top, error = _largest(lambda v: _apply(correlation, v), size)
    if top <= 0:
        return Extremes(0.0, 0.0, 0.0)
    gap, gap_error = _largest(lambda v: top * v - _apply(correlation, v), size)
    return Extremes(max(top - gap, 0.0), top, error + gap_error)


def _apply(correlation: Correlation, vectors: np.ndarray) -> np.ndarray:
    kernels = torch.as_tensor(vectors.reshape(-1, *correlation.kernel_shape)).to(correlation.image)
    return correlation.gram(kernels).reshape(vectors.shape).cpu().numpy().astype(float)


def _dense(correlation: Correlation, size: int) -> np.ndarray:
    matrix = _apply(correlation, np.eye(size))
    return (matrix + matrix.T) / 2


def _largest(apply, size: int) -> tuple[float, float]:
    """Largest eigenvalue of a positive semidefinite operator and its residual norm."""
    operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(size)
    values, vectors = eigsh(operator, k=1, which="LA", v0=start, tol=TOLERANCE)
    residual = np.linalg.norm(apply(vectors[:, 0]) - values[0] * vectors[:, 0])
    return float(values[0]), float(residual)


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
    extremes = extreme_eigenvalues(Correlation(_as_double(image), kernel_size, boundary))
    if momentum is None:
        bounds = theorem("5.4").function("numpy", "alpha_bounds")
        return Bounds(*map(float, bounds(a=a, beta=beta, lr=lr, power_min=extremes.minimum, power_max=extremes.maximum)))
    lowest, highest = _stable_curvatures(lr, finite("momentum", momentum))
    driven = [a * beta / 2 * mu for mu in (extremes.minimum, extremes.maximum)]
    return Bounds(lowest - min(driven), highest - max(driven))


def _as_double(image: object) -> torch.Tensor:
    from numerics.checks import image_tensor

    return image_tensor(image).to(torch.float64)


def _stable_curvatures(lr: float, momentum: float) -> tuple[float, float]:
    """The interval of curvatures at which Nesterov's scheme is stable, from its derived condition."""
    if not 0 <= momentum < 1:
        raise InputError(f"expected momentum in [0, 1), got {momentum!r}")
    found = stability(optimizers["nesterov"], "schur").solve("curvature")
    interval = found.subs({lr_symbol: lr, momentum_symbol: momentum})
    return float(interval.inf), float(interval.sup)


__all__ = ["Bounds", "Extremes", "extreme_eigenvalues", "windowed_bounds"]
