"""Vectors made orthogonal to a basis."""

from __future__ import annotations

from torch import Tensor


def orthogonal(vector: Tensor, basis: Tensor) -> tuple[Tensor, Tensor]:
    """What is left of a vector (n,), and its components (m,) along the orthonormal rows (m, n) of a basis.

    Twice is enough: the first pass leaves rounding errors of the components, the second of what is left.

    Source: Parlett, The Symmetric Eigenvalue Problem, sec. 6-9.
    """
    first = basis @ vector
    vector = vector - first @ basis
    second = basis @ vector
    return vector - second @ basis, first + second
