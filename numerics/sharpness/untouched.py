"""Evaluate a model and leave no trace of it: what its modules keep, and every stream of random numbers, come back bit for bit."""

from __future__ import annotations

import random
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

PutBack = Callable[[], Any]

CONTAINERS = (dict, OrderedDict, defaultdict, list, set)

FIXED = frozenset({"_parameters", "_modules"})
"""What of a module's attributes is swapped elsewhere."""


_inside = 0


def measuring() -> bool:
    """Whether a model is being evaluated here, and not by its training: hooks that watch the training look away."""
    return _inside > 0


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Inside, forward passes write to copies of the buffers, and to copies of tensors kept as plain attributes.

    At the end all attributes of the modules are what they were: buffers, modes, counters, what is kept in lists, dicts and
    sets of the module's own, and generators of random numbers; the global generators of torch, NumPy and Python too.
    """
    global _inside
    known: dict[int, Tensor] = {}
    back = [restore for module in model.modules() for restore in _held(module, known)]
    chance, numpys = random.getstate(), np.random.get_state()
    with _forked({p.device for p in model.parameters()}):
        _inside += 1
        try:
            yield
        finally:
            _inside -= 1
            for restore in reversed(back):
                restore()
            random.setstate(chance)
            np.random.set_state(numpys)


@contextmanager
def _forked(devices: set[torch.device]) -> Iterator[None]:
    """Torch's generators, the CPU's and those of the devices."""
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng([]))
        for device in devices:
            if device.type not in ("cpu", "meta"):
                stack.enter_context(torch.random.fork_rng([device], device_type=device.type))
        yield


def _held(module: nn.Module, known: dict[int, Tensor]) -> list[PutBack]:
    """Puts copies of the tensors in their places; how to put everything back."""
    attributes = vars(module)
    before, back = dict(attributes), [_contents(attributes)]
    for name, value in before.items():
        if name in FIXED:
            continue
        if (restore := _inner(value)) is not None:
            back.append(restore)
        if isinstance(value, Tensor):
            attributes[name] = _copied(value, known)
    buffers = attributes["_buffers"]
    for name, buffer in buffers.items():
        buffers[name] = _copied(buffer, known) if isinstance(buffer, Tensor) else buffer
    return back


def _copied(tensor: Tensor, known: dict[int, Tensor]) -> Tensor:
    """A copy, one of each; a tensor with a history, or one that is trained, is left where it is."""
    if tensor.requires_grad or not tensor.is_leaf:
        return tensor
    if id(tensor) not in known:
        with torch.inference_mode(False), torch.no_grad():
            known[id(tensor)] = tensor.detach().clone()
    return known[id(tensor)]


def _inner(value: Any) -> PutBack | None:
    """How to put back what is in an attribute."""
    if type(value) in CONTAINERS:
        return _contents(value)
    if isinstance(value, torch.Generator):
        state = value.get_state()
        return lambda: value.set_state(state)
    if isinstance(value, random.Random):
        now = value.getstate()
        return lambda: value.setstate(now)
    if isinstance(value, np.random.Generator | np.random.RandomState):
        bits = value.bit_generator if isinstance(value, np.random.Generator) else value
        kept = bits.state if isinstance(bits, np.random.BitGenerator) else bits.get_state()
        return lambda: setattr(bits, "state", kept) if isinstance(bits, np.random.BitGenerator) else bits.set_state(kept)
    return None


def _contents(held: Any) -> PutBack:
    """The same items in the same container, which is left alone if nothing changed: somebody may be going through it."""
    items = held.copy()

    def restore() -> None:
        if not _same(held, items):
            held.clear()
            (held.extend if isinstance(held, list) else held.update)(items)

    return restore


def _same(held: Any, items: Any) -> bool:
    """Whether both hold the very same things."""
    if len(held) != len(items) or isinstance(held, set):
        return held == items
    pairs = zip(held.items(), items.items(), strict=True) if isinstance(held, dict) else zip(enumerate(held), enumerate(items))
    return all(key == other and value is kept for (key, value), (other, kept) in pairs)
