"""What a controller is given, refused by name before the training begins where it cannot do it."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.given import check_functions, kinds_of
from numerics.sharpness.objective import bare, selected
from numerics.thresholds.kinds import trained, unwrapped


class ControlWarning(UserWarning):
    """A measurement failed; the last cap is kept."""


def checked(model: Any, optimizer: Any, loss_fn: Any) -> tuple[nn.Module, Optimizer]:
    """Model and optimiser without what others have put around them.

    Raises:
        InputError: no module; a loss that cannot be called; an optimiser without a derived edge, of other parameters, or with
            a setting that is not counted; parameters that are sharded, complex, below float32 or of several types or devices.
    """
    check_functions(model, loss_fn, None, dict)
    optimizer, model = unwrapped(optimizer), bare(model)
    if any(isinstance(module, FullyShardedDataParallel) for module in model.modules()):
        raise InputError("expected whole parameters on each rank, got FullyShardedDataParallel; use DistributedDataParallel")
    if any(hasattr(p, "placements") for p in model.parameters()):
        raise InputError("expected whole parameters on each rank, got distributed tensors; use DistributedDataParallel")
    kinds_of(model, optimizer)
    selected(model, [p for _, _, p in trained(optimizer)])
    if len({bool(group.get("maximize")) for group in optimizer.param_groups}) > 1:
        raise InputError("expected all groups to minimise or all to maximise, got both; the network then has no one loss")
    for number, group in enumerate(optimizer.param_groups):
        _check_group(number, group)
    return model, optimizer


def _check_group(number: int, group: dict[str, Any]) -> None:
    if group.get("lr_decay"):
        raise InputError(f"expected lr_decay = 0, which is not counted, got {group['lr_decay']:g}; use a scheduler")
    momentum, dampening = float(group.get("momentum") or 0.0), float(group.get("dampening") or 0.0)
    if not 0 <= momentum < 1 or not dampening < 1:
        raise InputError(f"expected momentum in [0, 1) and dampening < 1 in group {number}, got {momentum:g} and {dampening:g}")


def number(name: str, value: Any, least: int) -> int:
    """An integer.

    Raises:
        InputError: it is none, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"expected {name}, an integer >= {least}, got {value!r}")
    return value
