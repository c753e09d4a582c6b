"""Operations on lists of tensors, by `torch._foreach_*` or one tensor after another, as torch's own optimisers choose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Lists:
    """Calls an operation by its name: `Lists(foreach=True)("add", tensors, others, alpha=2)`.

    Both ways give one list's worth of the same operations. torch's optimisers take the first on a GPU by default, where it
    needs few kernels, and the second on a CPU; their bits need not be equal on a GPU, so the choice has to be the same.

    Attributes:
        foreach: whether by `torch._foreach_*`.
    """

    foreach: bool

    def __call__(self, name: str, tensors: Sequence[Tensor], *arguments: Any, **options: Any) -> Sequence[Tensor]:
        """Apply to every tensor; an argument that is a list goes with the tensors one to one."""
        if self.foreach:
            return getattr(torch, f"_foreach_{name}")(tensors, *arguments, **options)
        method = getattr(Tensor, name)
        columns = [a if isinstance(a, (list, tuple)) else repeat(a) for a in arguments]
        return [method(tensor, *row, **options) for tensor, *row in zip(tensors, *columns, strict=False)]


def alike(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """Split by device and number format: only such lists take the fast road through `torch._foreach_*`."""
    kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        kinds[tensor.device, tensor.dtype].append(tensor)
    return list(kinds.values())
