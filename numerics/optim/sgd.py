"""torch.optim.SGD up to its last operation, operation by operation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from numerics.optim.base import Direction, LastBit, Share
from numerics.optim.lists import Lists


class SGDRule(LastBit, torch.optim.SGD):
    """Weight decay, momentum, dampening, Nesterov's momentum and `maximize`.

    Source: torch/optim/sgd.py, whose bits it has.
    """

    def _direction(self, share: Share) -> Direction:
        group, lists, grads = share.group, share.lists, [p.grad for p in share.params]
        if group["maximize"]:
            grads = lists("neg", grads)
        if group["weight_decay"] != 0:
            grads = lists("add", grads, share.params, alpha=group["weight_decay"])
        if group["momentum"] == 0:
            return Direction(grads)
        buffers = self._momentum(share, grads)
        return Direction(lists("add", grads, buffers, alpha=group["momentum"]) if group["nesterov"] else buffers)

    def _momentum(self, share: Share, grads: Sequence[Tensor]) -> list[Tensor]:
        """Every parameter's buffer, brought up to date; at its first step it is the gradient, without dampening."""
        states = [self.state[p] for p in share.params]
        begun = [state.get("momentum_buffer") is not None for state in states]
        old = [state["momentum_buffer"] for state, there in zip(states, begun, strict=True) if there]
        if old:
            # torch leaves its lists where a buffer is missing; in the half formats lists round the momentum itself.
            lists = share.lists if all(begun) else Lists(foreach=False)
            lists("mul_", old, share.group["momentum"])
            fresh = [grad for grad, there in zip(grads, begun, strict=True) if there]
            lists("add_", old, fresh, alpha=1 - share.group["dampening"])
        for state, grad, there in zip(states, grads, begun, strict=True):
            if not there:
                state["momentum_buffer"] = grad.detach().clone()
        return [state["momentum_buffer"] for state in states]

    def _subtract(self, share: Share, direction: Direction, lr: float | Tensor) -> None:
        # A multiplication and an addition; fused, with one rounding, where the processor can.
        share.lists("add_", share.params, direction.numerators, alpha=-lr)

    def _sizes(self, direction: Direction, lr: float | Tensor) -> list[float | Tensor]:
        return [lr] * len(direction.numerators)
