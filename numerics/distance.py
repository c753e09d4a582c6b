"""How far two sets of weights are apart, relative to their size."""

from __future__ import annotations

import torch
from torch import Tensor

from derive.errors import InputError


def relative_l1(first: Tensor, second: Tensor, dims: int | None = None) -> Tensor:
    r"""RelL1 :math:`= \frac{2}{N}\sum_i |x_i - y_i| / (|x_i| + |y_i|)`, in [0, 2]; a pair of zeros counts 0.

    Args:
        first: weights, any shape.
        second: weights of the same shape.
        dims: average over this many trailing axes, keeping the leading ones; all axes by default.

    Returns:
        Scalar, or a tensor over the leading axes; NaN where a weight is NaN or infinite.

    Raises:
        InputError: the shapes differ, or there are no weights.

    Source: Section 4.2.
    """
    first, second = torch.as_tensor(first), torch.as_tensor(second)
    if first.shape != second.shape or first.numel() == 0:
        raise InputError(f"expected two non-empty tensors of one shape, got {tuple(first.shape)} and {tuple(second.shape)}")
    # Halving first keeps the sum of two huge weights finite.
    size = first.abs() / 2 + second.abs() / 2
    terms = torch.where(size == 0, torch.zeros_like(size), (first / 2 - second / 2).abs() / size)
    return 2 * terms.mean(dim=None if dims is None else tuple(range(-dims, 0)))
