r"""What the optimiser will divide by in the step that is about to be done: its state with this gradient taken in.

Adam's first step has denominators made of its first gradient alone; read after a step, they would come one step too late.
Adam's is the root without the bias of its mean: c counts the whole step that one gradient adds up to, which has none.

Source: torch.optim.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from derive.errors import InputError
from numerics.thresholds.optimizers import Group, Live, State
from numerics.thresholds.reading import denominator


def foreseen(live: Live, group: Group, parameter: Parameter, state: State, gradient: Tensor) -> Tensor:
    """Denominators of the coming step, shaped like the parameter; 1 without any.

    Args:
        live: what is known of the optimiser.
        group: of the parameter.
        parameter: where it is now.
        state: of the last step; empty before the first.
        gradient: that the step will use, clipped and unscaled.

    Raises:
        InputError: the state lacks what the denominators are made of.
    """
    if not live.adaptive:
        return denominator(live, group, parameter, state)
    with torch.no_grad():
        after = _after(live, group, state, _taken(live, group, parameter, gradient))
        divided = denominator(live, group, parameter, after)
    return divided / _bias(live, group, after)


def _bias(live: Live, group: Group, state: State) -> float:
    """Of the mean, that the table's denominators of Adam and AdamW hold."""
    return 1 - float(group["betas"][0]) ** state["step"] if live.name in ("adam", "adamw") else 1.0


def _taken(live: Live, group: Group, parameter: Parameter, gradient: Tensor) -> Tensor:
    """The gradient as the optimiser squares it; with coupled decay."""
    taken = gradient.detach().to_dense() if gradient.is_sparse else gradient.detach()
    taken = -taken if group.get("maximize") else taken
    return taken if live.decoupled else taken + float(group["weight_decay"]) * parameter.detach()


def _after(live: Live, group: Group, state: State, taken: Tensor) -> dict[str, Any]:
    """What of the state the denominators are made of, one step on."""
    known = {name: state.get(name, torch.zeros_like(taken)) for name in live.second}
    step = float(state.get("step", 0)) + 1
    if live.name == "adagrad":
        return {"step": step, "sum": known["sum"] + taken**2}
    if live.memory is None:
        raise InputError(f"expected an optimiser whose denominators can be foreseen, got {live.name}")
    memory = live.memory(group)
    new = {name: memory * old + (1 - memory) * (taken if name == "grad_avg" else taken**2) for name, old in known.items()}
    if group.get("amsgrad"):
        new["max_exp_avg_sq"] = torch.maximum(state.get("max_exp_avg_sq", torch.zeros_like(taken)), new["exp_avg_sq"])
    return {"step": step, **new}
