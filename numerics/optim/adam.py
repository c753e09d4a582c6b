"""torch.optim.Adam up to its last operation, operation by operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.optim.base import Direction, LastBit, Share
from numerics.optim.lists import Lists


class AdamRule(LastBit, torch.optim.Adam):
    """Weight decay in the gradient or decoupled, AMSGrad, `maximize` and `capturable`.

    Source: torch/optim/adam.py, whose bits it has.
    """

    def _direction(self, share: Share) -> Direction:
        group, lists, grads = share.group, share.lists, [p.grad for p in share.params]
        _refuse_capture(group)
        first, second, largest, steps = self._moments(share)
        if group["maximize"]:
            grads = lists("neg", grads)
        lists("add_", steps, 1)
        if group["weight_decay"] != 0:
            grads = _decayed(share, grads)
        beta1, beta2 = group["betas"]
        lists("lerp_", first, grads, 1 - beta1)
        lists("mul_", second, beta2)
        lists("addcmul_", second, grads, grads, value=1 - beta2)
        if group["amsgrad"]:
            lists("copy_", largest, lists("maximum", largest, second))
            second = largest
        return _corrected(share, first, second, steps)

    def _moments(self, share: Share) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """Means of gradients and of their squares, the largest of the latter (AMSGrad), and steps done; made by torch."""
        first, second, largest, steps = [], [], [], []
        self._init_group({**share.group, "params": share.params}, [], [], first, second, largest, steps)
        return first, second, largest, steps

    def _subtract(self, share: Share, direction: Direction, lr: float | Tensor) -> None:
        lists, (numerators, denominators, corrections) = share.lists, direction
        if share.group["capturable"]:
            # torch keeps 1 - beta1^t with the other sign, and divides the denominators by the step.
            sizes = lists("reciprocal", lists("div", lists("neg", corrections), lr))
            lists("addcdiv_", share.params, numerators, lists("div", denominators, sizes))
        elif lists.foreach:
            lists("addcdiv_", share.params, numerators, denominators, [-size for size in self._sizes(direction, lr)])
        else:
            rows = zip(share.params, numerators, denominators, self._sizes(direction, lr), strict=True)
            for param, numerator, denominator, size in rows:
                param.addcdiv_(numerator, denominator, value=-size)

    def _sizes(self, direction: Direction, lr: float | Tensor) -> list[float | Tensor]:
        return [lr / correction for correction in direction.corrections]

    def _check(self, group: dict[str, Any]) -> None:
        if any(isinstance(beta, Tensor) for beta in group["betas"]):
            raise InputError(f"expected betas to be two floats, got {group['betas']!r}; tensors are not supported")
        if group["capturable"] and group["foreach"] is False:
            raise InputError("expected foreach to be on with capturable=True, got False; leave it out")
        super()._check(group)

    def _foreach(self, group: dict[str, Any], params: list[Tensor]) -> bool:
        if group["capturable"]:
            return True
        # torch's own choice, again: its lists take no tensor for a step size.
        return super()._foreach(group, params) and not (group["foreach"] is None and isinstance(group["lr"], Tensor))


def _decayed(share: Share, grads: Sequence[Tensor]) -> Sequence[Tensor]:
    """Weight decay: of the weights themselves, or in the gradient."""
    decay = share.group["weight_decay"]
    if share.group["decoupled_weight_decay"]:
        share.lists("mul_", share.params, 1 - share.group["lr"] * decay)
        return grads
    return share.lists("add", grads, share.params, alpha=decay)


def _corrected(share: Share, first: list[Tensor], second: list[Tensor], steps: list[Tensor]) -> Direction:
    """The direction, with the denominators sqrt(v / (1 - beta2^t)) + eps."""
    (beta1, beta2), lists = share.group["betas"], share.lists
    if share.group["capturable"]:
        # Rounded as torch's captured step does it: in the format of the tensors, on the device.
        corrections, seconds = (_captured(lists, beta, steps) for beta in (beta1, beta2))
        roots = lists("sqrt", seconds)
    else:
        counts = [step.item() for step in steps]
        corrections = [1 - beta1**count for count in counts]
        roots = [(1 - beta2**count) ** 0.5 for count in counts]
    denominators = lists("div", lists("sqrt", second), roots)
    lists("add_", denominators, share.group["eps"])
    return Direction(first, denominators, corrections)


def _captured(lists: Lists, beta: float, steps: list[Tensor]) -> Sequence[Tensor]:
    """1 - beta^t on the device."""
    powers = torch._foreach_pow(beta, steps)  # pyright: ignore[reportPrivateImportUsage]
    return lists("neg", lists("sub", powers, 1))


def _refuse_capture(group: dict[str, Any]) -> None:
    """A captured step repeats what the host has computed once: the corrections would stay those of one step."""
    if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing() and not group["capturable"]:
        raise InputError("expected capturable=True inside a CUDA graph, got False; make the optimiser with capturable=True")
