"""Evaluate a model and leave no trace: what its modules keep, and every stream of random numbers, come back bit for bit."""

from __future__ import annotations

import random
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

PutBack = Callable[[], Any]

CONTAINERS = (dict, OrderedDict, defaultdict, list, set)

FIXED = frozenset({"_parameters", "_modules"})
"""What of a module's attributes is swapped elsewhere."""


_inside: list[nn.Module] = []


def measuring() -> bool:
    """Whether a model is being evaluated here, and not by its training: hooks that watch the training look away."""
    return bool(_inside)


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Inside, forward passes write to copies of the buffers, and to copies of tensors kept as plain attributes.

    At the end all attributes of the modules are what they were: buffers, modes, counters, what is kept in lists, dicts and
    sets of the module's own, and generators of random numbers; the global generators of torch, NumPy and Python too.
    """
    if model in _inside:
        yield
        return
    back: list[PutBack] = [partial(random.setstate, random.getstate())]
    back.append(partial(np.random.set_state, np.random.get_state()))  # noqa: NPY002 - the stream is the user's
    known: dict[int, Tensor] = {}
    _inside.append(model)
    try:
        for module in model.modules():
            back.extend(_held(module, known))
        with _forked({p.device for p in model.parameters()}):
            yield
    finally:
        _inside.remove(model)
        for restore in reversed(back):
            restore()


@contextmanager
def _forked(devices: set[torch.device]) -> Iterator[None]:
    """Torch's generators, the CPU's and those of the devices."""
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng([]))
        for device in devices:
            if device.type not in ("cpu", "meta"):
                stack.enter_context(torch.random.fork_rng([device], device_type=device.type))
        yield


def _held(module: nn.Module, known: dict[int, Tensor]) -> Iterator[PutBack]:
    """Puts copies of the tensors in their places; how to put everything back."""
    attributes = vars(module)
    before = dict(attributes)
    yield partial(_refill, attributes, tuple(before.items()))
    for name, value in before.items():
        kind = type(value)
        if kind in CONTAINERS and name not in FIXED:
            yield partial(_refill, value, tuple(value.items() if isinstance(value, dict) else value))
        elif isinstance(value, Tensor):
            attributes[name] = _copied(value, known)
        elif kind in GENERATORS:
            yield GENERATORS[kind](value)
    buffers = attributes["_buffers"]
    for name, buffer in buffers.items():
        buffers[name] = _copied(buffer, known) if isinstance(buffer, Tensor) else buffer


def _copied(tensor: Tensor, known: dict[int, Tensor]) -> Tensor:
    """A copy, one of each; a tensor with a history, or one that is trained, is left where it is."""
    if tensor.requires_grad or not tensor.is_leaf:
        return tensor
    if id(tensor) not in known:
        with torch.inference_mode(False), torch.no_grad():
            known[id(tensor)] = tensor.detach().clone()
    return known[id(tensor)]


def _refill(held: Any, items: tuple[Any, ...]) -> None:
    """The same items in the same container, which is left alone if nothing changed: somebody may be going through it."""
    now = tuple(held.items()) if isinstance(held, dict) else tuple(held)
    if len(now) == len(items) and all(map(_same, now, items)):
        return
    held.clear()
    (held.extend if isinstance(held, list) else held.update)(items)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other) == 2:
        return one[0] is other[0] and one[1] is other[1]
    return one is other


def _seeded(generator: np.random.Generator) -> PutBack:
    return partial(setattr, generator.bit_generator, "state", generator.bit_generator.state)


GENERATORS: Mapping[type, Callable[[Any], PutBack]] = MappingProxyType(
    {
        torch.Generator: lambda generator: partial(generator.set_state, generator.get_state()),
        random.Random: lambda generator: partial(generator.setstate, generator.getstate()),
        np.random.Generator: _seeded,
        np.random.RandomState: lambda generator: partial(generator.set_state, generator.get_state()),
    }
)
"""Kind of generator -> how to put it back."""
