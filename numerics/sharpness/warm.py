"""What one measurement leaves to the next: the result, and where to start."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.optim.stateless import centred
from numerics.sharpness.hessian import Hessian

NOISE = 0.1
"""Share of chance in a warm start: what the last eigenvectors do not contain must be able to enter."""

NEXT = 0.1
"""Share of the vectors next in order: one that overtakes comes from there."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues at the ends of a Hessian's spectrum.

    Attributes:
        values: (k,) float64 on the CPU, outermost first; for "both" (2k,), the largest before the smallest.
        bounds: (k,) float64, on the errors of the values, absolute, rounding included. They assume that nothing unseen lies
            beyond 0.99 of the last value (beyond the next value seen, if that is more). An eigenvector that the start hardly
            contains can be missed, as by every Krylov method; a cold start now and then tells.
        vectors: (k, n) unit eigenvectors (of the preconditioned Hessian, if one was asked for), on the model's device.
        following: (1 or 2, n) the vectors next in order at each end, rough; a warm start looks there for one that overtakes.
        products: passes over all the data.
        converged: whether the bounds are within the tolerance.
        residuals: (k,) |H v - value v|: an eigenvalue lies within, whatever is unseen.
        measured: how many measurements this one has behind it, by warm starts.
        method: of the products.
    """

    values: Tensor
    bounds: Tensor
    vectors: Tensor
    following: Tensor
    products: int
    converged: bool
    residuals: Tensor
    measured: int
    method: str

    def __float__(self) -> float:
        """The first value."""
        return float(self.values[0])


class Before:
    """The last measurement, if any.

    Args:
        warm: it, or its vectors (p, n).
        k: eigenvalues at an end.
        ends: whether the lower and the upper end are meant.
        hessian: the one to measure now.

    Raises:
        InputError: vectors of another length.
    """

    def __init__(self, warm: Spectrum | Tensor | None, k: int, ends: tuple[int, int], hessian: Hessian) -> None:
        self.k, self.ends, self.hessian = k, ends, hessian
        self.vectors, self.following, self.measured = None, None, 0
        if warm is None:
            return
        vectors = warm.vectors if isinstance(warm, Spectrum) else warm
        if not isinstance(vectors, Tensor) or vectors.ndim != 2 or vectors.shape[1] != hessian.size:
            got = tuple(vectors.shape) if isinstance(vectors, Tensor) else type(vectors).__name__
            raise InputError(f"expected a warm start of vectors (p, {hessian.size}) or the last Spectrum, got {got}")
        self.vectors = vectors[: k * sum(ends)].to(device=hessian.device, dtype=hessian.dtype)
        self.measured = 1
        if isinstance(warm, Spectrum):
            self.measured = warm.measured
            self.following = warm.following.to(self.vectors)

    def start(self, seed: int) -> Tensor:
        """(k, n): chance, and the last vectors where there are some, those of both ends added up."""
        size, device, dtype = self.hessian.size, self.hessian.device, self.hessian.dtype
        noise = torch.stack([centred(size, seed, draw, device).to(dtype) for draw in range(self.k)])
        noise = noise / noise.norm(dim=1, keepdim=True)
        if self.vectors is None:
            return noise
        start = NOISE * noise
        for number, vector in enumerate(self.vectors):
            start[number % self.k] += vector
        if self.following is not None:
            start[0] += NEXT * self.following.sum(0)
        return start
