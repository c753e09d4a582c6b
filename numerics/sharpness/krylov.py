"""Extreme eigenpairs of a symmetric operator on torch vectors, from products alone.

Block Lanczos with full reorthogonalisation. The extremes of the Rayleigh quotient over all of R^n are looked for in a space
of a few dimensions, spanned by the start and what products with H make of it: the ends of the spectrum show there first. Each
Ritz value has an eigenvalue within its residual, to rounding, so that a few products bound the error. That no eigenvalue lies
further out is not shown: an eigenvector orthogonal to the start is seen only as rounding or a closed space brings it in; once
the space is `full` there is none. The projected matrix is kept whole, not as a band: so a restart may keep the best vectors
of the space, and asymmetry of the operator shows. A block of k vectors finds an eigenvalue up to k times.

>>> diagonal = torch.tensor([4.0, 1.0, 1.0, 0.0], dtype=torch.float64)
>>> space = Space(torch.ones(1, 4, dtype=torch.float64), seed=0, room=4)
>>> products = sum(space.grow(lambda rows: rows * diagonal) for _ in range(3))
>>> values, residuals, _ = space.projection().pairs()
>>> [round(abs(value), 9) for value in values.tolist()], bool(residuals.max() < 1e-12)  # the double eigenvalue once
([0.0, 1.0, 4.0], True)

It is for few and dear products, warm starts and operators of either sign; `numerics.pdes.semidefinite` for many cheap ones.
When a value is exact enough, and when it is given up, `measure` decides.

Source: Parlett, The Symmetric Eigenvalue Problem, ch. 11 and 13; Wu and Simon (2000) for the restart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from derive.errors import InputError
from numerics.common.orthogonal import orthogonal
from numerics.optim.stateless import centred

Apply = Callable[[Tensor], Tensor]
"""(b, n) vectors -> (b, n) products."""
ROUNDING = 50
"""Rounding errors of a Ritz value, in units of the last place of the largest."""


class UnresolvedError(InputError):
    """The products are not those of a symmetric operator, to the accuracy that its number format can have."""


class Projection(NamedTuple):
    """What a space says about the operator H.

    Attributes:
        matrix: (m, m) = Q H Q^T, for the rows Q that H was applied to.
        coupling: (b, m), the part of H Q^T outside Q; its rows belong to the b next basis vectors.
        rounding: of an eigenvalue, absolute.
    """

    matrix: np.ndarray
    coupling: np.ndarray
    rounding: float

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ritz values (m,) ascending, residuals (m,), and coefficients (m, m) of the vectors as columns."""
        values, vectors = np.linalg.eigh(self.matrix)
        return values, np.linalg.norm(self.coupling @ vectors, axis=0), vectors


class Space:
    """A Krylov space that grows by one block of products at a time.

    Args:
        start: (b, n) vectors, b <= n, linearly independent or not.
        seed: of the directions where the space closes; `start` is taken for the first draws of it.
        room: basis vectors held at most; then the best are kept.
    """

    def __init__(self, start: Tensor, seed: int, room: int) -> None:
        self.seed, self.room = seed, room
        self.known, self.size, self.width = 0, 0, len(start)
        self._drawn = len(start)
        self._basis = start.new_empty(min(4 * self.width + 4, room + self.width), start.shape[1])
        self._matrix = np.zeros((room + 2 * self.width,) * 2)
        for vector in start:
            self._append(vector, None)

    @property
    def basis(self) -> Tensor:
        """(size, n), orthonormal rows; H has been applied to the first `known`."""
        return self._basis[: self.size]

    @property
    def full(self) -> bool:
        """Whether there is nothing outside it."""
        return self.known == self._basis.shape[1]

    def grow(self, apply: Apply) -> int:
        """Apply H to the newest block; the number of products."""
        fresh = self.basis[self.known :]
        for row, product in enumerate(apply(fresh), start=self.known):
            self._append(product, row)
        self.known += len(fresh)
        self._check_symmetry()
        return len(fresh)

    def projection(self) -> Projection:
        """Of what is known."""
        block = self._matrix[: self.known, : self.known]
        rounding = ROUNDING * torch.finfo(self._basis.dtype).eps * np.abs(block).max()
        return Projection((block + block.T) / 2, self._matrix[self.known : self.size, : self.known].copy(), float(rounding))

    def vectors(self, coefficients: np.ndarray) -> Tensor:
        """(m, j) coefficients -> (j, n) vectors."""
        return torch.from_numpy(coefficients.T.copy()).to(self._basis) @ self.basis[: self.known]

    def restart(self, low: int, high: int) -> None:
        """Keep the Ritz vectors at the ends and the newest block."""
        projection = self.projection()
        values, _, vectors = projection.pairs()
        kept = np.r_[0 : min(low, len(values)), max(len(values) - high, min(low, len(values))) : len(values)]
        block = torch.cat([self.vectors(vectors[:, kept]), self.basis[self.known :]])
        self.known, self.size = len(kept), len(block)
        self._basis[: self.size] = block
        self._matrix[:] = 0
        self._matrix[: self.known, : self.known] = np.diag(values[kept])
        self._matrix[self.known : self.size, : self.known] = projection.coupling @ vectors[:, kept]

    def _append(self, vector: Tensor, column: int | None) -> None:
        """Make a vector orthogonal to the basis and join it; write down the product it is, of the basis vector `column`."""
        rest, along = orthogonal(vector, self.basis)
        components = along.double().cpu().numpy()
        norm = float(rest.norm())
        if column is not None:
            self._matrix[: self.size, column] = components
            if norm > self._negligible(components):
                self._matrix[self.size, column] = norm
        if self.size == self._basis.shape[1]:
            return
        if norm <= self._negligible(components):
            rest = centred(len(vector), self.seed, self._drawn, vector.device).to(vector.dtype)
            self._drawn += 1
            rest, _ = orthogonal(rest / rest.norm(), self.basis)
            norm = float(rest.norm())
        self._reserve()
        # Once more where much was cancelled: what is left of the basis grows as the vector is scaled up.
        rest, _ = orthogonal(rest / norm, self.basis)
        self._basis[self.size] = rest / rest.norm()
        self.size += 1

    def _negligible(self, components: np.ndarray) -> float:
        known = np.abs(self._matrix[: self.known, : self.known]).max(initial=0)
        return ROUNDING * torch.finfo(self._basis.dtype).eps * max(float(known), float(np.abs(components).max(initial=0)))

    def _reserve(self) -> None:
        if self.size == len(self._basis):
            self._basis = torch.cat([self._basis, torch.empty_like(self._basis)])

    def _check_symmetry(self) -> None:
        block = self._matrix[: self.known, : self.known]
        skew, scale = float(np.abs(block - block.T).max()), float(np.abs(block).max())
        if skew > 30 * torch.finfo(self._basis.dtype).eps ** 0.5 * scale:
            raise UnresolvedError(
                f"expected a symmetric Hessian, got products off by {skew / scale:.0e} relative: some operation's second "
                "derivative is wrong (a custom autograd.Function?), the loss changes from call to call, or rounding errors "
                "hide the curvature (try float64)"
            )
