"""Both extreme eigenvalues of a positive semidefinite operator with all its cheap products: one vector, very many steps.

Unlike the space of `numerics.sharpness.krylov`, which holds a few dozen products of a Hessian and restarts, this one grows to
a thousand: so its projection is kept as the three diagonals that it is, not whole, and no step waits for more than two numbers.
Lanczos with full reorthogonalisation: one Krylov space serves both ends, and a cluster of eigenvalues near zero, which
every smooth image has, does not hold it up, as it does the residual test of a restarted method (SciPy's eigsh took minutes
on such images, or gave up).

>>> diagonal = torch.tensor([4.0, 1.0, 1.0, 0.0], dtype=torch.float64)
>>> ends = extremes(lambda vector: diagonal * vector, 4)
>>> round(ends.minimum, 9), round(ends.maximum, 9), ends.products  # a double eigenvalue is one direction
(0.0, 4.0, 3)

Source: Parlett, The Symmetric Eigenvalue Problem, ch. 11 (residual bounds) and 13 (Lanczos).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import eigh_tridiagonal
from torch import Tensor

from numerics.common.orthogonal import orthogonal
from numerics.optim.stateless import centred
from numerics.pdes.simulate import Progress

Operator = Callable[[Tensor], Tensor]
"""(n,) -> (n,), float64, on one device."""

CHECKED = 10
"""Steps between two looks at the bounds."""

LIMIT = 1000
"""Most steps; their vectors are kept."""


class Extremes(NamedTuple):
    """Extreme eigenvalues, and what is known about them.

    Attributes:
        minimum: smallest eigenvalue, >= 0.
        maximum: largest eigenvalue.
        error: bound on the error of either, absolute.
        products: operator products it took.
    """

    minimum: float
    maximum: float
    error: float
    products: int


def extremes(
    apply: Operator,
    size: int,
    tolerance: float = 1e-8,
    limit: int = LIMIT,
    device: torch.device | str = "cpu",
    report: Progress | None = None,
) -> Extremes:
    """Extreme eigenvalues, to within `tolerance` of the largest one unless `limit` steps do not suffice.

    An eigenvalue lies within the residual of each Ritz value. At the lower end it also lies between 0 and the Ritz value.
    Vectors stay on the device; two numbers a step come to the host.

    Args:
        apply: the operator on a vector of `size` numbers.
        size: its dimension.
        tolerance: error asked for, relative to the largest eigenvalue.
        limit: most steps.
        device: where `apply` takes and gives its vectors.
        report: called with (products done, most that there may be).
    """
    steps = min(size, limit)
    diagonal, off = np.zeros(steps), np.zeros(steps)
    vector = centred(size, 0, 0, torch.device(device))
    basis = vector.new_empty(steps, size)
    norm, ends = vector.norm(), Extremes(0.0, 0.0, np.inf, 0)
    for n in range(steps):
        if report is not None:
            report(n, steps)
        basis[n] = vector / norm
        vector, components = orthogonal(apply(basis[n]), basis[: n + 1])
        norm = vector.norm()
        diagonal[n], off[n] = torch.stack([components[-1], norm]).tolist()
        # An invariant subspace: from a random start it holds every eigenvalue, and nothing but rounding is left.
        closed = off[n] <= size * np.finfo(float).eps * np.abs(diagonal[: n + 1]).max()
        if closed or n + 1 == steps or (n + 1) % CHECKED == 0:
            ends = _bounded(diagonal[: n + 1], off[: n + 1])
            if closed or ends.error <= tolerance * ends.maximum:
                break
    return ends


def _bounded(diagonal: np.ndarray, off: np.ndarray) -> Extremes:
    """Ritz values at both ends with their error bounds."""
    values, vectors = eigh_tridiagonal(diagonal, off[:-1])
    residuals = off[-1] * np.abs(vectors[-1])
    low, high = max(float(values[0]), 0.0), max(float(values[-1]), 0.0)
    rounding = len(values) * np.finfo(float).eps * high
    return Extremes(low, high, float(max(min(residuals[0], low), residuals[-1]) + rounding), len(values))
