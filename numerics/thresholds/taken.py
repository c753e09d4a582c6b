"""The step sizes that a step was taken with, where other ones stand in the optimiser's groups again after it.

A controller lowers them inside the step alone. Whoever measures how far the training is from its edge has to know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from torch.optim import Optimizer

_TAKEN: WeakKeyDictionary[Optimizer, list[Any]] = WeakKeyDictionary()


def tell(optimizer: Optimizer, lrs: Sequence[Any] | None) -> None:
    """Of the step that is done now.

    Args:
        optimizer: torch's own, unwrapped.
        lrs: of each group, floats or tensors; None if they are the groups' own.
    """
    if lrs is None:
        _TAKEN.pop(optimizer, None)
    else:
        _TAKEN[optimizer] = list(lrs)


def taken(optimizer: Optimizer) -> list[Any]:
    """Of each group, in the newest step; empty if they are the groups' own."""
    return list(_TAKEN.get(optimizer, ()))


@contextmanager
def as_taken(optimizer: Optimizer) -> Iterator[None]:
    """Inside, the groups have the step sizes of the newest step; after it their own again."""
    lrs = taken(optimizer)
    own = [group["lr"] for group in optimizer.param_groups[: len(lrs)]]
    _put(optimizer, lrs)
    try:
        yield
    finally:
        _put(optimizer, own)


def _put(optimizer: Optimizer, lrs: Sequence[Any]) -> None:
    for group, lr in zip(optimizer.param_groups, lrs, strict=False):  # groups may have been added since
        group["lr"] = lr
