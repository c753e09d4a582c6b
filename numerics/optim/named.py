"""An optimiser in words, off the live one."""

from __future__ import annotations

from torch.optim import Optimizer


def named(optimizer: Optimizer) -> str:
    """Its class, torch's where it is derived from one of torch's, and its momentum if it can have one.

    >>> import torch
    >>> weight = [torch.nn.Parameter(torch.ones(1))]
    >>> named(torch.optim.RMSprop(weight, momentum=0.5)), named(torch.optim.Adamax(weight))
    ('RMSprop with momentum 0.5', 'Adamax')
    """
    first = optimizer.param_groups[0]
    if "momentum" not in first:
        return _class(optimizer)
    if not first["momentum"]:
        return f"{_class(optimizer)} without momentum"
    return f"{_class(optimizer)} with {'Nesterov ' if first.get('nesterov') else ''}momentum {first['momentum']:g}"


def _class(optimizer: Optimizer) -> str:
    """Without what is ours, as a perturbation."""
    lineage = type(optimizer).__mro__
    return next(
        (one for one in lineage if one.__module__.startswith("torch.optim.") and one is not Optimizer), lineage[0]
    ).__name__
