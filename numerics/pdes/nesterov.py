"""Nesterov's scheme as explicit Euler of unit step on the pair of the last two kernels, one above the other.

So `simulate` and `growth_rate` take it as they take gradient descent. `lr` and `momentum` are torch's; for the time step
and the damping of the continuous flow see `torch_parameters`.

Source: Thm 5.5 (Eq 16, 17).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from derive import theorem
from derive.errors import InputError
from numerics.common.checks import finite, positive
from numerics.pdes.simulate import Flow, Observer


class TorchParameters(NamedTuple):
    """Arguments of torch.optim.SGD with nesterov=True, whose parameter is the look-ahead point V."""

    lr: float
    momentum: float


def torch_parameters(dt: float, damping: float) -> TorchParameters:
    """The (lr, momentum) with which torch follows the flow of Thm 5.5: (2 dt^2/(2 + d dt), (2 - d dt)/(2 + d dt)).

    Raises:
        InputError: a time step or damping that is not above 0.
    """
    given = {"lr": float(positive("the time step", dt)), "damping": float(positive("the damping", damping))}
    return TorchParameters(*map(float, theorem("5.5").function("numpy", "coefficients")(**given)))


def damping_for(dt: float, momentum: float) -> float:
    """The damping at which time step `dt` has a given momentum coefficient."""
    given = {"lr": float(positive("the time step", dt)), "momentum": _coefficient(momentum)}
    return float(theorem("5.5").function("numpy", "damping")(**given))


def accelerated(flow: Flow, lr: float | Tensor, momentum: float) -> Flow:
    """The flow of the pair, (..., 2 h, w) -> same; take it with step size 1.

    Args:
        flow: right-hand side -grad L, (..., h, w) -> same.
        lr: step of the gradient, broadcast.
        momentum: coefficient of the last increment, in (-1, 1); below 0 the flow is overdamped.
    """
    by, size = _coefficient(momentum), positive("lr", lr)
    # Once, not in every step: a copy to a GPU waits for all that runs there.
    placed = cache(lambda device, dtype: size.to(device=device, dtype=dtype))

    def of_pair(pair: Tensor) -> Tensor:
        now, before = pair.chunk(2, -2)
        ahead = now + by * (now - before)
        following = ahead + placed(pair.device, pair.dtype) * flow(ahead)
        return torch.cat([following - now, now - before], -2)

    return of_pair


def at_rest(kernel: Tensor) -> Tensor:
    """The pair of a kernel that has not moved yet: (..., h, w) -> (..., 2 h, w)."""
    return torch.cat([kernel, kernel], -2)


def newest(pair: Tensor) -> Tensor:
    """The kernel of a pair."""
    return pair.chunk(2, -2)[0]


def on_newest(observer: Observer) -> Observer:
    """An observer of kernels as one of pairs."""
    return lambda pair, previous: observer(newest(pair), newest(previous))


def _coefficient(momentum: float) -> float:
    value = finite("momentum", momentum)
    if not -1 < value < 1:
        raise InputError(f"expected a momentum coefficient in (-1, 1), got {momentum!r}")
    return value
