"""How far two sets of weights are apart, relative to their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from derive.errors import InputError

BITS = MappingProxyType(
    {torch.float16: torch.int16, torch.bfloat16: torch.int16, torch.float32: torch.int32, torch.float64: torch.int64}
)
"""Type of the weights -> integers of the same width, by which bits are compared."""

ROOM = MappingProxyType({"cpu": 2**15, "cuda": 2**24})
"""Weights compared at once: what stays in a core's cache, and what fills a GPU without crowding its memory."""

SMALLEST = 5e-324

Part = tuple[int, int, int]
"""A layer's number, and the first and last + 1 of the weights of it that are meant."""


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
    # Halving first keeps the sum of two huge weights finite. Few temporaries: fresh memory takes longer than the arithmetic.
    kind = torch.result_type(first, second)
    x, y = first.to(kind) * 0.5, second.to(kind) * 0.5
    terms = (x - y).abs_()
    size = x.abs_().add_(y.abs_())
    smallest = torch.finfo(size.dtype).smallest_normal * torch.finfo(size.dtype).eps
    terms = terms.div_(size.clamp_(min=smallest))
    return 2 * terms.mean(dim=None if dims is None else tuple(range(-dims, 0)))


class Distances(NamedTuple):
    """How far M members are from a reference; all tensors on the weights' device.

    Attributes:
        layers: RelL1 of every layer, (M, L) float64, in [0, 2]; NaN where a weight is NaN or infinite.
        net: RelL1 over all weights at once (not the mean of the layers' values), (M,) float64.
        changed: fraction of all weights whose bits differ, (M,) float64, in [0, 1]. So -0.0 differs from 0.0 (which RelL1
            does not see) and a NaN is unchanged if it is the same NaN, bit for bit (RelL1 is NaN all the same).
    """

    layers: Tensor
    net: Tensor
    changed: Tensor


@torch.no_grad()
def distances(members: Sequence[Sequence[Tensor]], reference: Sequence[Tensor]) -> Distances:
    """Distances of several members from one, per layer and for the whole net, in one pass over the weights.

    Everything is computed in float64, whatever the weights' type. A term |x - y|/(|x| + |y|) takes three roundings and a
    sum of N of them at most N - 1 more, so that a value is known to (N + 2) 2^-53 relative in the worst case: 1e-9 for ten
    million weights, and 1e-13 or so in practice, since torch adds by halves. Weights below 1e-307 in float64 lose up to a bit.

    Args:
        members: M lists of L tensors each, as `net.parameters()` gives them; `unstacked` makes them from stacked tensors.
        reference: L tensors of the same shapes, type and device.

    Raises:
        InputError: lists, shapes or types differ; no weights; not floating point.

    Source: Section 4.2 (RelL1).
    """
    members = [list(member) for member in members]
    _check(members, list(reference))
    sizes = [weight.numel() for weight in reference]
    sums = torch.zeros(len(members), len(sizes), dtype=torch.float64, device=reference[0].device)
    changed = torch.zeros(len(members), dtype=torch.int64, device=sums.device)
    room = ROOM.get(sums.device.type, ROOM["cpu"]) // len(members)
    for parts in _blocks(sizes, max(room, 1)):
        theirs = torch.stack([_gathered(member, parts) for member in members])
        ours = _gathered(reference, parts)
        changed += (_bits(theirs) != _bits(ours)).sum(-1)
        for (layer, _, _), terms in zip(parts, _terms(theirs, ours).split([b - a for _, a, b in parts], -1), strict=True):
            sums[:, layer] += terms.sum(-1)
    weights = torch.tensor(sizes, dtype=torch.float64, device=sums.device)
    return Distances(2 * sums / weights, 2 * sums.sum(-1) / sum(sizes), changed.double() / sum(sizes))


def unstacked(weights: Sequence[Tensor]) -> list[list[Tensor]]:
    """Tensors with a leading axis over M members, (M, ...) each -> M lists of tensors (views)."""
    return [list(member) for member in zip(*(weight.unbind(0) for weight in weights), strict=True)]


def _check(members: list[list[Tensor]], reference: list[Tensor]) -> None:
    if not members or not reference or any(weight.numel() == 0 for weight in reference):
        raise InputError(
            f"expected members and a reference with weights, got {len(members)} members and {len(reference)} tensors"
        )
    wanted = [(weight.shape, weight.dtype) for weight in reference]
    if len({weight.dtype for weight in reference}) > 1 or reference[0].dtype not in BITS:
        raise InputError(f"expected weights of one floating-point type, got {sorted({str(w.dtype) for w in reference})}")
    for number, member in enumerate(members):
        if [(weight.shape, weight.dtype) for weight in member] != wanted:
            raise InputError(f"expected every member to have the reference's shapes and type, member {number} has not")


def _blocks(sizes: Sequence[int], room: int) -> Iterator[list[Part]]:
    """The layers in blocks of `room` weights: small ones together, large ones cut."""
    block, left = [], room
    for layer, size in enumerate(sizes):
        start = 0
        while start < size:
            stop = min(size, start + left)
            block.append((layer, start, stop))
            left -= stop - start
            start = stop
            if left == 0:
                yield block
                block, left = [], room
    if block:
        yield block


def _gathered(weights: Sequence[Tensor], parts: list[Part]) -> Tensor:
    """Parts of the layers as one fresh vector."""
    return torch.cat([weights[layer].detach().reshape(-1)[start:stop] for layer, start, stop in parts])


def _bits(weights: Tensor) -> Tensor:
    return weights.view(BITS[weights.dtype])


def _terms(first: Tensor, second: Tensor) -> Tensor:
    """|x - y| / (|x| + |y|), a pair of zeros 0; `first` may be overwritten."""
    if first.dtype == torch.float64:  # the sum of two huge weights must stay finite; no other type reaches that far
        first, second = first.mul_(0.5), second * 0.5
    x, y = first.double(), second.double()
    size = x.abs().add_(y.abs()).clamp_(min=SMALLEST)
    return x.sub_(y).abs_().div_(size)
