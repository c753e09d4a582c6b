"""The largest eigenvalue of the loss' Hessian in the units of a step, from a few products that start at the last vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.control.foreseen import foreseen
from numerics.control.unit import rates
from numerics.monitor.curvature import Curvature
from numerics.optim.stateless import centred
from numerics.sharpness.hessian import Hessian, flat
from numerics.sharpness.krylov import Space
from numerics.sharpness.warm import NOISE
from numerics.thresholds import Threshold, maximizes
from numerics.thresholds.kinds import live_of, trained
from numerics.thresholds.reading import check_denominators, counted

COLD = 8
"""Products without a vector to start from."""


class Estimate(NamedTuple):
    """The sharpness at some rates.

    Attributes:
        value: c of a step at `rates`, >= 0; from below, as every Rayleigh quotient.
        rates: lr times gain of each group.
    """

    value: float
    rates: tuple[float, ...]

    def at(self, now: Sequence[float]) -> float:
        """c at other rates; where groups have moved apart, no less than it is."""
        return self.value * max((new / old for new, old in zip(now, self.rates, strict=True) if old > 0), default=0.0)


class Probe:
    """Measures; remembers its last vector.

    Args:
        model: the user's.
        loss_fn: (outputs, targets) -> scalar.
        products: of a warm measurement, >= 1.

    Attributes:
        vector: (n,) the last eigenvector, or None.
        spent: products so far.
        count: measurements so far.
    """

    def __init__(self, model: nn.Module, loss_fn: Any, products: int) -> None:
        self.curvature, self.products = Curvature(model, loss_fn, 1e-3), products
        self.vector: Tensor | None = None
        self.spent, self.count = 0, 0
        self._checked = False

    def measure(self, optimizer: Optimizer, batches: Sequence[Any], denominators: Sequence[Tensor] | None = None) -> Estimate:
        """On batches that each count the same.

        Args:
            optimizer: unwrapped; parameters without a gradient do not move, and do not count.
            batches: (inputs, targets) each.
            denominators: of `moving(optimizer)`; those of the coming step by default.

        Raises:
            InputError: nothing moves, or as `numerics.sharpness.Hessian`.
        """
        thresholds = moving(optimizer, denominators)
        now = tuple(rates(optimizer))
        scales = flat([(now[t.group] / 2 / t.denominator).sqrt() for t in thresholds])
        with self.curvature.at(thresholds, batches, maximizes(optimizer), check=not self._checked) as here:
            self._checked = True  # that model and loss can be differentiated is a thing of both, not of the batch
            value, self.vector = self._top(here.hessian, scales.to(here.hessian.dtype))
        self.count += 1
        return Estimate(max(value, 0.0), now)

    def _top(self, hessian: Hessian, scales: Tensor) -> tuple[float, Tensor]:
        """Largest Ritz value of D H D, D = diag(scales), and its vector."""
        start, products = self._start(hessian)
        space = Space(start[None], self.count, products)
        for _ in range(products):
            self.spent += space.grow(lambda rows: scales * hessian.rows(scales * rows))
            if space.full:
                break
        values, _, coefficients = space.projection().pairs()
        return float(values[-1]), space.vectors(coefficients[:, -1:])[0]

    def _start(self, hessian: Hessian) -> tuple[Tensor, int]:
        noise = centred(hessian.size, self.count, 0, hessian.device).to(hessian.dtype)
        noise = noise / noise.norm()
        if self.vector is None or len(self.vector) != hessian.size:  # layers have been frozen, or freed
            return noise, max(COLD, self.products)
        return self.vector.to(noise) + NOISE * noise, self.products


def moving(optimizer: Optimizer, denominators: Sequence[Tensor] | None = None) -> list[Threshold]:
    """Denominators and decay of what the coming step moves.

    Raises:
        InputError: nothing moves; denominators that are not finite and above 0.
    """
    given = denominators is not None
    moved = [(n, g, p) for n, g, p in trained(optimizer) if float(g["lr"]) > 0 and (given or p.grad is not None)]
    if not moved:
        raise InputError("expected gradients between backward and the optimiser's step, got none")
    states = counted(optimizer.state.get(p, {}) for _, _, p in moved)
    scale = getattr(optimizer, "grad_scale", None)  # a GradScaler leaves it to a fused step to divide by it
    scale = 1.0 if scale is None else float(scale)
    thresholds = []
    for number, ((n, g, p), state) in enumerate(zip(moved, states, strict=True)):
        live = live_of(optimizer, g)
        divided = denominators[number] if denominators is not None else foreseen(live, g, p, state, _gradient(p) / scale)
        decay = 0.0 if live.decoupled else float(g["weight_decay"])
        thresholds.append(Threshold(p, n, live, {}, decay, divided))
    check_denominators([(t.live, t.denominator) for t in thresholds])
    return thresholds


def _gradient(parameter: Tensor) -> Tensor:
    """Zero where there is none; such a parameter does not move."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
