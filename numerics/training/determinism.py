"""The settings of torch under which the same training gives the same bits, for as long as a block lasts."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import torch

from derive.errors import InputError

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
WORKSPACES = (":4096:8", ":16:8")
"""The two with which cuBLAS promises the same bits on several streams."""


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
    ieee = (backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn, backends.mkldnn.matmul, backends.mkldnn.conv)
    return [
        Switch(_algorithms, _set_algorithms, (True, False)),
        # What nothing reads before it is written need not be filled: that would cost a pass over every result.
        _attribute(torch.utils.deterministic, "fill_uninitialized_memory", False),
        _attribute(backends.cudnn, "benchmark", False),
        _attribute(backends.cudnn, "deterministic", True),
        # The old names first: torch refuses to read them while they contradict the new ones.
        Switch(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        _attribute(backends.cudnn, "allow_tf32", False),
        *(_attribute(owner, "fp32_precision", "ieee") for owner in ieee),
        Switch(torch.get_num_threads, torch.set_num_threads, 1),
        Switch(lambda: os.environ.get(WORKSPACE), _set_workspace, os.environ.get(WORKSPACE, WORKSPACES[0])),
    ]


def _algorithms() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_algorithms(value: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(value[0], warn_only=value[1])


def _set_workspace(value: str | None) -> None:
    if value is None:
        os.environ.pop(WORKSPACE, None)
    else:
        os.environ[WORKSPACE] = value


@contextmanager
def reproducible() -> Iterator[None]:
    """Deterministic algorithms, no TF32 or bfloat16 inside float32, no choice of algorithms by timing, one CPU thread.

    Everything is as before when the block ends, however it ends. Blocks may be nested. The settings are the process's:
    other threads that use torch meanwhile see them too.

    Raises:
        InputError: CUBLAS_WORKSPACE_CONFIG is set to something with which cuBLAS may give other bits on another run.
    """
    workspace = os.environ.get(WORKSPACE, WORKSPACES[0])
    if workspace not in WORKSPACES:
        raise InputError(
            f"expected {WORKSPACE} to be {' or '.join(WORKSPACES)}, got {workspace!r}; unset it or set it to one of them"
        )
    import_module("torch._inductor.config")  # switches import it: half imported, by an interrupt, it could not be put back
    written: list[tuple[Switch, Any]] = []
    try:
        for switch, value in [(switch, switch.read()) for switch in _switches()]:
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
