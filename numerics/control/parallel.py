"""One measurement for all ranks: the first one makes it and tells the others a number, so that all take the same step."""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite, nan
from typing import Any

import torch
from torch import distributed
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.control.probe import Estimate, Probe
from numerics.control.unit import rates
from numerics.sharpness.nested import leaves


def ranks() -> int:
    """How many train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rows_of_step(batches: Collection[Any]) -> int:
    """Rows of all batches of a step, on all ranks; each rank's batch is taken to be as large."""
    return ranks() * sum(next((len(t) for t in leaves(inputs) if t.ndim), 1) for inputs, _ in batches)


def agreed(probe: Probe, optimizer: Optimizer, batches: Collection[Any]) -> Estimate | None:
    """What the first rank measures on its own batch; None where it could not, and this one is not the first.

    Raises:
        InputError: this is the rank that measures, and it cannot.
    """
    if ranks() == 1:
        return _measured(probe, optimizer, batches)
    failure, estimate = None, None
    if distributed.get_rank() == 0:
        try:
            estimate = _measured(probe, optimizer, batches)
        except Exception as error:  # the others wait
            failure = error
    device = optimizer.param_groups[0]["params"][0].device
    told = torch.tensor(nan if estimate is None else estimate.value, dtype=torch.float64, device=device)
    distributed.broadcast(told, 0)
    if failure is not None:
        raise failure
    return Estimate(float(told), tuple(rates(optimizer))) if isfinite(float(told)) else None


def _measured(probe: Probe, optimizer: Optimizer, batches: Collection[Any]) -> Estimate:
    if not batches:
        raise InputError("expected step(inputs, targets) between backward and the optimiser's step, got no batch")
    estimate = probe.measure(optimizer, list(batches))
    if not isfinite(estimate.value):
        raise InputError(f"expected a finite sharpness, got {estimate.value}")
    return estimate
