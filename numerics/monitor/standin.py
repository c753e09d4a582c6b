"""Stands in for `numerics.sharpness` until that is there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor


class Spectrum(NamedTuple):
    """As in `numerics.sharpness`."""

    values: Tensor
    bounds: Tensor
    vectors: Tensor
    products: int


def sharpness(
    model: Any, loss_fn: Any, data: Any, *, which: str, tolerance: float, warm: Any, preconditioner: Any, parameters: Any
) -> Spectrum:
    """By SciPy."""
    loss = loss_fn(model(data[0]), data[1])
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    flat = torch.cat([g.flatten() for g in gradients])
    root = torch.cat([p.flatten() for p in preconditioner]).rsqrt()
    products = 0

    def apply(vector: np.ndarray) -> np.ndarray:
        nonlocal products
        products += 1
        scaled = root * torch.as_tensor(vector.reshape(-1)).to(flat)
        out = torch.autograd.grad(flat @ scaled, parameters, retain_graph=True)
        return (root * torch.cat([o.flatten() for o in out])).double().numpy()

    size = flat.numel()
    if size < 20:
        dense = np.stack([apply(e) for e in np.eye(size)])
        values, vectors = np.linalg.eigh((dense + dense.T) / 2)
        pick = [-1] if which == "largest" else [0]
        values, vectors = values[pick], vectors[:, pick]
    else:
        operator = LinearOperator((size, size), matvec=apply)
        start = None if warm is None else warm[0].double().numpy()
        values, vectors = eigsh(operator, k=1, which="LA" if which == "largest" else "SA", tol=tolerance, v0=start)
    found = torch.tensor(values.copy())
    return Spectrum(found, found.abs() * tolerance, torch.tensor(vectors.T.copy()).to(flat), products)
