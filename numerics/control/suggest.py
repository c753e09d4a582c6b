"""A learning rate to start with: c = 1 at the weights of now, from a few batches and no training."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.control.given import checked, number
from numerics.control.probe import Probe
from numerics.monitor.descended import Descended, descended_loss, undisturbed
from numerics.sharpness.hessian import Hessian
from numerics.sharpness.objective import BatchCoupledWarning
from numerics.thresholds.kinds import live_of, trained
from numerics.thresholds.optimizers import Group, Live

FEWEST = 4
"""Batches for an adaptive optimiser: from one gradient its denominators, and so the lr, were wrong by 100 times."""

LATE = 10**9
"""A step at which no bias is left in a mean."""


class Suggestion(NamedTuple):
    """What is found at the start.

    Attributes:
        lr: at which c = 1, of the first group.
        lrs: of all groups, in the ratios that they have now.
        products: with the Hessian of all batches.
    """

    lr: float
    lrs: tuple[float, ...]
    products: int


def suggest_lr(model: nn.Module, optimizer: Optimizer, loss_fn: Any, batches: Iterable[Any], products: int = 20) -> Suggestion:
    """The lr at c = 1; cheaper than a range test and deterministic, not better in what it trains to.

    Model and optimiser stay as they are; the optimiser's own lr counts only for the ratios of its groups.

    Args:
        model: see `EdgeController`.
        optimizer: its denominators are taken from the batches' gradients, not from its state.
        loss_fn: (outputs, targets) -> scalar.
        batches: (inputs, targets) each; four at least for an adaptive optimiser. They are all kept while it measures.
        products: with the Hessian, >= 1.

    Raises:
        InputError: as `EdgeController`; too few batches; an lr of 0; no direction in which the loss curves up.
    """
    model, optimizer = checked(model, optimizer, loss_fn)
    if not isinstance(batches, Iterable):
        raise InputError(f"expected batches, (inputs, targets) each, got {type(batches).__name__}")
    given = list(batches)
    moved = [(group, parameter, live_of(optimizer, group)) for _, group, parameter in trained(optimizer)]
    least = FEWEST if any(live.adaptive for *_, live in moved) else 1
    if len(given) < least:
        told = "; its denominators are means over them" if least > 1 else ""
        raise InputError(f"expected at least {least} batch{'es' * (least > 1)} for {moved[0][2].name}, got {len(given)}{told}")
    if not all(float(group["lr"]) > 0 for group in optimizer.param_groups):
        raise InputError("expected an lr > 0 in every group, it tells their ratios, got 0; give all 1.0")
    probe = Probe(model, loss_fn, number("products", products, 1))
    estimate = probe.measure(optimizer, given, _denominators(model, loss_fn, moved, given))
    if not estimate.value > 0:
        raise InputError("expected a loss that curves up along some direction, got none; no lr is too large for it here")
    lrs = tuple(float(group["lr"]) / estimate.value for group in optimizer.param_groups)
    return Suggestion(lrs[0], lrs, probe.spent)


def _denominators(
    model: nn.Module, loss_fn: Any, moved: Sequence[tuple[Group, Any, Live]], batches: Sequence[Any]
) -> list[Tensor]:
    """As an optimiser's that has seen such gradients for long, at these weights."""
    if not any(live.adaptive for *_, live in moved):
        return [torch.ones_like(parameter) for _, parameter, _ in moved]
    parameters = [parameter for _, parameter, _ in moved]
    gradients = torch.stack([_gradient(model, loss_fn, parameters, batch) for batch in batches])
    sizes = [parameter.numel() for parameter in parameters]
    means, squares = gradients.mean(0).split(sizes), (gradients**2).mean(0).split(sizes)
    return [
        _late(live, group, mean.view_as(parameter), square.view_as(parameter))
        for (group, parameter, live), mean, square in zip(moved, means, squares, strict=True)
    ]


def _gradient(model: nn.Module, loss_fn: Any, parameters: Sequence[Tensor], batch: Any) -> Tensor:
    with undisturbed(model, (), loss_fn), warnings.catch_warnings():
        warnings.simplefilter("ignore", BatchCoupledWarning)  # it is the loss that is trained
        return Hessian(Descended(model), descended_loss(loss_fn, False), [batch], parameters, check=False).gradient()


def _late(live: Live, group: Group, mean: Tensor, square: Tensor) -> Tensor:
    names = (*live.second, "max_exp_avg_sq")
    state = {name: mean if name == "grad_avg" else square for name in names} | {"step": LATE}
    return live.denominators(group, state) if live.denominators else torch.ones_like(mean)
