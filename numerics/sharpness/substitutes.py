"""Operations whose second derivative torch lacks, or has wrong, by others that are the same function.

weight norm            torch's fused kernel has a wrong second derivative (2.13: gradgradcheck fails) and no forward one
sparse embeddings      have no second derivative; only the layout of the gradient differs
reentrant checkpoints  cannot be differentiated by torch.autograd.grad; plain calls can, and take more memory
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.weight_norm import WeightNorm
from torch.utils.checkpoint import CheckpointFunction


@contextmanager
def differentiable(model: nn.Module) -> Iterator[None]:
    """Inside, the model's operations can be differentiated twice where torch's own cannot; call it inside `untouched`."""
    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, nn.Embedding):
                module.sparse = False
        for owner in (torch, sys.modules[WeightNorm.__module__]):  # parametrizations, and torch's old way by hooks
            stack.enter_context(_replaced(owner, "_weight_norm", weight_norm))
        stack.enter_context(_replaced(CheckpointFunction, "apply", staticmethod(_called)))
        yield


def weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """g v / |v|, the norm over all axes but one, or over all where dim is -1."""
    if dim == -1:
        return v * (g / v.square().sum().sqrt())
    axes = [axis for axis in range(v.ndim) if axis != dim]
    return v * (g / (v.square().sum(axes, keepdim=True).sqrt() if axes else v.abs()))


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another attribute, inside."""
    nothing = object()
    before = vars(owner).get(name, nothing)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is nothing:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def _called(function: Any, _: bool, *arguments: Any) -> Any:
    """What the checkpoint is in training: no gradient reaches the parameters inside if no argument asks for one."""
    asked = any(isinstance(a, Tensor) and a.requires_grad for a in arguments)
    with torch.set_grad_enabled(torch.is_grad_enabled() and asked):
        return function(*arguments)
