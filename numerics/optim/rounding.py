"""Stochastic rounding of a training step: a new weight is the number below or above its exact value, at random.

The sum theta - eta d is formed in more than float64 and rounded up or down with probabilities by distance, so that its
expectation is the exact value: no bias, the step size's included, which takes part in full. State and direction are rounded
to nearest, as in torch.

Source: Croci et al., Stochastic rounding: implementation, error analysis and applications, R. Soc. Open Sci. 9 (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from numbers import Integral
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.optim.adam import AdamRule
from numerics.optim.base import Direction, LastBit, Share
from numerics.optim.exact import two_product, two_quotient, two_sum
from numerics.optim.sgd import SGDRule
from numerics.optim.stateless import key, uniform

ROOM = MappingProxyType({"cpu": 2**12, "cuda": 2**24})
"""Weights rounded at once: with some twenty float64 temporaries each, what a core's cache holds; on a GPU, few kernels."""


class StochasticRounding(LastBit):
    """The last operation, rounded at random; the numbers depend on seed, step, parameter and place alone."""

    def __init__(self, params: Any, *arguments: Any, seed: int = 0, **torch_arguments: Any) -> None:
        super().__init__({"seed": seed}, params, *arguments, **torch_arguments)

    def _check(self, group: dict[str, Any]) -> None:
        seed = group["seed"]
        if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
            raise InputError(f"expected seed to be an integer of at least 0, got {seed!r}")
        super()._check(group)

    def _steps(self, share: Share) -> list[Tensor]:
        """How many steps each parameter has taken, this one included."""
        raise NotImplementedError

    def _advance(self, share: Share, direction: Direction) -> None:
        sizes = self._sizes(direction, share.group["lr"])
        keys, steps = self._keys(share), self._steps(share)
        for part in _parts(share.params):
            params, run = share.params[part], Direction(direction.numerators[part], direction.denominators[part])
            high, low = _difference(params, run, sizes[part])
            counts = [p.numel() for p in params]
            chances = uniform(keys[part], [step.to(high.device) for step in steps[part]], counts)
            rounded = either_neighbour(high, low, params[0].dtype, chances).split(counts)
            share.lists("copy_", params, [piece.view(p.shape) for piece, p in zip(rounded, params, strict=True)])

    def _keys(self, share: Share) -> list[int]:
        """A word for every parameter, from the seed and its number among all."""
        number = {id(p): n for n, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return [key(share.group["seed"], number[id(p)]) for p in share.params]


def _parts(params: list[Tensor]) -> list[slice]:
    """Runs of parameters that are worked on at once, of few enough weights for the cache or of one parameter."""
    room, starts, weights = ROOM.get(params[0].device.type, ROOM["cpu"]), [0], 0
    for n, p in enumerate(params):
        weights += p.numel()
        if weights > room and n > starts[-1]:
            starts.append(n)
            weights = p.numel()
    return [slice(start, stop) for start, stop in pairwise([*starts, len(params)])]


def _difference(params: list[Tensor], direction: Direction, sizes: Sequence[float | Tensor]) -> tuple[Tensor, Tensor]:
    """theta - (eta / correction) numerator / denominator of all parameters in a row, as high + low."""
    eta = torch.cat([_spread(size, p) for size, p in zip(sizes, params, strict=True)])
    d, rest = _row(direction.numerators), None
    if direction.denominators:
        d, rest = two_quotient(d, _row(direction.denominators))
    product, low = two_product(eta, d)
    high, error = two_sum(_row(params), -product)
    # Where weight and update nearly cancel, what the product lost is more than one unit of the difference: sum again.
    return two_sum(high, error - low if rest is None else error - low - eta * rest)


def _row(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([t.reshape(-1) for t in tensors]).to(torch.float64)


def _spread(size: float | Tensor, param: Tensor) -> Tensor:
    """A step size for each weight. A number is not copied to the device, which a graph could not capture."""
    if isinstance(size, Tensor):
        return size.to(param.device, torch.float64).reshape(()).expand(param.numel())
    return torch.full((param.numel(),), size, dtype=torch.float64, device=param.device)


def either_neighbour(high: Tensor, low: Tensor, dtype: torch.dtype, chances: Tensor) -> Tensor:
    """Round high + low to one of its two neighbours, each with a probability of one minus its distance in gaps.

    Args:
        high: float64, any shape.
        low: likewise; what rounding took from `high`, at most half a unit in its last place.
        dtype: number format of the result.
        chances: uniform numbers in [0, 1), of the same shape.

    Returns:
        Of the same shape; a number of the format stays, and what overflows or is no number goes the way of torch.
    """
    near = high.to(dtype)
    rest = (high - near.to(torch.float64)) + low
    other = torch.nextafter(near, torch.copysign(torch.full_like(near, inf), rest.to(dtype)))
    chance = rest / (other.to(torch.float64) - near.to(torch.float64))
    return torch.where(chances < chance, other, near)


class RoundedSGD(StochasticRounding, SGDRule):
    """torch.optim.SGD with stochastic rounding of the new weights.

    Args:
        params: as in torch; a group may have its own `seed`.
        *arguments: of torch.optim.SGD in its order.
        seed: >= 0; two seeds give two roundings of the same run.
        **torch_arguments: of torch.optim.SGD; `fused` and `differentiable` have to be off.

    Raises:
        InputError: seed or lr out of range; fused or differentiable; a sparse gradient.

    >>> weight = torch.nn.Parameter(torch.ones(10000, dtype=torch.bfloat16))
    >>> weight.grad = torch.ones_like(weight)
    >>> RoundedSGD([weight], lr=1e-4).step()        # to nearest, no weight would move
    >>> weight.unique().tolist()
    [0.99609375, 1.0]
    >>> bool((weight.detach().double().mean() - (1 - 1e-4)).abs() < 3e-5)
    True
    """

    def _steps(self, share: Share) -> list[Tensor]:
        for p in share.params:
            step = self.state[p].get("step", torch.zeros((), device=p.device))
            self.state[p]["step"] = step.to(p.device) + 1 if step.device != p.device else step.add_(1)
        return [self.state[p]["step"] for p in share.params]


class RoundedAdam(StochasticRounding, AdamRule):
    """torch.optim.Adam with stochastic rounding of the new weights; decoupled weight decay is rounded to nearest before.

    Args:
        params: as in torch; a group may have its own `seed`.
        *arguments: of torch.optim.Adam in its order.
        seed: see `RoundedSGD`.
        **torch_arguments: of torch.optim.Adam; `fused` and `differentiable` have to be off.

    Raises:
        InputError: as for `RoundedSGD`; captured in a CUDA graph without `capturable`.
    """

    def _steps(self, share: Share) -> list[Tensor]:
        return [self.state[p]["step"] for p in share.params]
