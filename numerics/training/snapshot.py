"""A member as tensors and plain values, from which it goes on to the same bits."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from numerics.training.member import Member

Numbers = dict[str, Any]


def saved(member: Member) -> tuple[dict[str, Tensor], Numbers]:
    """Copies, on the CPU, of weights, buffers and optimiser state; what of the latter is no tensor comes apart, for JSON.

    The step size is not among them: the epoch decides it.
    """
    tensors = {f"net/{name}": part for name, part in member.net.state_dict().items()}
    numbers: Numbers = {}
    for index, values in member.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            home = tensors if isinstance(value, Tensor) else numbers
            home[f"optimizer/{index}/{name}"] = value
    return {name: part.detach().to("cpu", copy=True) for name, part in tensors.items()}, numbers


def put_back(member: Member, tensors: dict[str, Tensor], numbers: Numbers) -> None:
    """Undo everything that has happened to a member since `saved` gave these."""
    net = {name.removeprefix("net/"): part for name, part in tensors.items() if name.startswith("net/")}
    member.net.load_state_dict(net)
    state: dict[int, Numbers] = {}
    for name, value in [*tensors.items(), *numbers.items()]:
        if name.startswith("optimizer/"):
            _, index, key = name.split("/", 2)
            state.setdefault(int(index), {})[key] = value
    groups = member.optimizer.state_dict()["param_groups"]
    # It makes copies where type and device are right already, but not of tensors it was handed itself.
    copies = {index: {key: _copy(value) for key, value in values.items()} for index, values in state.items()}
    member.optimizer.load_state_dict({"state": copies, "param_groups": groups})


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
