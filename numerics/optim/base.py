"""What the perturbed optimisers share: one step is torch's own, but for its last operation.

A rule (`numerics.optim.sgd`, `numerics.optim.adam`) knows torch's arithmetic up to the last operation, theta - eta d; a
perturbation (`numerics.optim.scaling`, `numerics.optim.rounding`) does that one. All runs take this one path, the
unperturbed too, so that nothing but the perturbation tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from numbers import Real
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, _default_to_fused_or_foreach

from derive.errors import InputError
from numerics.optim.lists import Lists, alike

REFUSED = {
    "fused": "the fused kernel does the whole step at once and leaves no place for a perturbation",
    "differentiable": "a change of the last bit has no derivative",
}
"""Arguments of torch's optimisers that have to be off, with the reason."""


class Direction(NamedTuple):
    """The direction d of a step, as torch has computed it: numerator / (correction * denominator).

    Attributes:
        numerators: one per parameter, of its shape.
        denominators: likewise; empty for SGD, where d is the numerator.
        corrections: Adam's 1 - beta1^t, one per parameter; empty for SGD.
    """

    numerators: Sequence[Tensor]
    denominators: Sequence[Tensor] = ()
    corrections: Sequence[float | Tensor] = ()


@dataclass(frozen=True)
class Share:
    """The parameters of a group that are worked on together.

    Attributes:
        group: the options of the group.
        params: parameters with a gradient, of one device and number format.
        lists: how lists of them are worked on.
    """

    group: dict[str, Any]
    params: list[Tensor]
    lists: Lists


class LastBit(Optimizer):
    """A torch optimiser whose last operation is exchanged; mixed with a rule and a perturbation.

    Args:
        own: options beside torch's; groups may have their own values.
        params: as in torch.
        *arguments: of torch's optimiser.
        **torch_arguments: likewise.
    """

    def __init__(self, own: dict[str, Any], params: Any, *arguments: Any, **torch_arguments: Any) -> None:
        check_lr(torch_arguments.get("lr", arguments[0] if arguments else 0))
        self._own = own
        try:
            super().__init__(params, *arguments, **torch_arguments)
        except InputError:
            raise
        except ValueError as error:
            raise InputError(f"torch refuses the arguments: {error}") from None

    def _check(self, group: dict[str, Any]) -> None:
        """Refuse bad values of the options of a rule or a perturbation."""

    def _direction(self, share: Share) -> Direction:
        """Rule: everything torch does in a step before its last operation, state included."""
        raise NotImplementedError

    def _subtract(self, share: Share, direction: Direction, lr: float | Tensor) -> None:
        """Rule: theta - eta d, rounded as torch does it."""
        raise NotImplementedError

    def _sizes(self, direction: Direction, lr: float | Tensor) -> list[float | Tensor]:
        """Rule: the step of every parameter, eta / correction."""
        raise NotImplementedError

    def _advance(self, share: Share, direction: Direction) -> None:
        """Perturbation: the last operation."""
        raise NotImplementedError

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As in torch.

        Raises:
            InputError: an option out of its range, or a parameter that is not real floating point.
        """
        # torch's constructor comes here right after it has made `defaults`; copies and pickles know no `_own`.
        self.defaults.update(vars(self).pop("_own", {}))
        self._refuse({**self.defaults, **param_group})
        super().add_param_group(param_group)
        dtypes = {p.dtype for p in self.param_groups[-1]["params"]}
        if strange := [d for d in dtypes if not d.is_floating_point]:
            self.param_groups.pop()
            raise InputError(f"expected parameters of real floating point, got {strange[0]}")

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in torch; a state of torch's own optimiser too: the options that it lacks keep their values.

        A state saved with `fused` goes on without.

        Raises:
            InputError: an option in the state is out of its range; nothing was changed.
        """
        kept = [{name: value for name, value in group.items() if name != "params"} for group in self.param_groups]
        for ours, theirs in zip(kept, state_dict["param_groups"], strict=False):
            self._refuse({**ours, **theirs, "fused": False})
        super().load_state_dict(state_dict)
        for group, ours in zip(self.param_groups, kept, strict=True):
            for name, value in ours.items():
                group.setdefault(name, value)
            group["fused"] = ours["fused"]

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """As in torch.

        Raises:
            InputError: a sparse gradient.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for params in alike(p for p in group["params"] if p.grad is not None):
                _refuse_sparse(params)
                share = Share(group, params, Lists(self._foreach(group, params)))
                self._advance(share, self._direction(share))
        return loss

    def _refuse(self, group: dict[str, Any]) -> None:
        check_lr(group["lr"])
        for name, reason in REFUSED.items():
            if group[name]:
                raise InputError(f"expected {name} to be off, got {group[name]!r}; {reason}")
        self._check(group)

    def _foreach(self, group: dict[str, Any], params: list[Tensor]) -> bool:
        """Choose as torch does."""
        if group["foreach"] is not None:
            return group["foreach"]
        return _default_to_fused_or_foreach(params, differentiable=False)[1]


def check_lr(lr: float | Tensor) -> None:
    """Check a step size.

    Raises:
        InputError: it is no finite number of at least 0.
    """
    single = not isinstance(lr, Tensor) or lr.numel() == 1
    if isinstance(lr, bool) or not isinstance(lr, (Real, Tensor)) or not single or not 0 <= float(lr) < inf:
        raise InputError(f"expected lr to be a finite number of at least 0, got {lr!r}")


def _refuse_sparse(params: list[Tensor]) -> None:
    for p in params:
        if p.grad is not None and p.grad.layout != torch.strided:
            raise InputError(f"expected dense gradients, got {p.grad.layout}; make the layer with sparse=False")
