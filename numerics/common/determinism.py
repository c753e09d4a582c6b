"""The settings of torch under which the same training gives the same bits, for as long as a block lasts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import torch

from numerics.common.cublas import check_workspace


class Switch(NamedTuple):
    """A setting of torch: how it is read, how it is set, and the value wanted."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]
    wanted: Any


def _attribute(owner: object, name: str, wanted: Any) -> Switch:
    return Switch(lambda: getattr(owner, name), lambda value: setattr(owner, name, value), wanted)


def _switches() -> list[Switch]:
    """All of them; a later one may refine an earlier one, so they are put back in the same order."""
    backends = torch.backends
    return [
        Switch(_algorithms, _set_algorithms, (True, False)),
        # What nothing reads before it is written need not be filled: that would cost a pass over every result.
        _attribute(torch.utils.deterministic, "fill_uninitialized_memory", False),
        _attribute(backends.cudnn, "benchmark", False),
        _attribute(backends.cudnn, "deterministic", True),
        *_precisions(),
        Switch(torch.get_num_threads, torch.set_num_threads, 1),
    ]


def _precisions() -> list[Switch]:
    """Of float32. torch refuses to read an old name while it contradicts the new ones, which are what kernels look at."""
    backends = torch.backends
    whole = _attribute(backends, "fp32_precision", "ieee")
    above = [whole, _of_its_own(_attribute(backends.cudnn, "fp32_precision", "ieee"), [whole])]
    cuda = (backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn)
    owners = (*cuda, backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn)
    old = [
        Switch(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        _attribute(backends.cudnn, "allow_tf32", False),
    ]
    found = [switch for switch in old if _readable(switch)] + [_attribute(owner, "fp32_precision", "ieee") for owner in owners]
    return above + [_of_its_own(switch, above) for switch in found]


def _of_its_own(switch: Switch, above: Sequence[Switch]) -> Switch:
    """Reads what a part has of its own: what it inherits, put back as its own, would stay when the user changes the whole."""

    def read() -> Any:
        with switched([of._replace(wanted="none") for of in above]):
            return switch.read()

    return switch._replace(read=read)


def _readable(switch: Switch) -> bool:
    try:
        switch.read()
    except RuntimeError:
        return False
    return True


def _algorithms() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_algorithms(value: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(value[0], warn_only=value[1])


@contextmanager
def reproducible() -> Iterator[None]:
    """Deterministic algorithms, no TF32 or bfloat16 inside float32, no choice of algorithms by timing, one CPU thread.

    Everything is as before when the block ends, however it ends. Blocks may be nested. The settings are the process's:
    other threads that use torch meanwhile see them too.

    Raises:
        InputError: CUBLAS_WORKSPACE_CONFIG is set to something with which cuBLAS may give other bits on another run, or was
            set too late.
    """
    import_module("torch._inductor.config")  # switches import it: half imported, by an interrupt, it could not be put back
    with switched(_switches()):
        check_workspace()
        yield


def full_precision() -> AbstractContextManager[None]:
    """Inside, float32 means float32: no TF32, no bfloat16, on any device. As before when the block ends."""
    return switched(_precisions())


@contextmanager
def switched(switches: Sequence[Switch]) -> Iterator[None]:
    """All settings as wanted, until the block ends."""
    written: list[tuple[Switch, Any]] = []
    try:
        for switch, value in [(switch, switch.read()) for switch in switches]:
            written.append((switch, value))
            switch.write(switch.wanted)
        yield
    finally:
        _put_back(written)


def _put_back(written: list[tuple[Switch, Any]]) -> None:
    """What one of them raises must neither hide why the block ended nor keep the rest as they are."""
    for switch, value in written:
        try:
            switch.write(value)
        except Exception as error:
            warnings.warn(f"a setting of torch could not be put back to {value!r} ({error})", RuntimeWarning, stacklevel=4)
