"""Which of the known optimisers a live torch.optim object is; one that it is not is named, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import unwrap
from typing import Any

from torch.nn import Parameter
from torch.optim import Optimizer

from derive.errors import InputError
from derive.schemes.optimizers import why_excluded
from numerics.thresholds.optimizers import LIVE, Group, Live


def live_of(optimizer: Optimizer, group: Group) -> Live:
    """What is known of what one group of parameters is trained with.

    A subclass counts as its parent as long as the parent's `step` is the one it runs; our perturbed optimisers, which differ
    from torch's in the last bit alone, count too.

    Raises:
        InputError: any other optimiser; with the reason, where one is known.
    """
    cls = type(optimizer)
    parents = [one for one in LIVE.values() if issubclass(cls, one.cls) and (_perturbed(cls) or _same_step(cls, one.cls))]
    if not parents:
        raise InputError(_unsupported(cls))
    # AdamW is a subclass of Adam that shares its step in some versions of torch, and Adam may decouple its decay.
    nearest = max(parents, key=lambda one: len(one.cls.__mro__))
    if bool(group.get("decoupled_weight_decay", nearest.decoupled)) == nearest.decoupled:
        return nearest
    if nearest.twin:
        return LIVE[nearest.twin]
    if group["weight_decay"]:
        which, other = ("coupled", "decoupled") if nearest.decoupled else ("decoupled", "coupled")
        kind = f"{nearest.cls.__name__} with {which} weight decay"
        raise InputError(f"no stability edge is derived for {kind}; use the {other} one")
    return nearest


def kind_of(optimizer: Optimizer, group: Group) -> str:
    """The name of it.

    Raises:
        InputError: as `live_of`.
    """
    return live_of(optimizer, group).name


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


def _perturbed(cls: type) -> bool:
    return cls.__module__.startswith("numerics.optim.")


def _same_step(cls: type, parent: type) -> bool:
    # torch wraps `step` of every class it has made an object of.
    return unwrap(cls.step) is unwrap(parent.step)


def _unsupported(cls: type) -> str:
    """Its name, and why it has no edge, if derive knows."""
    known = {name.replace("-", ""): reason for name, reason in why_excluded.items()}
    if cls.__name__.lower() in known:
        return f"no stability edge for {cls.__name__}: it {known[cls.__name__.lower()]}"
    supported = ", ".join(one.cls.__name__ for one in LIVE.values())
    return (
        f"no stability edge is derived for {cls.__module__}.{cls.__qualname__}; supported are {supported}, "
        "and subclasses that keep their step"
    )
