"""How many units in the last place two sets of weights are apart: steps through all the numbers between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.measures.distance import BITS

FARTHEST = torch.iinfo(torch.int64).max


@dataclass(frozen=True)
class Ulps:
    """Distribution of the ulp distance over all weights.

    Attributes:
        counts: weights by distance: 0; 1; 2 to 3; 4 to 7; ... (bin b > 0 holds 2^(b-1) to 2^b - 1), up to the last bin in use.
        median: distance that half of the weights do not exceed (the lower one of two in the middle).
        largest: largest distance; 2^63 - 1 if that or more.
        incomparable: weights where either is NaN; they count as farthest in the median, and in no bin.
        weights: all weights.
    """

    counts: tuple[int, ...]
    median: int
    largest: int
    incomparable: int
    weights: int

    @property
    def sentence(self) -> str:
        """In words."""
        equal, one = (*self.counts, 0, 0)[:2]
        nan = f", {self.incomparable} are NaN" if self.incomparable else ""
        return (
            f"Of {self.weights} weights {equal} are equal and {one} one ulp apart; the median is {self.median} ulps, "
            f"the largest {self.largest}{nan}."
        )


@torch.no_grad()
def ulp_distance(first: Tensor, second: Tensor) -> Tensor:
    """Steps from `first` to `second` through the numbers of their type; both zeros are one, infinity follows the largest.

    Args:
        first: any shape; float16, bfloat16, float32 or float64.
        second: the same shape and type.

    Returns:
        int64, of the same shape; 2^63 - 1 for that and more, and where either is NaN.

    Raises:
        InputError: shapes or types differ, or they are not floating point.
    """
    if first.shape != second.shape or first.dtype != second.dtype or first.dtype not in BITS:
        kinds = f"{tuple(first.shape)} in {first.dtype} and {tuple(second.shape)} in {second.dtype}"
        raise InputError(f"expected two tensors of one shape and floating-point type, got {kinds}")
    x, y = _ranks(first), _ranks(second)
    apart = torch.maximum(x, y) - torch.minimum(x, y)
    # In float64 the difference of two ranks may need 64 bits and wraps.
    return torch.where((apart < 0) | first.isnan() | second.isnan(), FARTHEST, apart)


def _ranks(weights: Tensor) -> Tensor:
    """Numbers in order -> integers in order, neighbours one apart; -0.0 and 0.0 both 0."""
    bits = weights.detach().contiguous().view(BITS[weights.dtype])
    lowest = torch.iinfo(bits.dtype).min
    bits = bits.long()
    return torch.where(bits < 0, lowest - bits, bits)


@torch.no_grad()
def ulps(first: Sequence[Tensor], second: Sequence[Tensor]) -> Ulps:
    """Distribution of the ulp distance over all weights of two nets.

    Args:
        first: tensors, as `net.parameters()` gives them.
        second: as many, of the same shapes and type.

    Raises:
        InputError: they differ in number, shape or type, or there are none.
    """
    if len(first) != len(second) or not sum(weight.numel() for weight in first):
        raise InputError(f"expected two lists of as many tensors, with weights, got {len(first)} and {len(second)}")
    apart = torch.cat([ulp_distance(x, y).ravel() for x, y in zip(first, second, strict=True)])
    nan = torch.cat([(x.isnan() | y.isnan()).ravel() for x, y in zip(first, second, strict=True)])
    bins = torch.cat([apart.new_zeros(1), 2 ** torch.arange(63, device=apart.device)])
    counts = torch.bincount(torch.bucketize(apart[~nan], bins, right=True) - 1, minlength=1).tolist()
    comparable = apart[~nan]
    largest = int(comparable.max()) if comparable.numel() else FARTHEST
    return Ulps(tuple(counts), int(apart.median()), largest, int(nan.sum()), apart.numel())
