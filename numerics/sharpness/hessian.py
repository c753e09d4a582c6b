"""The Hessian of a model's loss as an operator: v -> H v, never formed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from copy import copy
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator
from torch import Tensor, nn

from derive.errors import InputError
from numerics.sharpness.checks import check_derivatives, check_loss, check_repeats, check_rows, sample
from numerics.sharpness.methods import explained, gradient
from numerics.sharpness.objective import LossFn, Objective
from numerics.sharpness.pooled import Pooled
from numerics.sharpness.weights import weighed


class Hessian:
    r"""Second derivatives of the loss at the model's parameters of now, as a symmetric linear operator.

    With several pieces (batches, chunks) the loss is that of all the data: each piece weighs what the loss divides by (rows,
    tokens that are not padding, class weights), which is asked of the loss itself; of a sum each weighs 1. A loss that is no
    such mean is refused. The model's mode, gradients, buffers and other attributes, and the states of random numbers stay as
    they are, and so do the data and what the loss keeps (see `held`); training on does not change a Hessian made before.
    While it is measured, sparse embeddings have dense gradients, reentrant checkpoints are plain calls, and weight norm is
    written out: torch has no right second derivatives of these.

    TF32 and bfloat16 inside float32 are off while it is measured, and as they were afterwards.

    Args:
        model: any module; the mode it is in counts (dropout must be off).
        loss_fn: (output, targets) -> scalar, the mean or the sum over the rows.
        data: a tuple (inputs, targets), or an iterable of such batches; the model is called with `inputs`, which may be nested.
        parameters: those to differentiate by, in this order; all that require a gradient by default.
        method: "graph", "reverse-over-reverse", "forward-over-reverse", "compiled"; "measured" for the fastest by a short
            measurement; "auto" keeps the graph of a single piece, and nothing of several.
        chunk: most rows at once; None for whole batches.
        reduction: "mean" or "sum"; None to take what the loss does.
        check: look first, on a few rows, for what would make the products wrong without a word; whether the forward pass
            repeats itself and the numbers are finite is always looked at.
        known: look at nothing first, not even that: model and loss have been looked at on other data.

    Attributes:
        products: products so far, a pass over all the data each; those with a block count there.

    Raises:
        InputError: no or mixed parameters; empty data, or data elsewhere than the model; a loss that is not finite or no
            scalar; a forward pass that does not repeat itself; a loss that chunks would change; an operation without a second
            derivative.

    Warns:
        BatchCoupledWarning: batch norm in training mode.

    Example:
        >>> line = torch.nn.Linear(1, 1, bias=False)
        >>> H = Hessian(line, torch.nn.functional.mse_loss, (torch.tensor([[1.0], [3.0]]), torch.zeros(2, 1)))
        >>> (H @ torch.ones(1)).tolist()  # 2 mean(x^2)
        [10.0]
    """

    def __init__(
        self,
        model: nn.Module,
        loss_fn: LossFn,
        data: Any,
        parameters: Iterable[Tensor] | None = None,
        *,
        method: str = "auto",
        chunk: int | None = None,
        reduction: str | None = "mean",
        check: bool = True,
        known: bool = False,
    ) -> None:
        self._objective = Objective(model, loss_fn, data, parameters, chunk, reduction)
        self._active = tuple(range(len(self._objective.tensors)))
        self.products = 0
        with self.undisturbed():
            some = None if known else sample(self._objective)
            if some is not None:
                check_repeats(self._objective, some)
            if some is not None and check:
                check_rows(self._objective)
            self._objective.pieces = weighed(self._objective)
            if some is not None and check:
                check_derivatives(self._objective, some)
            self._pooled = Pooled(self._objective, method)

    def undisturbed(self) -> AbstractContextManager[None]:
        """Gradients on, random state put back at the end, no autocast: what every measurement runs in."""
        return self._objective.undisturbed()

    @property
    def method(self) -> str:
        """Of the products, as chosen."""
        return self._pooled.method

    @property
    def tensors(self) -> list[Tensor]:
        """The parameters it is with respect to, as they were."""
        return [self._objective.tensors[i] for i in self._active]

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(t.numel() for t in self.tensors)

    @property
    def shape(self) -> tuple[int, int]:
        """(size, size)."""
        return self.size, self.size

    @property
    def dtype(self) -> torch.dtype:
        """float32 or float64."""
        return self._objective.tensors[0].dtype

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self._objective.tensors[0].device

    @property
    def weight(self) -> float:
        """Of all pieces together: 1 of a mean, their number of a sum."""
        return sum(piece.weight for piece in self._objective.pieces)

    @property
    def data_rows(self) -> int:
        """What a product goes over, all pieces together."""
        return sum(piece.rows for piece in self._objective.pieces)

    def loss(self) -> float:
        """Over all data, by a forward pass.

        Raises:
            InputError: it is not finite.
        """
        with self.undisturbed():
            return sum(p.weight * check_loss(self._objective, p) for p in self._objective.pieces)

    def gradient(self) -> Tensor:
        """Of the loss over all data, (n,)."""
        with self.undisturbed(), explained(self.method):
            parts = [
                p.weight * flat(gradient(self._objective.loss(p, self._objective.tensors), self.tensors)).detach()
                for p in self._objective.pieces
            ]
        return torch.stack(parts).sum(0)

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """Products with (n,) or with the columns of (n, p), counted one each.

        Raises:
            InputError: another shape, type or device; a product that is not finite.
        """
        self._check(vectors)
        return self.rows(vectors[None])[0] if vectors.ndim == 1 else self.rows(vectors.T).T

    def rows(self, vectors: Tensor) -> Tensor:
        """Products with the rows of (p, n)."""
        with self.undisturbed(), explained(self.method):
            products, passes = self._pooled.products(vectors, self._active)
        self.products += passes
        if not bool(products.isfinite().all()):
            self._explain(vectors)
        return products

    def _explain(self, vectors: Tensor) -> None:
        if not bool(vectors.isfinite().all()):
            raise InputError("expected a finite vector, got one with NaN or infinite entries")
        self.loss()  # speaks up if it is the one
        raise InputError(
            "expected finite second derivatives, got a product that is not; does the model take a root or a norm at 0?"
        )

    def _check(self, vectors: Tensor) -> None:
        if not isinstance(vectors, Tensor) or vectors.ndim not in (1, 2) or len(vectors) != self.size or 0 in vectors.shape:
            got = tuple(vectors.shape) if isinstance(vectors, Tensor) else type(vectors).__name__
            raise InputError(f"expected a vector of {self.size} numbers, or several as columns, got {got}")
        if vectors.dtype != self.dtype or vectors.device != self.device:
            got = f"{vectors.dtype} on {vectors.device}"
            raise InputError(
                f"expected vectors of {self.dtype} on {self.device}, as the model, got {got}; convert them with .to()"
            )

    def block(self, parameters: Iterable[Tensor]) -> Hessian:
        """The diagonal block of some of the model's parameters; data, checks and kept graphs are shared.

        Raises:
            InputError: none, or one that this Hessian is not with respect to.
        """
        numbers = {id(p): i for i, p in enumerate(self._objective.originals) if i in self._active}
        chosen = list(parameters)
        if not chosen or any(id(p) not in numbers for p in chosen):
            raise InputError("expected some of the parameters of this Hessian, got none or others")
        part = copy(self)
        part._active, part.products = tuple(numbers[id(p)] for p in chosen), 0
        return part

    def linear_operator(self) -> LinearOperator:
        """For SciPy: the same products on NumPy arrays."""
        kind = {torch.float32: np.float32, torch.float64: np.float64}[self.dtype]

        def matmat(vectors: np.ndarray) -> np.ndarray:
            columns = torch.from_numpy(np.ascontiguousarray(vectors.T, dtype=kind)).to(self.device)
            return self.rows(columns).T.cpu().numpy()

        def matvec(vector: np.ndarray) -> np.ndarray:
            return matmat(vector.reshape(-1, 1))[:, 0]

        return LinearOperator(self.shape, matvec=matvec, rmatvec=matvec, matmat=matmat, rmatmat=matmat, dtype=np.dtype(kind))


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """One vector of all their entries."""
    return torch.cat([t.reshape(-1) for t in tensors])
