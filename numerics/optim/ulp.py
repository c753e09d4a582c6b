"""One weight moved by one unit in the last place, once: the smallest change of an initial state."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from derive.errors import InputError


@torch.no_grad()
def nudge(parameters: Iterable[Tensor], number: int) -> None:
    """Move one weight up to the next floating-point number, in place.

    Args:
        parameters: of real floating point, any shapes.
        number: which weight, from 1, counted over all parameters in their order and row by row in each.

    Raises:
        InputError: there is no weight of this number, or no finite number above it.

    >>> weights = torch.zeros(2), torch.ones(3)
    >>> nudge(weights, 4)
    >>> (weights[1] - 1).tolist()
    [0.0, 1.1920928955078125e-07, 0.0]
    """
    tensors = list(parameters)
    total = sum(t.numel() for t in tensors)
    if isinstance(number, bool) or not isinstance(number, Integral) or not 1 <= number <= total:
        raise InputError(f"expected the number of a weight, an integer from 1 to {total}, got {number!r}")
    tensor, place = _find(tensors, int(number))
    moved = torch.nextafter(tensor[place], torch.full_like(tensor[place], inf))
    if not bool(moved.isfinite()):
        raise InputError(f"expected weight {number} to have a finite number above it, got {tensor[place].item()}")
    tensor[place] = moved


def _find(tensors: list[Tensor], number: int) -> tuple[Tensor, tuple[int, ...]]:
    """The tensor that holds a weight, and its place there."""
    for tensor in tensors:
        if number <= tensor.numel():
            return tensor, tuple(int(i) for i in np.unravel_index(number - 1, tensor.shape))
        number -= tensor.numel()
    raise AssertionError("the number was checked")
