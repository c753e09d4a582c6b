"""A monitor's state between two runs of a training: plain numbers, texts and tensors, which `torch.load` takes as weights only.

What is not in it: options (those given now count), the data of the last batch, and a shadow's window in which nothing has been
followed yet, which is opened anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch.optim import Optimizer

from derive.errors import InputError
from derive.shown import message
from numerics.thresholds.kinds import trained

VERSION = 1

SINCE = ("standing",)
"""Parts that states written before they were there may lack: they begin anew."""


class Stateful(Protocol):
    """A part of a monitor that remembers something."""

    def state(self) -> Any:
        """What it remembers; nothing of it is shared with it."""

    def restore(self, state: Any) -> None:
        """Remember that."""


class Nothing:
    """A part that there is none of: it was not wanted, or given up."""

    def state(self) -> None:
        """None."""

    def restore(self, state: Any) -> None:
        """What is not wanted now is let go."""


def state_of(parts: Mapping[str, Stateful], optimizer: Optimizer, kinds: list[str]) -> dict[str, Any]:
    """State of all parts, with what tells whose it is."""
    told = {"version": VERSION, "optimizers": list(kinds), "sizes": _sizes(optimizer)}
    return told | {name: part.state() for name, part in parts.items()}


def restore(state: Any, parts: Mapping[str, Stateful], optimizer: Optimizer, kinds: list[str]) -> None:
    """Put it back.

    Raises:
        InputError: it is no monitor's state, or that of another training; nothing has changed then, unless it was edited.
    """
    if not isinstance(state, Mapping):
        raise InputError(f"expected what StabilityMonitor.state_dict() gave, got {type(state).__name__}")
    lacking = [name for name in ("version", "optimizers", "sizes", *parts) if name not in (*state, *SINCE)]
    if lacking:
        raise InputError(f"expected what StabilityMonitor.state_dict() gave, got a mapping without {', '.join(lacking)}")
    if state["version"] != VERSION:
        raise InputError(f"expected a monitor's state of version {VERSION}, got {state['version']!r}")
    ours, theirs = (list(kinds), _sizes(optimizer)), (state["optimizers"], state["sizes"])
    if ours != theirs:
        told = [f"{', '.join(names)} with {len(sizes)} parameters of {sum(sizes)} entries" for names, sizes in (ours, theirs)]
        raise InputError(f"expected the state of this training, of {told[0]}, got that of {told[1]}")
    try:
        for name, part in parts.items():
            if state.get(name) is not None:
                part.restore(state[name])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError(
            f"expected what StabilityMonitor.state_dict() gave, got one that was edited ({message(error)})"
        ) from None


def plain(value: Any) -> Any:
    """Python's own numbers, texts, lists and mappings of the same values."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else float(value)


def _sizes(optimizer: Optimizer) -> list[int]:
    return [p.numel() for _, _, p in trained(optimizer)]
