"""Whether a stored state is one that a run of this group can have been in: names, types and shapes against a fresh run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError
from derive.shown import shown
from numerics.training.history import MEANINGS, History
from numerics.training.layout import Layout, fault
from numerics.training.member import Member
from numerics.training.recipe import Group
from numerics.training.snapshot import Numbers, saved

META = {"epoch", "ks", "history", "numbers"}


def refused(reason: str) -> InputError:
    """The error of a state that is not used."""
    return InputError(f"expected the state of such a run, got another: {reason}")


def check_meta(meta: Mapping[str, Any], group: Group) -> None:
    """The plain values, but for what they say of the epochs.

    Raises:
        InputError: keys, types or counts that a run of this group has not.
    """
    if meta.keys() != META:
        raise refused(f"its keys are {shown(', '.join(map(str, meta)))}")
    if meta["ks"] != list(group.ks):
        raise refused(f"expected members {list(group.ks)}, got {shown(meta['ks'])}")
    epoch = meta["epoch"]
    if type(epoch) is not int or not 0 <= epoch <= group.recipe.epochs:
        raise refused(f"expected an epoch from 0 to {group.recipe.epochs}, got {shown(repr(epoch))}")
    history = meta["history"]
    if not isinstance(history, dict) or history.keys() != {"trails", "unstable"}:
        raise refused("its history is none")
    if not _table(history["trails"], epoch, len(group.ks), str):
        raise refused(f"its trails are not those of {epoch} epochs of {len(group.ks)} members")
    ended = history["unstable"]
    if not isinstance(ended, list) or not _table(ended, len(ended), 2, int) or {k for k, _ in ended} - set(group.ks):
        raise refused("it has unstable members that are none")


def _table(rows: object, length: int, width: int, kind: type) -> bool:
    """Whether it is a list of so many lists of so many values of a type."""
    listed = isinstance(rows, list) and len(rows) == length
    return listed and all(isinstance(r, list) and len(r) == width and all(type(v) is kind for v in r) for r in rows)


def check_history(history: History, rows: Mapping[str, Tensor], group: Group, expected: Layout) -> None:
    """What was measured.

    Raises:
        InputError: it is not what a run of this group can have measured in so many epochs.
    """
    sound = (part.dtype == torch.float64 and part.dim() > 1 and part.shape[1] == len(group.ks) for part in rows.values())
    if rows.keys() - MEANINGS.keys() or not all(sound):
        raise refused("its history has other names, types or shapes")
    try:
        dataset = history.dataset(expected.layers, group.recipe.trace)
    except (ValueError, KeyError) as error:  # lengths that do not fit, names that nothing has
        raise refused(f"its history has no such form ({type(error).__name__})") from None
    if reason := fault(dataset, group, expected):
        raise refused(reason)


def check_member(member: Member, tensors: Mapping[str, Tensor], numbers: object) -> None:
    """Names, types and shapes of a member's tensors; what the optimiser keeps is told by its trail.

    Raises:
        InputError: they are not those of a fresh member, or numbers are no numbers.
    """
    own = {f"net/{name}": (part.dtype, part.shape) for name, part in member.net.state_dict().items()}
    theirs = {name: (part.dtype, part.shape) for name, part in tensors.items() if not name.startswith("optimizer/")}
    if odd := [name for name in own.keys() | theirs.keys() if own.get(name) != theirs.get(name)]:
        raise refused(f"member {member.k}: {shown(min(odd))} is missing, too much, or of another type or shape")
    if not isinstance(numbers, dict) or not all(type(v) in (int, float) for v in numbers.values()):
        raise refused(f"member {member.k}: expected numbers of its optimiser, got others")


def check_back(member: Member, tensors: Mapping[str, Tensor], numbers: Numbers) -> None:
    """A member that was put back gives the same state again.

    Raises:
        InputError: something was left out, or changed its type.
    """
    parts, values = saved(member)
    same = {name: (part.dtype, part.shape) for name, part in tensors.items()}
    if {name: (part.dtype, part.shape) for name, part in parts.items()} != same or values != numbers:
        raise refused(f"member {member.k}: the state of its optimiser is not as it was saved")


def check_trails(trails: Sequence[str], stored: Sequence[str], group: Group) -> None:
    """The trails of what was put back are those that were stored with it.

    Raises:
        InputError: of a member they differ: its weights, buffers or optimiser state are not those of that epoch.
    """
    if odd := [k for k, now, then in zip(group.ks, trails, stored, strict=True) if now != then]:
        raise refused(f"the trail of member {odd[0]} is not that of its weights, buffers and optimiser state")
