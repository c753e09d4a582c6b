"""What a loss is evaluated in, so that it can be differentiated twice and nothing of the training is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from numerics.common.determinism import full_precision
from numerics.sharpness.substitutes import differentiable
from numerics.sharpness.untouched import untouched

_within: list[nn.Module] = []


@contextmanager
def undisturbed(model: nn.Module, device: torch.device, *others: Any) -> Iterator[None]:
    """Gradients on, no autocast, only what can be differentiated twice, float32 in full; all is as before at the end.

    Rounded to TF32, products would be off by more than the bounds on the eigenvalues count.

    Args:
        model: that is evaluated.
        device: where it is.
        others: what else keeps something, as the loss may.
    """
    if model in _within:
        with torch.enable_grad():
            yield
        return
    with ExitStack() as stack:
        stack.callback(_within.remove, model)
        _within.append(model)
        stack.enter_context(full_precision())
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(untouched(model, *others))
        stack.enter_context(differentiable(model))
        stack.enter_context(torch.autocast(device.type, enabled=False))
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        if device.type == "cuda" and any(isinstance(module, nn.RNNBase) for module in model.modules()):
            stack.enter_context(_without_cudnn())
        yield


@contextmanager
def _without_cudnn() -> Iterator[None]:
    """Not `cudnn.flags`: that reads the old name of a precision, which fails where the user has set a new one."""
    before, torch.backends.cudnn.enabled = torch.backends.cudnn.enabled, False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before
