"""What a monitor is given, checked before the training begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.options import Options, Sink
from numerics.thresholds.kinds import kind_of, trained


def options_of(given: dict[str, Any]) -> Options:
    """Options by name.

    Raises:
        InputError: there is no such option, or it is out of its range.
    """
    names = [f.name for f in fields(Options)]
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, 1)
            told = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
            raise InputError(f"expected an option of StabilityMonitor, got {name}{told}")
    return Options(**given)


def check_functions(model: Any, loss_fn: Any, after_backward: Any, forward_context: Any) -> None:
    """A model, and what is called.

    Raises:
        InputError: something else.
    """
    if not isinstance(model, nn.Module):
        raise InputError(f"expected a torch.nn.Module as model, got {_kind(model)}")
    if not callable(loss_fn):
        raise InputError(f"expected loss_fn(outputs, targets) to be called, got {_kind(loss_fn)}")
    if after_backward is not None and not callable(after_backward):
        raise InputError(f"expected after_backward(model) to be called, or None, got {_kind(after_backward)}")
    if not callable(forward_context):
        told = f"got {_kind(forward_context)}; pass lambda: torch.autocast(...)"
        raise InputError(f"expected forward_context() to make a context, {told}")


def sinks_of(sinks: Any) -> list[Sink]:
    """Sinks in a list; None is none of them.

    Raises:
        InputError: one of them cannot write rows.
    """
    if sinks is not None and not isinstance(sinks, Iterable):
        raise InputError(f"expected sinks in a list, got {_kind(sinks)}")
    sinks_given = list(sinks or ())
    for sink in sinks_given:
        if not (callable(getattr(sink, "write", None)) and callable(getattr(sink, "close", None))):
            raise InputError(f"expected sinks with write(step, row) and close(), got {_kind(sink)}")
    return sinks_given


def kinds_of(model: nn.Module, optimizer: Optimizer) -> list[str]:
    """Name of each group's optimiser in `derive.optimizers`.

    Raises:
        InputError: one without a derived edge, or of parameters that are not the model's or do not move.
    """
    kinds = [kind_of(optimizer, group) for group in optimizer.param_groups]
    own = {id(p) for p in model.parameters()}
    strange = sum(id(p) not in own for _, _, p in trained(optimizer))
    if strange:
        raise InputError(f"expected an optimizer of the model's parameters, got {strange} that it does not have")
    if not any(True for _ in trained(optimizer)):
        raise InputError("expected an optimizer with parameters that require a gradient, got none")
    return kinds


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
