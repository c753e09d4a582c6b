"""Products over all pieces of the data, one vector after another or several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from derive.errors import InputError, choose
from numerics.sharpness.methods import METHODS, Product, fastest, now
from numerics.sharpness.objective import Objective

Active = tuple[int, ...]
"""Numbers of the parameters that a block is of."""


class Pooled:
    """Products with the Hessian of an objective, or with its diagonal blocks; what is kept for them is shared by all.

    Args:
        objective: the loss, with its data.
        method: see `Hessian`.

    Attributes:
        method: the one in use.

    Raises:
        InputError: an unknown method, or none that works.
    """

    def __init__(self, objective: Objective, method: str) -> None:
        self.objective = objective
        self._made: list[Product] = []
        self._vectorised: dict[Active, bool] = {}
        candidates = ["graph" if len(objective.pieces) == 1 else "reverse-over-reverse", "forward-over-reverse"]
        if method == "measured":
            method = fastest(self._loss_of(0), objective.tensors, candidates)
        self.method = candidates[0] if method == "auto" else method
        choose("method", self.method, METHODS)

    def products(self, vectors: Tensor, active: Active) -> tuple[Tensor, int]:
        """(p, n) -> (p, n), and how many products it took: one more than p where it was tried which way is faster."""
        if len(vectors) > 1 and active not in self._vectorised:
            return self._tried(vectors, active), len(vectors) + 1
        if len(vectors) > 1 and self._vectorised[active]:
            return self._sum(vectors, active, True), len(vectors)
        return self._one_by_one(vectors, active), len(vectors)

    def _tried(self, vectors: Tensor, active: Active) -> Tensor:
        self._prepared()
        start = now(vectors)
        self._sum(vectors[:1], active, False)
        alone, start = now(vectors) - start, now(vectors)
        try:
            summed = self._sum(vectors, active, True)
        except InputError:
            raise
        except RuntimeError:  # an operation that torch cannot vectorise
            self._vectorised[active] = False
            return self._one_by_one(vectors, active)
        self._vectorised[active] = now(vectors) - start < alone * len(vectors)
        return summed

    def _one_by_one(self, vectors: Tensor, active: Active) -> Tensor:
        return torch.cat([self._sum(vector[None], active, False) for vector in vectors])

    def _sum(self, vectors: Tensor, active: Active, several: bool) -> Tensor:
        tensors = [self.objective.tensors[i] for i in active]
        leading = (len(vectors),) if several else ()
        parts = vectors.detach().split([t.numel() for t in tensors], dim=1)
        directions = [part.reshape((*leading, *t.shape)) for part, t in zip(parts, tensors, strict=True)]
        total = torch.zeros_like(vectors)
        for piece, product in zip(self.objective.pieces, self._prepared(), strict=True):
            products = product(directions, active, several)
            total += piece.weight * torch.cat([f.detach().reshape(len(vectors), -1) for f in products], dim=1)
        return total

    def _prepared(self) -> list[Product]:
        if not self._made:
            make = METHODS[self.method]
            self._made += [make(self._loss_of(i), self.objective.tensors) for i in range(len(self.objective.pieces))]
        return self._made

    def _loss_of(self, number: int) -> Callable[[Sequence[Tensor]], Tensor]:
        piece = self.objective.pieces[number]
        return lambda tensors: self.objective.loss(piece, tensors)
