"""Where a wrong second derivative comes from: the first module, in the order in which they finish, that has one by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from numerics.sharpness.batches import Piece
from numerics.sharpness.nested import detached, leaves, mapped
from numerics.sharpness.objective import Objective
from numerics.sharpness.quotients import nodes, refuted

DULL = {
    "AccumulateGrad",
    "Add",
    "Addmm",
    "Bmm",
    "Cat",
    "Clone",
    "Expand",
    "Mean",
    "Mm",
    "Mul",
    "Mv",
    "Permute",
    "Reshape",
    "Select",
}
DULL |= {"Slice", "Squeeze", "Sub", "Sum", "T", "Transpose", "UnsafeView", "Unsqueeze", "View"}
"""Operations that are not named, as all models have them."""

CAUSES = "something is detached that depends on the weights, or torch (or a custom function) has its second derivative wrong"


class Call(NamedTuple):
    """What a module was given."""

    name: str
    module: nn.Module
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    training: bool


def at_fault(objective: Objective, piece: Piece) -> str:
    """A module and its operations, or that it is none of them."""
    for call in _calls(objective, piece):
        try:
            fault = _wrong(call)
        except (RuntimeError, TypeError, ValueError, LookupError, AttributeError):
            continue
        if fault is not None:
            told = f" by {', '.join(fault)}" if fault else ""
            return f"in {objective.called(call.name)} ({type(call.module).__name__}){told}, {CAUSES}"
    return f"in no single module, so in the loss, or in how modules are put together, {CAUSES}"


def _calls(objective: Objective, piece: Piece) -> list[Call]:
    """Of all modules inside the model, the innermost first."""
    seen: list[Call] = []

    def hook(name: str):
        def keep(module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any], _: Any) -> None:
            seen.append(Call(name, module, mapped(detached, arguments), mapped(detached, keywords), module.training))

        return keep

    inside = [(name, module) for name, module in objective.model.named_modules() if name]
    hooks = [module.register_forward_hook(hook(name), with_kwargs=True) for name, module in inside]
    try:
        objective.loss(piece, objective.tensors)
    finally:
        for handle in hooks:
            handle.remove()
    return seen


def _wrong(call: Call) -> list[str] | None:
    """Its operations if its second derivatives are wrong, by its parameters and by what it is given."""
    names, parameters = zip(*[(n, p) for n, p in call.module.named_parameters()], strict=True) if _has(call) else ((), ())
    given = [t for t in leaves((call.arguments, call.keywords)) if t.is_floating_point()]
    buffers = {name: buffer.clone() for name, buffer in call.module.named_buffers()}

    def outputs(tensors: Sequence[Tensor]) -> list[Tensor]:
        own, rest = tensors[: len(names)], dict(zip(map(id, given), tensors[len(names) :], strict=True))
        arguments, keywords = mapped(lambda t: rest.get(id(t), t), (call.arguments, call.keywords))
        state = {**{n: b.clone() for n, b in buffers.items()}, **dict(zip(names, own, strict=True))}
        return [t for t in leaves(functional_call(call.module, state, arguments, keywords)) if t.is_floating_point()]

    def loss(tensors: Sequence[Tensor]) -> Tensor:
        return torch.stack([t.square().mean() + _spread(t).square() + t.mean() for t in outputs(tensors)]).sum()

    tensors = [t.detach().clone().requires_grad_() for t in (*parameters, *given)]
    if not tensors or not refuted(loss, tensors):
        return None
    operations = {_name(node) for output in outputs(tensors) for node in nodes(output.grad_fn)}
    return sorted(operations.difference(DULL))


def _spread(tensor: Tensor) -> Tensor:
    """A mean that couples all entries, each differently."""
    return (tensor * torch.linspace(0.5, 1.5, tensor.numel()).to(tensor).view_as(tensor)).mean()


def _name(node: Any) -> str:
    return node.name().rsplit("::", 1)[-1].rstrip("0123456789").removesuffix("Backward")


def _has(call: Call) -> bool:
    return any(True for _ in call.module.parameters())
