"""Train what is missing of a group, from where it was left, into the store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from derive.errors import InputError
from derive.shown import shown
from experiments.running.group_lock import Say
from experiments.running.means import Means
from experiments.running.members import GroupFolder
from experiments.running.pace import Pace
from experiments.running.progress import Report, part, silent
from experiments.running.provenance import hardware, versions
from numerics.checkpoints import checkpoint
from numerics.datasets import Data, load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group


def trained(group: Group, means: Means, say: Say, report: Report = silent) -> xr.Dataset:
    """All members of a group: those finished before are read, the others are trained now and kept.

    Members are trained together with the unperturbed one, which distances are measured to. If that is finished already, it
    has to go through the same bits again.

    Args:
        group: what is wanted.
        means: its device must exist here.
        say: takes lines for the user.
        report: called with the work done and all of it.

    Raises:
        InputError: data that cannot be had, a store that cannot be written, an unperturbed member that does not repeat itself.
    """
    place = GroupFolder.within(means.store, group)
    place.check()
    if place.missing():
        with place.locked(say):
            while missing := place.missing():
                _train(place, _together(place, missing), means, say, report)
    else:
        place.tidy(say)
    return place.results()


def _together(place: GroupFolder, missing: tuple[int, ...]) -> tuple[int, ...]:
    """The members to train next: what was begun is finished first."""
    ruler = place.group.unperturbed
    for begun in place.begun():
        if set(begun) & set(missing) and set(begun) <= {ruler, *place.group.ks}:
            return begun
    return tuple(dict.fromkeys((ruler, *missing)))


def _train(place: GroupFolder, ks: tuple[int, ...], means: Means, say: Say, report: Report) -> None:
    group = replace(place.group, ks=ks)
    dtype = getattr(torch, group.recipe.dtype)
    data = load(group.recipe.data, data_dir=means.data_dir, subset=group.recipe.subset, device=means.device, dtype=dtype)
    run, folder = GroupRun(group, data, means.device), place.running(ks)
    origin = {"hardware": hardware(means.device), "versions": versions(), "data": digest(data)}
    fingerprint = {"group": group.key(), **group.shared(), "ks": list(ks), **origin}
    _resume(run, folder, fingerprint, place, say)
    pace, ruler = Pace(), _trail(place)
    while not run.finished:
        run.advance(part(report, run.epoch, group.recipe.epochs))
        _check_ruler(run, ruler, place)
        if not run.finished:
            pace(lambda: checkpoint.save(folder, *run.state(), fingerprint))
    _check_ruler(run, ruler, place)
    place.put(run.results(), origin | {"date": datetime.now(UTC).isoformat(timespec="seconds")}, say)
    place.forget(ks)


def _resume(run: GroupRun, folder: Path, fingerprint: dict[str, Any], place: GroupFolder, say: Say) -> None:
    checkpointed = checkpoint.load_latest(folder, fingerprint, run.restore)
    for complaint in checkpointed.complaints:
        say(complaint)
    if checkpointed.meta is not None:
        say(f"{place.title}: goes on after epoch {run.epoch} of {run.group.recipe.epochs}")
    elif checkpointed.complaints:
        say(f"{place.title}: no good checkpoint is left; training starts over")


def _trail(place: GroupFolder) -> list[str] | None:
    """Epoch by epoch the hashes of the unperturbed member that is kept; None if none is."""
    kept = place.member(place.group.unperturbed)
    return None if kept is None else kept.trail.values[0].tolist()


def _check_ruler(run: GroupRun, kept: list[str] | None, place: GroupFolder) -> None:
    """The unperturbed member must repeat the one that is kept, or the distances of the members would not compare."""
    if kept is None:
        return
    again = run.results().trail.sel(k=run.group.unperturbed).values.tolist()
    if again != kept[: len(again)]:
        epoch = next(n for n, (a, b) in enumerate(zip(again, kept, strict=False), start=1) if a != b)
        then = place.record(run.group.unperturbed) or {}
        raise InputError(
            f"{place.title}: the unperturbed member, trained again, differs from the one kept, from epoch {epoch} on; that was "
            f"trained on {shown(then.get('hardware'))} with torch {shown(then.get('versions', {}).get('torch'), 40)}, this on "
            f"{hardware(run.device)} with torch {torch.__version__}; train there, or choose another --store"
        )


def digest(data: Data) -> str:
    """SHA-256 of all images and labels, as the device holds them."""
    hashed = sha256()
    for tensor in _tensors(data):
        hashed.update(json.dumps([str(tensor.dtype), list(tensor.shape)]).encode())
        hashed.update(tensor.cpu().contiguous().view(torch.uint8).numpy())
    return hashed.hexdigest()


def _tensors(data: Data) -> Iterable[torch.Tensor]:
    for split in (data.train, data.test):
        yield from (split.images, split.labels)
