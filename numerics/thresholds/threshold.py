r"""The stability edge of each parameter under its live optimiser, so that normalised sharpness 1 is the edge of the network.

With S the largest stable curvature of every weight (its denominator and lr included) and W the coupled weight decay, which
joins the gradient and so the curvature,

    normalised sharpness = lambda_max(S^-1/2 (H + W) S^-1/2).

For one group that is lambda_max(P^-1/2 (H + W) P^-1/2) / maximal curvature. For several groups, of any lr and momentum, a mode
that flips its sign at every step sits at exactly 1: there each group multiplies the gradient by 2 / S.
What is frozen: the Hessian, the denominators and bias corrections of the step just done, and lr and momentum as they are now.

Source: `derive.maximal_curvature`, `derive.optimizers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.thresholds.edges import lower, upper
from numerics.thresholds.kinds import live_of, trained, unwrapped
from numerics.thresholds.optimizers import Group, Live, State
from numerics.thresholds.reading import check_denominators, counted, denominator


@dataclass(frozen=True, eq=False)
class Threshold:
    """The edge of one parameter tensor.

    Attributes:
        parameter: the tensor.
        group: number of its group in the optimiser.
        live: what is known of its optimiser.
        values: the optimiser's numbers now, by torch's names; the denominator is 1, it stands below.
        decay: coupled weight decay; it adds to the curvature.
        denominator: live denominators, shaped like the parameter.
    """

    parameter: Parameter
    group: int
    live: Live
    values: Mapping[str, float]
    decay: float
    denominator: Tensor

    @cached_property
    def curvature(self) -> float:
        """Largest stable curvature at denominator 1, the coupled decay counted in; infinite at lr 0."""
        return self.upper()

    @cached_property
    def settings(self) -> tuple[Any, ...]:
        """What the edge depends on beside the denominators; tensors that share it share the edge."""
        return self.live.name, self.decay, tuple(sorted(self.values.items()))

    @property
    def scale(self) -> Tensor:
        """S: largest stable curvature of each weight, shaped like the parameter."""
        return self.curvature * self.denominator

    @property
    def weight_decay(self) -> float:
        """Coupled or not."""
        return self.decay if self.coupled else self.values["weight_decay"]

    @property
    def optimizer(self) -> str:
        """Name in `numerics.thresholds.optimizers.LIVE`."""
        return self.live.name

    @property
    def coupled(self) -> bool:
        """Whether weight decay joins the gradient."""
        return not self.live.decoupled

    def upper(self, factor: float = 1.0, weight_decay: float | None = None) -> float:
        """The largest stable curvature at `factor` times the lr, and another decoupled decay."""
        return upper(self.live.recurrence, self._with(factor, weight_decay))

    def lower(self, weight_decay: float | None = None) -> float:
        """The smallest stable curvature: 0, or minus what a decoupled decay makes up for."""
        return lower(self.live.recurrence, self._with(1.0, weight_decay))

    def _with(self, factor: float, weight_decay: float | None) -> Mapping[str, float]:
        changed = {"lr": factor * self.values["lr"]}
        if weight_decay is not None and not self.coupled:
            changed["weight_decay"] = weight_decay
        return {**self.values, **changed}


def thresholds(optimizer: Optimizer) -> list[Threshold]:
    """One per parameter that the optimiser moves, read off the live object; in its order.

    Parameters that have never had a gradient under an adaptive optimiser are left out: they do not move.

    Raises:
        InputError: an optimiser without a derived edge, numbers outside of what the derivation assumes, groups that
            minimise and groups that maximise, complex parameters, or an adaptive optimiser that has not stepped yet.
    """
    optimizer = unwrapped(optimizer)
    moved = [(n, g, p, live_of(optimizer, g)) for n, g, p in trained(optimizer)]
    if not moved:
        raise InputError("expected an optimiser with parameters that require a gradient, got none")
    if len({bool(g.get("maximize")) for _, g, _, _ in moved}) > 1:
        raise InputError("expected all groups to minimise or all to maximise, got both; the network then has no one loss")
    moved = [m for m in moved if not m[3].adaptive or optimizer.state.get(m[2]) or not optimizer.state]
    states = counted(optimizer.state.get(p, {}) for _, _, p, _ in moved)
    edges = [_threshold(n, g, p, live, state) for (n, g, p, live), state in zip(moved, states, strict=True)]
    check_denominators([(edge.live, edge.denominator) for edge in edges])
    return edges


def maximizes(optimizer: Optimizer) -> bool:
    """Whether it ascends: then the Hessian counts with the other sign."""
    return bool(unwrapped(optimizer).param_groups[0].get("maximize"))


def _threshold(number: int, group: Group, parameter: Parameter, live: Live, state: State) -> Threshold:
    if torch.is_complex(parameter):
        raise InputError(f"expected real parameters, got one of {parameter.dtype}; the edges are derived for real ones")
    divided = denominator(live, group, parameter, state)
    decay = float(group["weight_decay"])
    joins, apart = (0.0, decay) if live.decoupled else (decay, 0.0)
    own = {name: float(value) for name, value in live.settings(group, state).items()}
    values = {"lr": float(group["lr"]), "weight_decay": apart, "denominator": 1.0, **own}
    edge = Threshold(parameter, number, live, MappingProxyType(values), joins, divided)
    if not edge.curvature > 0:
        raise InputError(
            f"expected lr * weight_decay < 2 in group {number}, got {values['lr']:g} * {decay:g}; the decay alone diverges"
        )
    return edge
