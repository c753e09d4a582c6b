"""The two files of a finished member. Both say themselves whose they are; their names and places do not count.

k3.nc      everything measured on it (netCDF), with the group's key
k3.json    k, the group's key, the checksum of k3.nc, hardware, versions; the member counts as finished once this is there
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import xarray as xr

from derive.errors import InputError
from derive.files.reading import Unreadable, read_json, read_regular
from derive.files.writing import replace_forced
from derive.shown import shown
from numerics.common.netcdf import LARGEST, from_bytes, to_bytes
from numerics.training.layout import fault, layout, matches
from numerics.training.recipe import Group


class Refused(Exception):
    """Why a member is not used; one line."""


def names(k: int) -> tuple[str, str]:
    """Of the two files."""
    return f"k{k}.nc", f"k{k}.json"


def read(folder: Path, k: int, group: Group) -> xr.Dataset | None:
    """A finished member; None if there is none.

    Raises:
        Refused: it is damaged, another group's or another's, or no run of this group can have given it.
    """
    if (record := read_record(folder, k, group)) is None:
        return None
    member, ruler = _checked(folder, k, group, record), group.unperturbed
    if k != ruler and (kept := _kept(folder, ruler, group)) is not None and not matches(member, kept):
        raise Refused(
            f"{folder / names(k)[0]} has distances where the unperturbed member of its group has ended, or none before"
        )
    return member.assign_attrs(hardware=f"{shown(record['hardware'])}, torch {shown(record['versions']['torch'], 40)}")


def read_record(folder: Path, k: int, group: Group) -> dict[str, Any] | None:
    """What `write` was told of a member, beside k, the group's key and the checksum; None if there is none.

    Raises:
        Refused: the file is damaged, or another member's.
    """
    path = folder / names(k)[1]
    if not path.exists() and not path.is_symlink():
        return None
    try:
        record = read_json(path)
    except Unreadable as error:
        raise Refused(str(error)) from None
    versions = record.get("versions")
    texts = [
        *(record.get(name) for name in ("sha256", "hardware")),
        *(versions.values() if isinstance(versions, dict) else [0]),
    ]
    if "group" not in record or not all(isinstance(text, str) for text in texts) or "torch" not in (versions or {}):
        raise Refused(f"{path} does not tell all that it should: an earlier version wrote it, or somebody else")
    if type(record.get("k")) is not int or (record["k"], record["group"]) != (k, group.key()):
        whose = f"member {shown(record.get('k'), 20)} of group {shown(record['group'], 20)}"
        raise Refused(f"{path} is that of {whose}, not of member {k} of {group.key()}")
    return record


def _checked(folder: Path, k: int, group: Group, record: dict[str, Any]) -> xr.Dataset:
    """What was measured on it, apart from what other members say.

    Raises:
        Refused: as `read`.
    """
    path = folder / names(k)[0]
    try:
        data = read_regular(path, LARGEST)
        if sha256(data).hexdigest() != record["sha256"]:
            raise Refused(f"{path} is truncated or altered (its checksum differs)")
        member = _parsed(data, path)
    except Unreadable as error:
        raise Refused(str(error)) from None
    if member.attrs.get("group") != group.key() or "k" not in member.coords or member.k.values.tolist() != [k]:
        raise Refused(f"{path} is not that of member {k} of group {group.key()}")
    if reason := _fault(member, group):
        raise Refused(f"{path} is not what a run of this group gives ({shown(reason)})")
    return (
        member.copy(deep=True)
        .drop_attrs(deep=False)
        .assign_attrs({name: v for name, v in member.attrs.items() if name != "group"})
    )


@lru_cache(maxsize=128)
def _parsed(data: bytes, path: Path) -> xr.Dataset:
    """Members are looked for, and read a moment later; to parse one takes a tenth of a second."""
    return from_bytes(data, path)


def _fault(member: xr.Dataset, group: Group) -> str:
    return "no way of training" if not isinstance(member.attrs.get("mode"), str) else fault(member, group, layout(group))


def _kept(folder: Path, k: int, group: Group) -> xr.Dataset | None:
    try:
        record = read_record(folder, k, group)
        return None if record is None else _checked(folder, k, group, record)
    except Refused:
        return None


def write(folder: Path, results: xr.Dataset, k: int, group: Group, record: dict[str, Any]) -> None:
    """Keep a member as finished.

    Args:
        folder: of the group.
        results: of several members, labelled by k.
        k: the one that is meant.
        group: what they share.
        record: hardware, versions, data, date.

    Raises:
        OSError: the disk is full.
        InputError: `read` would refuse it.
    """
    own = results.sel(k=[k])
    if reason := _fault(own, group):
        raise InputError(
            f"member {k} of group {group.key()} cannot be kept: {reason}; please report this; its checkpoints are kept"
        )
    data = to_bytes(own.assign_attrs(group=group.key()))
    replace_forced(folder / names(k)[0], data)
    sidecar = {"k": k, "group": group.key(), "sha256": sha256(data).hexdigest(), **record}
    replace_forced(folder / names(k)[1], json.dumps(sidecar, indent=2).encode())


def set_aside(folder: Path, *paths: Path) -> Path:
    """Move what is somebody else's, or of no use, into a fresh folder `aside/N` of a group's; returns that.

    Raises:
        OSError: it cannot be made.
    """
    (folder / "aside").mkdir(exist_ok=True)
    place = next(p for n in range(1, 10**6) if not (p := folder / "aside" / str(n)).exists())
    place.mkdir()
    for path in paths:
        if path.exists() or path.is_symlink():
            path.rename(place / path.name)
    return place
