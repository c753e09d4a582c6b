"""What is measured on the members of a group after an epoch, or between two steps."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import torch
from torch import Tensor

from numerics.datasets import Data
from numerics.measures.churn import churn_rates
from numerics.measures.distance import distances, relative_l1
from numerics.training.evaluate import accuracy, predictions
from numerics.training.fluctuation import gradient_fluctuation
from numerics.training.member import Member
from numerics.training.probe import PROBED
from numerics.training.recipe import Group

Measured = dict[str, Tensor]
"""Variable -> (M,) or (M, layers), float64."""

PER_EPOCH = ("accuracy", "loss", "rel_l1_net", "changed", "churn")
PER_STEP = ("rel_l1_step", "loss_step")
RIGHT = "whether the test image is classified rightly at the end, 1 or 0; -1 for a member that has ended before"
FLUCTUATION = {"fluctuation": "mean", "fluctuation_median": "median", "fluctuation_ratio": "ratio"}
"""Variable -> field of Fluctuation."""


def blank(group: Group, layers: int) -> Measured:
    """All of it for every member of a group, NaN: what there is for one that has ended."""
    members = len(group.ks)
    names = [*PER_EPOCH, *(FLUCTUATION if group.recipe.fluctuation else ()), *(PROBED if group.recipe.probe else ())]
    measured = {name: torch.full((members,), nan, dtype=torch.float64) for name in names}
    return measured | {"rel_l1": torch.full((members, layers), nan, dtype=torch.float64)}


def blank_step(group: Group) -> Measured:
    """The same of what is recorded by steps."""
    return {name: torch.full((len(group.ks),), nan, dtype=torch.float64) for name in PER_STEP}


def after_epoch(members: Sequence[Member], group: Group, data: Data, epoch: int) -> Measured:
    """Everything but the loss, for the members that are still stable; no distances if the unperturbed one is not among them.

    Args:
        members: M of them.
        group: theirs.
        data: theirs.
        epoch: epochs done.
    """
    classes = [predictions(member.net, data.test) for member in members]
    measured = {"accuracy": torch.stack([accuracy(own, data.test.labels) for own in classes])}
    measured |= _apart(members, classes, group.unperturbed)
    if group.recipe.fluctuation:
        each = [gradient_fluctuation(member, group, data, epoch) for member in members]
        for name, field in FLUCTUATION.items():
            measured[name] = torch.tensor([getattr(one, field) for one in each], dtype=torch.float64)
    return measured


def right_at_the_end(members: Sequence[Member], group: Group, data: Data) -> Tensor:
    """Whether each member classifies each test image rightly, (M, n) int8 in the group's order: 1, 0, or -1 if it has ended."""
    labels = data.test.labels
    right = torch.full((len(group.ks), len(labels)), -1, dtype=torch.int8)
    for member in members:
        right[group.ks.index(member.k)] = (predictions(member.net, data.test) == labels).to("cpu", torch.int8)
    return right


def _apart(members: Sequence[Member], classes: list[Tensor], unperturbed: int) -> Measured:
    """Distances to the unperturbed member. One by one: their bits must not depend on the company."""
    number = _position(members, unperturbed)
    if number is None:
        return {}
    reference = members[number].weights
    apart = [distances([member.weights], reference) for member in members]
    return {
        "rel_l1": torch.cat([one.layers for one in apart]),
        "rel_l1_net": torch.cat([one.net for one in apart]),
        "changed": torch.cat([one.changed for one in apart]),
        "churn": churn_rates(torch.stack(classes), classes[number]),
    }


@torch.no_grad()
def rel_l1_now(members: Sequence[Member], group: Group) -> Tensor:
    """RelL1 over what the group traces to the unperturbed member, (M,) float64 on the device, its own 0; NaN without that."""
    number, of = _position(members, group.unperturbed), group.recipe.trace_of
    if number is None:
        return torch.full((len(members),), nan, dtype=torch.float64)
    reference = _vector(members[number], of)
    apart = [relative_l1(_vector(member, of), reference) for n, member in enumerate(members) if n != number]
    return torch.stack([*apart[:number], reference.new_zeros(()), *apart[number:]])


def _vector(member: Member, of: str) -> Tensor:
    weights = [member.net.get_parameter(of).detach()] if of else member.weights
    return torch.cat([weight.reshape(-1) for weight in weights]).double()


def _position(members: Sequence[Member], k: int) -> int | None:
    return next((n for n, member in enumerate(members) if member.k == k), None)
