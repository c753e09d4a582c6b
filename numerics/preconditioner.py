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

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.optimizer_kinds import Group, kind_of, trained, unwrapped

State = Mapping[str, Any]


def denominators(optimizer: Optimizer) -> dict[Parameter, Tensor]:
    """Denominator of every entry of every trained parameter, each shaped like it, in float32 at least.

    Raises:
        InputError: an optimiser without a derived edge, one that has not stepped yet, or a denominator that is not above 0.
    """
    optimizer = unwrapped(optimizer)
    return {p: denominator(kind_of(optimizer, g), g, p, optimizer.state.get(p, {})) for _, g, p in trained(optimizer)}


def denominator(kind: str, group: Group, parameter: Parameter, state: State) -> Tensor:
    """Of one parameter.

    Raises:
        InputError: the optimiser has not stepped yet, or a denominator is not finite and above 0.
    """
    if kind not in _LIVE:
        return torch.ones_like(parameter, dtype=_accurate(parameter.dtype))
    if not state:
        raise InputError(f"expected {kind} to have stepped, got an empty state; read it after the first optimizer.step()")
    found = _LIVE[kind](group, {name: _widened(value) for name, value in state.items()}).detach()
    if not bool((torch.isfinite(found) & (found > 0)).all()):
        raise InputError(f"expected denominators of {kind} finite and above 0, got {float(found.min()):g}; give it an eps")
    return found


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
