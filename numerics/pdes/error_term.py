r"""The exact stability edge of the windowed linear PDE whose output error is linearised too.

Its operator without the decay is :math:`\tfrac{a\beta}{2} M + \tfrac1{16} h h^T`: M that of K -> [(K * I) * I] W, h the
integral of the image over the outputs, seen from each cell of the window. On a periodic image h is Ibar everywhere.

Source: App. D.4.
"""

from __future__ import annotations

import numpy as np
import torch

from derive import theorem
from derive.errors import InputError
from numerics.common.checks import finite, image_tensor, positive
from numerics.pdes.batches import one_thread
from numerics.pdes.correlation import Correlation
from numerics.pdes.semidefinite import Extremes, Operator, extremes
from numerics.pdes.spectrum import TRUSTED, Bounds

ACCURACY = 1e-8
"""Error asked for, relative to the largest eigenvalue of (a beta/2) M."""


def pooled_image(correlation: Correlation) -> torch.Tensor:
    """h, the gradient of the pooled responses K * I: (h, w)."""
    return correlation.adjoint(torch.ones(correlation.output_shape).to(correlation.image))


def drive_extremes(correlation: Correlation, a: float, beta: float) -> Extremes:
    """Smallest and largest eigenvalue of (a beta/2) M + (1/16) h h^T, in double precision.

    Args:
        correlation: the operator with its image.
        a: output error at K = 0, s(0) - y.
        beta: parameter of Swish, > 0.

    Returns:
        (minimum, maximum, error, products); the minimum may be negative.

    Raises:
        InputError: they are not known to 1e-6 of the largest after as many products as are allowed.
    """
    double = Correlation(correlation.image.double(), correlation.kernel_shape, correlation.boundary, correlation.pooling)
    of_gram, of_pooled = map(float, theorem("D.4").function("numpy", "coefficients")(a=a, beta=beta))
    pooled = pooled_image(double).reshape(-1)

    def gram(vector: torch.Tensor) -> torch.Tensor:
        return double.gram(vector.view(double.kernel_shape)).reshape(-1)

    with one_thread(double.image.numel()):
        combined = _combined(gram, of_gram, pooled, of_pooled)
    largest = max(abs(combined.minimum), abs(combined.maximum))
    if combined.error > TRUSTED * largest:
        raise InputError(
            f"the eigenvalues of a {double.kernel_shape[0]}x{double.kernel_shape[1]} kernel are known only to "
            f"{combined.error / largest:.1e} of the largest after {combined.products} products; use a smaller kernel"
        )
    return combined


def _combined(gram: Operator, of_gram: float, pooled: torch.Tensor, of_pooled: float) -> Extremes:
    """Extreme eigenvalues of of_gram M + of_pooled h h^T, M positive semidefinite and of_pooled positive."""
    size, device = pooled.numel(), pooled.device
    norm = extremes(gram, size, device=device)
    # Lanczos here is for semidefinite operators: lift a negative one by its norm, with room for that one's error.
    lift = max(-of_gram, 0.0) * (norm.maximum + norm.error)
    # The rank-one term may dwarf the other, which alone decides the lower end: ask for what that one needs.
    needed = abs(of_gram) * norm.maximum
    total = (needed + of_pooled * float(pooled @ pooled)) or 1.0
    tolerance = max(ACCURACY * needed / total, np.finfo(float).eps * size)

    def both(v: torch.Tensor) -> torch.Tensor:
        return of_gram * gram(v) + of_pooled * (pooled @ v) * pooled + lift * v

    ends = extremes(both, size, tolerance, device=device)
    return ends._replace(minimum=ends.minimum - lift, maximum=ends.maximum - lift)


def error_bounds(
    image: torch.Tensor | np.ndarray,
    kernel_size: int | tuple[int, int],
    y: float,
    beta: float,
    lr: float,
    boundary: str = "valid",
    pooling: str = "sum",
) -> Bounds:
    """The weight decays between which the windowed linear PDE with the error linearised too is stable.

    Args:
        image: (H, W).
        kernel_size: side of the kernel, or (h, w).
        y: label.
        beta: parameter of Swish, > 0.
        lr: step size, > 0.
        boundary: ``"valid"``, ``"full"`` or ``"circular"``.
        pooling: ``"sum"`` or ``"mean"``.

    Returns:
        (alpha_min, alpha_max), exact up to the eigenvalues' error.

    Raises:
        InputError: bad image, kernel, boundary or pooling, or a parameter out of range.
    """
    for name, value in (("beta", beta), ("lr", lr)):
        positive(name, value)
    derived = theorem("D.4")
    a = float(derived.function("numpy", "error_at_rest")(y=finite("y", y)))
    correlation = Correlation(image_tensor(image).double(), kernel_size, boundary, pooling)
    drive = drive_extremes(correlation, a, beta)
    bounds = derived.function("numpy", "windowed_alpha_bounds")
    return Bounds(*map(float, bounds(lr=lr, drive_min=drive.minimum, drive_max=drive.maximum)))


__all__ = ["drive_extremes", "error_bounds", "pooled_image"]
