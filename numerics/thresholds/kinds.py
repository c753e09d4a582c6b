"""Which of the optimisers in `derive.optimizers` a live torch.optim object is; one that it is not is named, never guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import unwrap
from types import MappingProxyType
from typing import Any

from torch.nn import Parameter
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from derive.errors import InputError
from derive.schemes.optimizers import why_excluded

Group = Mapping[str, Any]

KINDS: Mapping[type[Optimizer], str] = MappingProxyType(
    {SGD: "sgd", Adam: "adam", AdamW: "adamw", NAdam: "nadam", RMSprop: "rmsprop", Adagrad: "adagrad"}
)
"""torch's class -> name in `derive.optimizers`."""


def kind_of(optimizer: Optimizer, group: Group) -> str:
    """Name in `derive.optimizers` of what one group of parameters is trained with.

    A subclass counts as its parent as long as the parent's `step` is the one it runs; our perturbed optimisers, which differ
    from torch's in the last bit alone, count too.

    Raises:
        InputError: any other optimiser; with the reason, where one is known.
    """
    # AdamW is a subclass of Adam that shares its step in some versions of torch; the group tells them apart.
    parents = [p for p in KINDS if isinstance(optimizer, p) and (_perturbed(optimizer) or _same_step(type(optimizer), p))]
    if not parents:
        raise InputError(_unsupported(type(optimizer)))
    name = "adamw" if isinstance(optimizer, AdamW) else KINDS[parents[0]]
    if not group.get("decoupled_weight_decay", name == "adamw"):
        return "adam" if name == "adamw" else name
    if name == "nadam" and group["weight_decay"]:
        raise InputError("no stability edge is derived for NAdam with decoupled weight decay; use the coupled one, or AdamW")
    return "adamw" if name == "adam" else name


def unwrapped(optimizer: Any) -> Optimizer:
    """The optimiser itself, where accelerate or Lightning have put a class of theirs around it.

    Raises:
        InputError: there is none inside.
    """
    while not _plain(optimizer) and hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    if not isinstance(optimizer, Optimizer):
        raise InputError(f"expected a torch.optim.Optimizer, got {type(optimizer).__name__}")
    return optimizer


def trained(optimizer: Optimizer) -> Iterator[tuple[int, Group, Parameter]]:
    """(number of the group, group, parameter) for each parameter that requires a gradient, in the optimiser's order."""
    for number, group in enumerate(optimizer.param_groups):
        yield from ((number, group, p) for p in group["params"] if p.requires_grad)


def _plain(optimizer: Any) -> bool:
    """Accelerate's wrapper is an Optimizer too."""
    return isinstance(optimizer, Optimizer) and not isinstance(getattr(optimizer, "optimizer", None), Optimizer)


def _perturbed(optimizer: Optimizer) -> bool:
    return type(optimizer).__module__.startswith("numerics.optim.")


def _same_step(cls: type, parent: type) -> bool:
    # torch wraps `step` of every class it has made an object of.
    return unwrap(cls.step) is unwrap(parent.step)


def _unsupported(cls: type) -> str:
    """Its name, and why it has no edge, if derive knows."""
    known = {name.replace("-", ""): reason for name, reason in why_excluded.items()}
    if cls.__name__.lower() in known:
        return f"no stability edge for {cls.__name__}: it {known[cls.__name__.lower()]}"
    supported = ", ".join(c.__name__ for c in KINDS)
    return (
        f"no stability edge is derived for {cls.__module__}.{cls.__qualname__}; supported are {supported}, "
        "and subclasses that keep their step"
    )
