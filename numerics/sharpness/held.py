"""What a model or a loss keeps from one call to the next, wherever it keeps it, and how to put it back.

It is looked for in attributes, in containers and objects inside them, in closures, in what methods are bound to, and in the
globals that a function names. A tensor whose place can be refilled is replaced by a copy inside, so that graphs that hold the
tensor stay usable; others are written to, and written back if they have changed.
"""

from __future__ import annotations

import random
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import BuiltinFunctionType, BuiltinMethodType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

PutBack = Callable[[], Any]

MAPPINGS = (dict, OrderedDict, defaultdict)
SEQUENCES = (list, deque)

FIXED = frozenset({"_parameters", "_modules"})
"""What of a module's attributes is swapped elsewhere."""

PLAIN = (int, float, complex, str, bytes, bool, type(None), type, ModuleType, BuiltinFunctionType, BuiltinMethodType)
"""Keep nothing."""

SIMPLE = frozenset(PLAIN)

TRAINING = (Optimizer, Dataset, DataLoader)

OURS = ("numerics", "derive")


class Held:
    """Goes through what things hold; `put_back` restores all of it.

    Args:
        model: its parameters are swapped elsewhere.

    Attributes:
        devices: of the modules' parameters.
    """

    def __init__(self, model: nn.Module | None = None) -> None:
        self.devices: set[torch.device] = set()
        self._own = set() if model is None else {id(p) for p in model.parameters()}
        self._back: list[PutBack] = []
        self._copies: dict[int, Tensor] = {}
        self._seen: dict[int, Any] = {}
        self._ways = self._by_kinds()
        self._known: dict[type, Callable[[Any], Any]] = {}

    def put_back(self) -> None:
        """Everything, the newest first, once; where one fails the others come back all the same, and its error is raised."""
        failed: list[Exception] = []
        for restore in reversed(self._back):
            try:
                restore()
            except Exception as error:
                failed.append(error)
        self._back.clear()
        if failed:
            raise failed[0]

    def keep(self, value: Any) -> Any:
        """What stands in its place inside: a copy of a tensor, anything else itself, with what it holds kept."""
        if isinstance(value, Tensor):
            return self._copied(value)
        if isinstance(value, PLAIN) or id(value) in self._seen:
            return value
        self._seen[id(value)] = value
        kind = type(value)
        if kind not in self._known:
            self._known[kind] = next((keep for kinds, keep in self._ways if issubclass(kind, kinds)), self._object)
        self._known[kind](value)
        return value

    def keep_there(self, value: Any) -> None:
        """The same where no other can stand: a tensor is written back."""
        if not isinstance(value, Tensor):
            self.keep(value)
        elif value.is_leaf and value.layout == torch.strided and not {id(value)} & (self._own | self._copies.keys()):
            self._copies[id(value)] = value
            self._back.append(partial(_write_back, value, _clone(value)))

    def _by_kinds(self) -> list[tuple[Any, Callable[[Any], Any]]]:
        generators = tuple(GENERATORS)
        return [
            (nn.Module, self._modules),
            (generators, lambda g: self._back.append(next(GENERATORS[kind] for kind in generators if isinstance(g, kind))(g))),
            (np.ndarray, lambda array: self._back.append(partial(_write_back_array, array, array.copy()))),
            (MAPPINGS, self._mapping),
            (SEQUENCES, self._sequence),
            ((tuple, set, frozenset), self._collection),
            (FunctionType, self._function),
            (MethodType, lambda method: (self.keep(method.__self__), self.keep(method.__func__))),
            (partial, lambda bound: [self.keep_there(v) for v in (bound.func, *bound.args, *bound.keywords.values())]),
        ]

    def _object(self, value: Any) -> None:
        if _kept_by_the_user(value):
            self._mapping(vars(value))
            self.keep(getattr(type(value), "__call__", None))  # noqa: B004 - its code is meant

    def _modules(self, whole: nn.Module) -> None:
        for module in whole.modules():
            self._seen[id(module)] = module
            for parameter in module.parameters(recurse=False):
                self.devices.add(parameter.device)
                self.keep_there(parameter)
                if parameter.is_leaf:
                    self._back.append(partial(setattr, parameter, "grad", parameter.grad))
                    parameter.grad = None
            self._mapping(vars(module), FIXED)
            self.keep(type(module).forward)

    def _mapping(self, held: Any, fixed: frozenset[str] = frozenset()) -> None:
        before = tuple(held.items())
        self._back.append(partial(_refill, held, before))
        for name, value in before:
            if type(value) in SIMPLE or (fixed and name in fixed):
                continue
            inside = self.keep(value)
            if inside is not value:
                held[name] = inside

    def _sequence(self, held: Any) -> None:
        before = tuple(held)
        self._back.append(partial(_refill, held, before))
        for number, value in enumerate(before):
            inside = self.keep(value)
            if inside is not value:
                held[number] = inside

    def _collection(self, held: Any) -> None:
        if isinstance(held, set):
            self._back.append(partial(_refill, held, tuple(held)))
        for value in held:
            self.keep_there(value)

    def _function(self, function: FunctionType) -> None:
        for cell in function.__closure__ or ():
            with suppress(ValueError):  # an empty one
                before = cell.cell_contents
                self._back.append(partial(setattr, cell, "cell_contents", before))
                cell.cell_contents = self.keep(before)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.keep_there(value)
        self._mapping(vars(function))
        known = {} if _foreign(function) else function.__globals__
        for name in {name for name in _names(function.__code__) if name in known}:
            self._back.append(partial(_bind, known, name, known[name]))
            self.keep_there(known[name])

    def _copied(self, tensor: Tensor) -> Tensor:
        """A copy, one of each; a tensor with a history, or one that is trained, is left where it is."""
        if tensor.requires_grad or not tensor.is_leaf:
            self.keep_there(tensor)
            return tensor
        if id(tensor) not in self._copies:
            self._seen[id(tensor)] = tensor  # else its number may become another's
            self._copies[id(tensor)] = _clone(tensor)
        return self._copies[id(tensor)]


