"""Checkpoints of a training run: written whole or not at all, checked bit by bit when read, never pickled.

    FOLDER/000041/tensors.safetensors    the state
    FOLDER/000041/state.json             numbers that are no tensors: counters, history
    FOLDER/000041/manifest.json          configuration, versions, sizes and SHA-256 of the two above
    FOLDER/000042/...                    the next one; the last two of a configuration are kept

A checkpoint is written into a hidden folder beside its place, forced onto the disk and renamed. So a run killed at any moment,
or a full disk, leaves the earlier ones as they were. One process at a time may write into FOLDER: its caller holds a lock.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
from torch import Tensor

from derive.errors import InputError
from derive.files.reading import Unreadable, parsed
from derive.files.writing import force, write_forced
from derive.shown import shown
from numerics.checkpoints.manifest import MANIFEST, Broken, Refused, checked, differences, plain, read, written

TENSORS, STATE = "tensors.safetensors", "state.json"
KEEP = 2
"""Checkpoints of one configuration that are kept: the newest, and the one to fall back on."""

_WRITING, _DAMAGED = ".writing-", "damaged-"


Accept = Callable[[dict[str, Tensor], dict[str, Any]], object]
"""Takes a checkpoint for what it is, or raises an InputError."""


def _anything(tensors: dict[str, Tensor], meta: dict[str, Any]) -> None:
    """Any content will do."""


class Loaded(NamedTuple):
    """What was found.

    Attributes:
        tensors: name -> tensor on the CPU; None if there is no good checkpoint.
        meta: what was saved beside them; None if there is no good checkpoint.
        complaints: one line about each checkpoint that could not be used, for the user to read.
    """

    tensors: dict[str, Tensor] | None
    meta: dict[str, Any] | None
    complaints: list[str]


def save(folder: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any], fingerprint: Mapping[str, Any]) -> Path:
    """Write a checkpoint; the newest two of this configuration are kept.

    Args:
        folder: holds the checkpoints of one run; made if need be.
        tensors: name -> tensor of any shape, type and device.
        meta: what JSON can hold; its numbers come back exactly.
        fingerprint: everything that decides the run's future but is not its state; plain values, for JSON.

    Returns:
        The folder of the new checkpoint.

    Raises:
        InputError: it cannot be written (the disk is full); the earlier ones are as they were.
    """
    fresh = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        fresh = Path(mkdtemp(prefix=_WRITING, dir=folder))
        _write(fresh, tensors, meta, fingerprint)
        fresh.chmod(0o755)  # mkdtemp's are private
        place = folder / f"{max(_numbers(folder), default=0) + 1:06d}"
        fresh.rename(place)
        force(folder)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write a checkpoint to {folder}: {reason}; the earlier ones are unchanged") from None
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
    _prune(folder, plain(fingerprint))
    return place


def load_latest(folder: Path, fingerprint: Mapping[str, Any], accept: Accept = _anything) -> Loaded:
    """The newest good checkpoint of this configuration.

    One that is truncated, altered or not accepted is named in a complaint and set aside as `damaged-NUMBER` until the next one
    is written; one of another configuration is named and left where it is. The one before is tried then.

    Args:
        folder: as given to `save`; it need not exist.
        fingerprint: as given to `save`.
        accept: takes tensors and meta, and raises an InputError if they are not what they should be: checksums tell that
            nothing has changed since, not that it was right.
    """
    wanted, complaints = plain(fingerprint), []
    for number in sorted(_numbers(folder), reverse=True):
        place = folder / f"{number:06d}"
        try:
            tensors, meta = _read(place, wanted)
            _accepted(accept, tensors, meta)
            return Loaded(tensors, meta, complaints)
        except Refused as reason:
            complaints.append(f"checkpoint {place} is not used: {reason}")
            if isinstance(reason, Broken):
                _set_aside(place)
    return Loaded(None, None, complaints)


def _write(fresh: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any], fingerprint: Mapping[str, Any]) -> None:
    # Copies: safetensors refuses tensors that share memory.
    own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    contents = {TENSORS: safetensors.torch.save(own), STATE: json.dumps(meta).encode()}
    for name, data in {**contents, MANIFEST: written(contents, fingerprint)}.items():
        write_forced(fresh / name, data)
    force(fresh)


def _read(place: Path, wanted: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    manifest = read(place)
    if difference := differences(manifest["fingerprint"], wanted):
        raise Refused(f"it is from another configuration ({difference})")
    try:
        return safetensors.torch.load(checked(place, TENSORS, manifest)), parsed(checked(place, STATE, manifest), STATE)
    except Unreadable as error:
        raise Broken(f"{STATE} is no checkpoint's ({error.reason})") from None
    except (safetensors.SafetensorError, ValueError, KeyError, MemoryError) as error:
        raise Broken(f"it is no checkpoint of ours ({type(error).__name__})") from None


def _accepted(accept: Accept, tensors: dict[str, Tensor], meta: dict[str, Any]) -> None:
    try:
        accept(tensors, meta)
    except InputError as error:
        raise Broken(f"its checksums are right and its content is not: {shown(error)}") from None


def _numbers(folder: Path) -> list[int]:
    return [int(place.name) for place in folder.glob("[0-9]*") if place.name.isdecimal()]


def _sweep(folder: Path) -> None:
    """Remove what a killed run had half written."""
    for left in folder.glob(f"{_WRITING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _set_aside(place: Path) -> None:
    with suppress(OSError):
        place.rename(place.with_name(f"{_DAMAGED}{place.name}"))


def _prune(folder: Path, fingerprint: dict[str, Any]) -> None:
    """Remove all but the newest of this configuration, and what was damaged; those of others stay."""
    places = [folder / f"{number:06d}" for number in sorted(_numbers(folder))]
    old = [place for place in places if _ours(place, fingerprint)][:-KEEP]
    for place in [*old, *folder.glob(f"{_DAMAGED}*")]:
        _remove(place)


def _ours(place: Path, fingerprint: dict[str, Any]) -> bool:
    try:
        return read(place)["fingerprint"] == fingerprint
    except Refused:
        return False


def _remove(place: Path) -> None:
    """Hidden first: a removal that is killed in the middle must not look like a damaged checkpoint."""
    hidden = place.with_name(f"{_WRITING}{place.name}")
    with suppress(OSError):
        place.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)
