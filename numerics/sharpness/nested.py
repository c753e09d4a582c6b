"""Tensors in whatever holds them: tuples, lists, mappings, named tuples, dataclasses, packed sequences; types are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

Merge = Callable[..., Any]
"""Tensors at one place of several like things -> what stands there."""


class UnlikeError(ValueError):
    """Things that do not have the same shape of nesting."""


def leaves(value: Any) -> Iterator[Tensor]:
    """The tensors; of a packed sequence its data."""
    if isinstance(value, Tensor):
        yield value
    for _, part in _parts(value):
        yield from leaves(part)


def mapped(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """The same nesting, of the function's values; a tensor that occurs twice is mapped once, and what holds none is itself."""
    known: dict[int, Tensor] = {}

    def once(tensor: Tensor) -> Tensor:
        if id(tensor) not in known:
            known[id(tensor)] = function(tensor)
        return known[id(tensor)]

    return merged(once, value)


def merged(function: Merge, *values: Any) -> Any:
    """One thing of several that are nested alike; where there are no tensors, they have to be equal.

    Raises:
        UnlikeError: they are not alike.
    """
    first = values[0]
    if isinstance(first, Tensor):
        _alike(all(isinstance(v, Tensor) for v in values), "a tensor beside something else")
        return function(*values)
    _alike(all(type(v) is type(first) for v in values), f"{type(first).__name__} beside something else")
    _alike(len(values) == 1 or not isinstance(first, PackedSequence), "packed sequences")
    parts = [dict(_parts(v)) for v in values]
    _alike(all(p.keys() == parts[0].keys() for p in parts), f"a {type(first).__name__} with other names or of another length")
    if not parts[0]:
        _alike(all(v is first or _equal(v, first) for v in values), f"{type(first).__name__} of other values")
        return first
    made = {key: merged(function, *(p[key] for p in parts)) for key in parts[0]}
    return first if all(made[key] is parts[0][key] for key in made) else _rebuilt(first, made)


def sequences(value: PackedSequence) -> int:
    """How many are packed."""
    return int(value.batch_sizes[0])


def _parts(value: Any) -> Sequence[tuple[Any, Any]]:
    """What it holds, by name or number; nothing of what cannot hold tensors."""
    if isinstance(value, PackedSequence):
        return [("data", value.data)]
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, tuple | list):
        return list(enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in fields(value) if hasattr(value, f.name)]
    return []


def _rebuilt(value: Any, parts: Mapping[Any, Any]) -> Any:
    """One of the same type that holds the parts."""
    if isinstance(value, PackedSequence):
        return type(value)(parts["data"], value.batch_sizes, value.sorted_indices, value.unsorted_indices)
    if isinstance(value, Mapping):
        return _filled(value, parts)
    if isinstance(value, list):
        return type(value)(parts.values())
    if isinstance(value, tuple):
        return type(value)(*parts.values()) if hasattr(value, "_fields") else type(value)(parts.values())
    made = copy(value)
    for name, part in parts.items():
        object.__setattr__(made, name, part)  # frozen ones too
    return made


def _filled(value: Mapping, parts: Mapping[Any, Any]) -> Any:
    """A copy keeps what a mapping knows beside its items; one that takes none becomes a plain dict."""
    made: Any = copy(value)
    if made is value or not hasattr(made, "__setitem__"):
        return dict(parts)
    for name, part in parts.items():
        made[name] = part
    return made


def _equal(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except (RuntimeError, ValueError, TypeError):  # arrays, and what cannot be compared
        return False


def _alike(truth: bool, word: str) -> None:
    if not truth:
        raise UnlikeError(word)


def detached(tensor: Tensor) -> Tensor:
    """Without history, but a leaf where a gradient is asked for, as losses do that differentiate by the inputs.

    A tensor made in inference mode cannot be differentiated through, and is copied.
    """
    if tensor.is_inference():
        return tensor.clone()
    if not tensor.requires_grad:
        return tensor.detach()
    with torch.enable_grad():
        return tensor if tensor.is_leaf else tensor.detach().requires_grad_()


def lent(value: Any) -> Any:
    """The same for a model that may write to what it is given: copies, in the same order of memory.

    One that requires a gradient is lent itself, as losses look for it.
    """
    return mapped(_lent, value)


def _lent(tensor: Tensor) -> Tensor:
    if tensor.requires_grad or not tensor.is_leaf:
        return tensor
    if tensor.layout != torch.strided or type(tensor) is not Tensor:
        return tensor.clone()
    if any(stride == 0 and size > 1 for size, stride in zip(tensor.shape, tensor.stride(), strict=True)):
        return tensor  # torch refuses to write to it
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device).copy_(tensor)