def _clone(tensor: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.no_grad():
        return tensor.detach().clone()


def _kept_by_the_user(value: Any) -> bool:
    """A plain object of the user's that holds no training: what has a model's optimiser or data is not part of the model."""
    if (
        _foreign(type(value))
        or isinstance(value, Dataset | DataLoader)
        or not isinstance(getattr(value, "__dict__", None), dict)
    ):
        return False
    return not any(isinstance(part, Optimizer | Dataset | DataLoader) for part in vars(value).values())


def _foreign(thing: Any) -> bool:
    """Of a package that is installed, of Python, or of this one: no user's."""
    name = str(getattr(thing, "__module__", ""))
    if name.partition(".")[0] in (*OURS, *sys.builtin_module_names, *sys.stdlib_module_names):
        return True
    return "-packages" in str(getattr(sys.modules.get(name), "__file__", ""))


def _names(code: CodeType) -> Iterator[str]:
    """Globals that a function names, and the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _bind(names: dict[str, Any], name: str, value: Any) -> None:
    if names.get(name) is not value:
        names[name] = value


def _write_back(tensor: Tensor, before: Tensor) -> None:
    """Only if it has changed: graphs see that a tensor has been written to."""
    with torch.no_grad():
        if not bool(((tensor == before) | ((tensor != tensor) & (before != before))).all()):
            tensor.copy_(before)


def _write_back_array(array: np.ndarray, before: np.ndarray) -> None:
    if array.flags.writeable and array.tobytes() != before.tobytes():
        array[...] = before


def _refill(held: Any, items: tuple[Any, ...]) -> None:
    """The same items in the same container, which is left alone if nothing changed: somebody may be going through it."""
    now = tuple(held.items()) if isinstance(held, dict) else tuple(held)
    if len(now) == len(items) and all(map(_same, now, items)):
        return
    # By the plain container's own ways: a subclass may mean something else by them, as Counter, whose update counts.
    kind: Any = next(kind for kind in (OrderedDict, dict, list, deque, set) if isinstance(held, kind))
    kind.clear(held)
    (kind.extend if kind in SEQUENCES else kind.update)(held, items)


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
