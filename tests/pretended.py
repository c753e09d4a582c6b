"""A CUDA device that is none: its numbers lie on the CPU, but it is strict as one, and counts what would be slow.

Inside `pretended()` tensors asked for on "cuda:0" are such tensors. An operation that mixes them with the CPU's fails as on a
GPU; what makes the host wait for the device, and what is copied from the host to it, is counted. Autograd works. Bits are the
CPU's. Streams, graphs and generators of the device are not there.

To torch itself the device is "meta:1", on which its autograd engine runs without a GPU; Python is told "cuda:0".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten
META, CPU, CUDA = torch.device("meta:1"), torch.device("cpu"), torch.device("cuda:0")
WAITS = {aten._local_scalar_dense, aten.equal, aten.nonzero, aten.is_nonzero, aten.masked_select, aten._unique2}
MOVES = {aten._to_copy, aten.copy_}
AT_ONCE = {aten._conj.default: aten.conj_physical.default, aten._neg_view.default: aten.neg.default}
"""What torch puts off with a mark on the tensor, which is not seen from inside a mode."""

ON_THE_HOST = {aten.index, aten.index_put_, aten._index_put_impl_, aten.index_put}
"""Operations whose index tensors may lie on the CPU: torch copies them."""


FROM_PYTHON = (torch.tensor, torch.as_tensor, torch.asarray)
"""Are made on the host and copied, before any mode sees them."""


class There(Tensor):
    """A tensor on the pretended device."""

    there: Tensor

    @staticmethod
    def __new__(cls, there: Tensor) -> There:
        shape = {"strides": there.stride(), "storage_offset": there.storage_offset()}
        found = Tensor._make_wrapper_subclass(cls, there.shape, **shape, dtype=there.dtype, device=META)
        found.there = there
        return found

    device = property(lambda self: CUDA)  # type: ignore[assignment]
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    is_meta = property(lambda self: False)  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"There({self.there!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return Work._run(func, args, kwargs or {}, Counter())


class Asked(TorchFunctionMode):
    """Asks torch for "meta:1" where "cuda" is asked for, and brings numbers home where Python wants them."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.tolist and isinstance(args[0], There):
            return args[0].cpu().tolist()
        args = tuple(map(_renamed, args)) if func is Tensor.to else args
        kwargs = {name: _renamed(value) if name == "device" else value for name, value in (kwargs or {}).items()}
        if func in FROM_PYTHON and kwargs.get("device") == META:
            return func(*args, **{name: value for name, value in kwargs.items() if name != "device"}).to(META)
        return func(*args, **kwargs)


def _renamed(value: Any) -> Any:
    named = isinstance(value, torch.device) or (isinstance(value, str) and value.startswith("cuda"))
    return META if named and torch.device(value).type == "cuda" else value


class Work(TorchDispatchMode):
    """Does the work.

    Attributes:
        counts: "waits" for the device, "copies" from the host to it, numbers of the "largest" copy, "operations" on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._run(func, args, kwargs or {}, self.counts)

    @staticmethod
    def _run(func: Any, args: Any, kwargs: dict[str, Any], counts: Counter[str]) -> Any:
        packet = func.overloadpacket
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = [leaf for leaf in given if isinstance(leaf, There)]
        target = kwargs.get("device")
        onto = target == META or (bool(there) and target in (None, CUDA))
        if not there and not onto:
            return func(*args, **kwargs)
        _count(packet, args, target, there, counts)
        if packet not in MOVES | ON_THE_HOST:
            _refuse_mixed(func, given)
        inner = {name: CPU if name == "device" and value is not None else value for name, value in kwargs.items()}
        found = AT_ONCE.get(func, func)(*_home(args), **_home(inner))
        if _in_place(func):
            return args[0]
        return tree_map(lambda leaf: There(leaf) if onto and isinstance(leaf, Tensor) else leaf, found)


def _in_place(func: Any) -> bool:
    first = func._schema.arguments[0].alias_info
    return first is not None and first.is_write and len(func._schema.returns) == 1


def _count(packet: Any, args: Any, target: Any, there: list[There], counts: Counter[str]) -> None:
    counts["operations"] += 1
    counts["waits"] += packet in WAITS
    if packet in MOVES:
        to_here = target == CPU if packet is aten._to_copy else not isinstance(args[0], There)
        source = args[0] if packet is aten._to_copy else args[1]
        counts["waits"] += to_here and bool(there)
        if not to_here and isinstance(source, Tensor) and not isinstance(source, There):
            counts["copies"] += 1
            counts["largest"] = max(counts["largest"], source.numel())


def _refuse_mixed(func: Any, given: list[Tensor]) -> None:
    """A CPU's number may join, a CPU's field may not."""
    if any(not isinstance(leaf, There) and leaf.ndim for leaf in given):
        raise RuntimeError(f"Expected all tensors to be on the same device, but found cuda:0 and cpu, in {func}")


def _home(value: Any) -> Any:
    return tree_map(lambda leaf: leaf.there if isinstance(leaf, There) else leaf, value)


@contextmanager
def pretended() -> Iterator[Counter[str]]:
    """The device is there; yields what is counted."""
    captured = {"is_current_stream_capturing": lambda: False}
    states = {"get_rng_state": lambda device=None: torch.zeros(1, dtype=torch.uint8), "set_rng_state": lambda *_: None}
    told = {"device_count": lambda: 1, "get_device_name": lambda _=None: "pretended", "is_available": lambda: True}
    with ExitStack() as stack:
        for name, function in (captured | states | told).items():
            stack.enter_context(mock.patch.object(torch.cuda, name, function))
        work = stack.enter_context(Work())
        stack.enter_context(Asked())
        yield work.counts
