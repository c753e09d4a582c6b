"""The denominators of a live optimiser's parameters: read, widened and checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from derive.errors import InputError
from numerics.thresholds.optimizers import Group, Live, State


def counted(states: Iterable[State]) -> list[State]:
    """The states with their counts of steps as numbers: those on a device come in one copy, not one by one."""
    states = list(states)
    there = [
        i for i, state in enumerate(states) if isinstance(state.get("step"), Tensor) and state["step"].device.type != "cpu"
    ]
    if there:
        first = states[there[0]]["step"].device
        steps = torch.stack([states[i]["step"].to(first, torch.float64) for i in there]).tolist()
        for i, step in zip(there, steps, strict=True):
            states[i] = {**states[i], "step": step}
    return states


def check_denominators(read: Sequence[tuple[Live, Tensor]]) -> None:
    """Check those of some parameters, given with their optimisers; the host waits for the device once.

    Raises:
        InputError: one is not finite and above 0.
    """
    adaptive = [(live, one) for live, one in read if live.adaptive]
    sound = [(torch.isfinite(one) & (one > 0)).all().to(adaptive[0][1].device) for _, one in adaptive]
    if adaptive and not bool(torch.stack(sound).all()):
        live, wrong = next(pair for pair, fine in zip(adaptive, sound, strict=True) if not bool(fine))
        raise InputError(f"expected denominators of {live.name} finite and above 0, got {float(wrong.min()):g}; give it an eps")


def denominator(live: Live, group: Group, parameter: Parameter, state: State) -> Tensor:
    """Of one parameter, in float32 at least; unchecked: see `check_denominators`.

    Raises:
        InputError: the optimiser has not stepped yet, or its state lacks what the denominators are made of.
    """
    if live.denominators is None:
        return torch.ones_like(parameter, dtype=_accurate(parameter.dtype))
    if not state:
        raise InputError(f"expected {live.name} to have stepped, got an empty state; read it after the first optimizer.step()")
    try:
        return live.denominators(group, {name: _widened(value) for name, value in state.items()}).detach()
    except KeyError as lacking:
        raise InputError(f"expected {lacking} in the state of {live.name}, got {', '.join(map(str, state))}") from None


def _widened(value: Any) -> Any:
    is_real = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(_accurate(value.dtype)) if is_real else value


def _accurate(dtype: torch.dtype) -> torch.dtype:
    """Half precision holds neither small squares nor eps."""
    return torch.promote_types(dtype, torch.float32)
