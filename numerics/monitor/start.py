"""What is known of a training before its first step, and whether each step has another batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from numerics.monitor.witness import weights_of
from numerics.sharpness.nested import leaves
from numerics.thresholds.kinds import trained


def norm(tensors: Iterable[Tensor]) -> float:
    """Euclidean norm of all entries; scaled, as the squares of weights that have left need not be finite."""
    parts = [t.detach() for t in tensors if t.numel()]
    largest = max((float(t.abs().max()) for t in parts), default=0.0)
    if not 0 < largest < float("inf"):
        return largest
    return largest * sqrt(sum(float((t / largest).double().square().sum()) for t in parts))


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
        with weights_of(kept):
            return {"loss": loss(), "size": size}

    def state(self) -> bool:
        """Whether the first step is awaited."""
        return self._waits

    def restore(self, state: bool) -> None:
        """It is not, where it was taken before."""
        if not state:
            self._waits = False
            self.close()

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
        sampled: whether it has been seen to differ, or cannot be seen; None before a second step.
    """

    def __init__(self) -> None:
        self.sampled: bool | None = None
        self._first: Tensor | None = None
        self._step = 0

    def state(self) -> dict[str, Any]:
        """What is known of the data: numbers made of it, no samples."""
        return {"sampled": self.sampled, "first": self._first, "step": self._step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self.sampled, self._first, self._step = state["sampled"], state["first"], state["step"]

    def see(self, batches: Sequence[tuple[Any, Any]], step: int) -> None:
        """Look at the inputs and targets of a step, counted from 1, unless they are known to differ.

        Inputs without a tensor, in whatever holds them, cannot be compared, and count as sampled.
        """
        if self.sampled:
            return
        if not all(any(True for _ in leaves(inputs)) for inputs, _ in batches):
            self.sampled = True
            return
        seen = torch.cat([_fingerprint(batch) for batch in batches]).sort().values
        if self._first is None:
            self._first, self._step = seen, step
        if step > self._step:
            self.sampled = not _alike(seen, self._first)


def _fingerprint(batch: Any) -> Tensor:
    """A number of each sample, along the first axis: its inputs and targets on a fixed, random direction.

    Sorted, they are the same in any order, beyond rounding. A tensor of another length has numbers of its own.
    """
    draws = torch.Generator().manual_seed(0)
    numbers: dict[int, Tensor] = {}
    for tensor in leaves(batch):
        rows = _rows(tensor)
        projected = rows @ torch.randn(rows.shape[1], generator=draws, dtype=rows.dtype).to(rows.device)
        numbers[len(rows)] = numbers.get(len(rows), 0) + projected.cpu()
    return torch.cat(list(numbers.values()))


def _rows(tensor: Tensor) -> Tensor:
    """Samples as rows of real numbers, shape (samples, entries)."""
    held = tensor.detach()
    if held.is_nested:
        held = torch.nested.to_padded_tensor(held, 0.0)
    dense = held if held.layout == torch.strided else held.to_dense()
    real = torch.view_as_real(dense.resolve_conj()) if dense.is_complex() else dense
    return torch.atleast_1d(real.double())[:, None].flatten(1)


def _alike(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape:
        return False
    known = b[b.isfinite()]
    scale = float(known.abs().max()) if len(known) else 0.0
    # A sum of a million numbers in another order is off by some 1e-13 of it.
    return torch.allclose(a, b, rtol=0.0, atol=1e-12 * scale, equal_nan=True)
