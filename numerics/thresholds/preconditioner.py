r"""The live denominators of adaptive optimisers: what each entry of the gradient is divided by, after t steps.

    Adam, AdamW   (1 - beta1^t) (sqrt(v / (1 - beta2^t)) + eps)     v the greatest so far with amsgrad
    NAdam         sqrt(v / (1 - beta2^t)) + eps
    RMSprop       sqrt(v) + eps                                     v less the squared mean if centred
    Adagrad       sqrt(v) + eps                                     v the sum of squares
    SGD           1

The bias of Adam's mean stands with the denominator, as it does in the recurrence (`correction * denominator`); so the
edge is the one without it. With P frozen, a mode of training is an eigenvector of P^-1/2 H P^-1/2.

Source: torch.optim; Cohen et al. (2022), Adaptive gradient methods at the edge of stability, for the preconditioned Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.thresholds.kinds import Group, kind_of, trained, unwrapped

State = Mapping[str, Any]


def denominators(optimizer: Optimizer) -> dict[Parameter, Tensor]:
    """Denominator of every entry of every trained parameter, each shaped like it, in float32 at least.

    Raises:
        InputError: an optimiser without a derived edge, one that has not stepped yet, or a denominator that is not above 0.
    """
    optimizer = unwrapped(optimizer)
    moved = [(kind_of(optimizer, g), g, p) for _, g, p in trained(optimizer)]
    states = counted(optimizer.state.get(p, {}) for _, _, p in moved)
    found = {p: denominator(kind, g, p, state) for (kind, g, p), state in zip(moved, states, strict=True)}
    check_denominators([(kind, found[p]) for kind, _, p in moved])
    return found


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


def check_denominators(found: Sequence[tuple[str, Tensor]]) -> None:
    """Check those of some parameters, given with the names of their optimisers; the host waits for the device once.

    Raises:
        InputError: one is not finite and above 0.
    """
    live = [(kind, one) for kind, one in found if kind in _LIVE]
    sound = [(torch.isfinite(one) & (one > 0)).all().to(live[0][1].device) for _, one in live]
    if live and not bool(torch.stack(sound).all()):
        kind, wrong = next(pair for pair, fine in zip(live, sound, strict=True) if not bool(fine))
        raise InputError(f"expected denominators of {kind} finite and above 0, got {float(wrong.min()):g}; give it an eps")


def denominator(kind: str, group: Group, parameter: Parameter, state: State) -> Tensor:
    """Of one parameter, unchecked: see `check_denominators`.

    Raises:
        InputError: the optimiser has not stepped yet.
    """
    if kind not in _LIVE:
        return torch.ones_like(parameter, dtype=_accurate(parameter.dtype))
    if not state:
        raise InputError(f"expected {kind} to have stepped, got an empty state; read it after the first optimizer.step()")
    return _LIVE[kind](group, {name: _widened(value) for name, value in state.items()}).detach()


def _nadam(group: Group, state: State) -> Tensor:
    second = state["max_exp_avg_sq" if group.get("amsgrad") else "exp_avg_sq"]
    return (second / (1 - float(group["betas"][1]) ** float(state["step"]))).sqrt() + group["eps"]


def _adam(group: Group, state: State) -> Tensor:
    return (1 - float(group["betas"][0]) ** float(state["step"])) * _nadam(group, state)


def _rmsprop(group: Group, state: State) -> Tensor:
    second = state["square_avg"]
    return (second - state["grad_avg"] ** 2 if group["centered"] else second).sqrt() + group["eps"]


def _adagrad(group: Group, state: State) -> Tensor:
    return state["sum"].sqrt() + group["eps"]


_LIVE: Mapping[str, Callable[[Group, State], Tensor]] = MappingProxyType(
    {"adam": _adam, "adamw": _adam, "nadam": _nadam, "rmsprop": _rmsprop, "adagrad": _adagrad}
)


def _widened(value: Any) -> Any:
    is_real = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(_accurate(value.dtype)) if is_real else value


def _accurate(dtype: torch.dtype) -> torch.dtype:
    """Half precision holds neither small squares nor eps."""
    return torch.promote_types(dtype, torch.float32)
