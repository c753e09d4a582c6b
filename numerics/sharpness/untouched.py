"""Evaluate a model and leave no trace: what it and its loss keep, and every stream of random numbers, come back bit for bit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from numerics.sharpness.held import Held

_inside: list[Any] = []


def measuring() -> bool:
    """Whether a model is being evaluated here, and not by its training: hooks that watch the training look away."""
    return bool(_inside)


@contextmanager
def untouched(model: nn.Module | None, *others: Any) -> Iterator[None]:
    """Inside, forward passes write to copies of what is kept, or it is written back; see `held`.

    At the end all that is kept is what it was: buffers, modes, counters, gradients, tensors and arrays in whatever holds them,
    and generators of random numbers; the global generators of torch, NumPy and Python too.

    Args:
        model: its parameters are swapped elsewhere; None if there is none.
        others: loss functions and what else is called, or holds what is.
    """
    new = [thing for thing in (model, *others) if thing is not None and not any(thing is known for known in _inside)]
    if not new:
        yield
        return
    streams = random.getstate(), np.random.get_state()  # noqa: NPY002 - the stream is the user's
    held, before = Held(model), list(_inside)
    try:
        _inside.extend(new)
        for thing in new:
            held.keep_there(thing)
        with _forked(held.devices):
            yield
    finally:
        _inside[:] = before
        random.setstate(streams[0])
        np.random.set_state(streams[1])  # noqa: NPY002
        held.put_back()


@contextmanager
def _forked(devices: set[torch.device]) -> Iterator[None]:
    """Torch's generators, the CPU's and those of the devices."""
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng([]))
        for device in devices:
            if device.type not in ("cpu", "meta"):
                stack.enter_context(torch.random.fork_rng([device], device_type=device.type))
        yield
