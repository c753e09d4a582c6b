"""Points near the one where a model is, along given directions or by chance: the same on every device.

>>> further, = moved([torch.ones(2)], 0.5, [torch.tensor([1.0, -1.0])])
>>> further.tolist(), further.requires_grad
([1.5, 0.5], True)
>>> typical, none = chance([torch.full((10000,), 3.0), torch.zeros(10000)], seed=0)  # where a tensor is 0, as large as all
>>> [round(float(d.square().mean().sqrt()), 1) for d in (typical, none)]
[3.0, 3.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from numerics.optim.stateless import centred


def moved(tensors: Sequence[Tensor], step: float, directions: Sequence[Tensor] | None = None, seed: int = 0) -> list[Tensor]:
    """Leaves a step away: along directions, or by chance; then relative to the root mean square of each tensor."""
    if directions is None:
        directions = chance(tensors, seed)
    return [(t + step * d).detach().requires_grad_() for t, d in zip(tensors, directions, strict=True)]


def chance(tensors: Sequence[Tensor], seed: int) -> list[Tensor]:
    """A random direction as large as the tensors are, each by itself; where one is 0, as large as all of them."""
    sizes = [float(t.detach().double().square().mean().sqrt()) if t.numel() else 0.0 for t in tensors]
    typical = max(sizes) or 1.0
    return [(size or typical) * _unit(t, seed, n) for n, (t, size) in enumerate(zip(tensors, sizes, strict=True))]


def _unit(like: Tensor, seed: int, draw: int) -> Tensor:
    """Independent numbers of variance 1, the same on every device."""
    if not like.numel():
        return torch.zeros_like(like)
    return (sqrt(3) * centred(like.numel(), seed, draw, like.device)).view(like.shape).to(like.dtype)
