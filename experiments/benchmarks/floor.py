"""The shortest time in which a device could do some work: by its floating-point operations, and by the bytes it moves."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

MATRIX = {"cuda": 8192, "cpu": 1024}
"""Side of the matrices by which operations per second are measured."""

COPIED = {"cuda": 2**30, "cpu": 2**27}
"""Bytes of the copy by which bandwidth is measured: far more than a cache holds."""


class Roofs(NamedTuple):
    """What a device reaches at best: operations and bytes per second."""

    flops: float
    bytes: float


class Work(NamedTuple):
    """What some work takes, unfused: operations of convolutions and products; bytes of all operands and results, once each."""

    flops: float
    bytes: float

    def seconds(self, roofs: Roofs) -> float:
        """The floor: neither can be done faster than the roof allows."""
        return max(self.flops / roofs.flops, self.bytes / roofs.bytes)


class _Moved(TorchDispatchMode):
    """Adds up the bytes of the tensors that every operation reads and writes; views move nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = {id(leaf): leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor)}
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
        return result


def work(call: Callable[[], object]) -> Work:
    """Count one call."""
    with FlopCounterMode(display=False) as operations:
        call()
    with _Moved() as moved:
        call()
    return Work(float(operations.get_total_flops()), float(moved.bytes))


def roofs(device: str, dtype: torch.dtype = torch.float32) -> Roofs:
    """Measure the device: a product of large matrices, and a copy, at the settings in force."""
    kind = torch.device(device).type
    side = MATRIX[kind]
    a, b = (torch.ones(side, side, device=device, dtype=dtype) for _ in range(2))
    source = torch.zeros(COPIED[kind] // dtype.itemsize, device=device, dtype=dtype)
    target = torch.empty_like(source)
    product = best(lambda: torch.mm(a, b), device)
    copy = best(lambda: target.copy_(source), device)
    return Roofs(2 * side**3 / product, 2 * COPIED[kind] / copy)


def best(call: Callable[[], object], device: str, repeats: int = 7) -> float:
    """Shortest time of a call that has been warmed up, the device's own work included."""
    return min(timed(call, device) for _ in range(repeats))


def timed(call: Callable[[], object], device: str) -> float:
    """Seconds of a call, until the device is done."""
    _wait(device)
    start = perf_counter()
    call()
    _wait(device)
    return perf_counter() - start


def _wait(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
