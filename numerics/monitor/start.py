"""What is known of a training before its first step, and whether each step has another batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isclose, sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from numerics.optimizer_kinds import trained


def norm(tensors: Iterable[Tensor]) -> float:
    """Euclidean norm of all entries; scaled, as the squares of weights that have left need not be finite."""
    found = [t.detach() for t in tensors if t.numel()]
    largest = max((float(t.abs().max()) for t in found), default=0.0)
    if not 0 < largest < float("inf"):
        return largest
    return largest * sqrt(sum(float((t / largest).double().square().sum()) for t in found))


class Start:
    """Keeps the weights of before the first step until the first batch is told, for its loss there.

    Args:
        optimizer: its first step is awaited.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._weights: list[tuple[Tensor, Tensor]] = []
        self._waits = True
        self._hook = optimizer.register_step_pre_hook(self._keep)

    def row(self, loss: Callable[[], float]) -> dict[str, float]:
        """Loss and size before the first step; empty once asked, or if no step was seen.

        Args:
            loss: of the first batch, with the weights that the model has.
        """
        kept, self._weights = self._weights, []
        if not kept:
            return {}
        self._hook.remove()
        size = norm(weights for _, weights in kept)
        now = [p.data for p, _ in kept]
        try:
            for parameter, weights in kept:
                parameter.data = weights
            return {"loss": loss(), "size": size}
        finally:
            for (parameter, _), weights in zip(kept, now, strict=True):
                parameter.data = weights

    def close(self) -> None:
        """Let go of everything."""
        self._hook.remove()
        self._weights = []

    def _keep(self, optimizer: Optimizer, *_: object) -> None:
        # The hook comes off later: torch is going through them now.
        if self._waits:
            self._waits = False
            self._weights = [(p, p.detach().clone()) for _, _, p in trained(optimizer)]


class Batches:
    """Finds out whether the data of the steps is always the same; in another order it is.

    Attributes:
        sampled: whether it has been seen to differ.
    """

    def __init__(self) -> None:
        self.sampled = False
        self._first: list[float] | None = None

    def see(self, inputs: Any) -> None:
        """Look at a batch, unless it is known already."""
        if self.sampled:
            return
        seen = [number for tensor in _tensors(inputs) for number in _moments(tensor)]
        if self._first is None:
            self._first = seen
        self.sampled = len(seen) != len(self._first) or not all(map(_alike, seen, self._first))


def _tensors(inputs: Any) -> Iterator[Tensor]:
    if isinstance(inputs, Tensor):
        yield inputs
    elif isinstance(inputs, Mapping):
        yield from _tensors(tuple(inputs.values()))
    elif isinstance(inputs, tuple | list):
        for part in inputs:
            yield from _tensors(part)


def _moments(tensor: Tensor) -> list[float]:
    """Sums that the order of the samples does not change, beyond rounding."""
    wide = tensor.detach().to(torch.complex128 if tensor.is_complex() else torch.float64).abs()
    return [float(tensor.numel()), float(wide.sum()), float(wide.square().sum())]


def _alike(a: float, b: float) -> bool:
    return a == b or isclose(a, b, rel_tol=1e-9) or (a != a and b != b)
