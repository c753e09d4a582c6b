"""Whether an optimiser is given the gradient of the loss that was seen, and what was done to it if not."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Parameter

Gradients = Mapping[Parameter, Tensor]

AGREEMENT = 1e-3
"""Relative difference between the gradient measured and the one stepped with: two orders of summation differ by less."""


def agree(gradients: Gradients) -> bool:
    """Whether the optimiser is given these gradients, but for the order of summation."""
    pairs = _given(gradients)
    off = sum(float((given - own).abs().sum()) for given, own in pairs)
    return off <= AGREEMENT * sum(float(own.abs().sum()) for _, own in pairs)


def _given(gradients: Gradients) -> list[tuple[Tensor, Tensor]]:
    """(gradient that the optimiser is given, that of the loss) of each parameter."""
    return [(torch.zeros_like(g) if p.grad is None else p.grad, g) for p, g in gradients.items()]


def how_changed(gradients: Gradients, passes: int) -> str:
    """How the optimiser's gradient is not that of the loss whose backward pass was seen.

    Args:
        gradients: of that loss.
        passes: backward passes since the last step.
    """
    if passes > 1:
        return f"gradients are accumulated over {passes} backward passes, or there are several losses"
    pairs = _given(gradients)
    own = sum(float(o.double().square().sum()) for _, o in pairs)
    factor = sum(float((g.double() * o.double()).sum()) for g, o in pairs) / own
    off = sum(float((g.double() - factor * o.double()).square().sum()) for g, o in pairs)
    if off <= AGREEMENT**2 * factor**2 * own:
        return f"the optimiser is given {factor:.3g} times the gradient of the loss seen: it is clipped, or the loss was scaled"
    return "the optimiser is given another gradient than that of the loss seen: clipped by value, accumulated, or changed"
