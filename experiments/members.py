"""Members of groups on disk: trained once, found again by every sweep that asks for them.

    STORE/1f2e.../group.json        what its members share, to be read
    STORE/1f2e.../k3.nc             a finished member: everything measured on it (netCDF)
    STORE/1f2e.../k3.json           its checksum, hardware, versions; the member counts as finished once this is there
    STORE/1f2e.../running/.../      checkpoints of members in training
    STORE/1f2e.../lock              held by the one process that trains here

Files are written whole or not at all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import xarray as xr

from derive.errors import InputError
from experiments.group_lock import Say, held, unheard, writing
from experiments.netcdf import from_bytes, to_bytes
from numerics.checkpoints.durable import replace_forced
from numerics.checkpoints.manifest import differences, plain
from numerics.training.recipe import Group

JOINED = ("mode", "hardware")
"""Attributes that may differ from member to member: all that occur are named."""


@dataclass(frozen=True)
class GroupFolder:
    """Where the members of a group are kept.

    Attributes:
        path: the folder.
        group: its numbers k are those that are wanted.
    """

    path: Path
    group: Group

    @classmethod
    def within(cls, store: Path, group: Group) -> GroupFolder:
        """The place of a group in a store; makes nothing."""
        return cls(store / group.key(), group)

    @property
    def title(self) -> str:
        """The group in a few words."""
        recipe, seeds = self.group.recipe, self.group.seeds
        return f"{recipe.net} on {recipe.data}, init {seeds.init}, order {seeds.order} ({self.path.name})"

    @contextmanager
    def locked(self, say: Say) -> Iterator[None]:
        """Nobody else trains this group meanwhile; waits, and says so, while somebody does.

        Raises:
            InputError: the folder cannot be written, or holds another group.
        """
        with held(self.path, self.title, say):
            with writing(self.path):
                self._sweep()
                self._identify()
            yield

    def missing(self, say: Say = unheard) -> tuple[int, ...]:
        """Those of the wanted members that are not finished, or whose file is damaged, which is said."""
        return tuple(k for k in self.group.ks if self._data(k, say) is None)

    def member(self, k: int) -> xr.Dataset | None:
        """What was measured on a finished member; None if there is none, or its file is damaged."""
        data, record = self._data(k, unheard), self.record(k)
        if data is None or record is None:
            return None
        trained_on = f"{record['hardware']}, torch {record['versions']['torch']}"
        return from_bytes(data).assign_attrs(hardware=trained_on)

    def _data(self, k: int, say: Say) -> bytes | None:
        """The file of a finished member, if its checksum is right."""
        if (record := self.record(k)) is None:
            return None
        file = self.path / f"k{k}.nc"
        data = file.read_bytes() if file.is_file() else b""
        if sha256(data).hexdigest() == record["sha256"]:
            return data
        say(f"{file} is truncated or altered (its checksum differs); this member is trained again")
        return None

    def record(self, k: int) -> dict[str, Any] | None:
        """Checksum, hardware, versions and date of a finished member."""
        try:
            record = json.loads((self.path / f"k{k}.json").read_bytes())
            return record if {"sha256", "hardware", "versions"} <= record.keys() else None
        except (OSError, ValueError, AttributeError):
            return None

    def results(self) -> xr.Dataset:
        """The wanted members, all of them finished, in the order asked for.

        Raises:
            InputError: one is not there (any more).
        """
        members = [member for k in self.group.ks if (member := self.member(k)) is not None]
        if len(members) < len(self.group.ks):
            raise InputError(f"members of {self.path} went away while they were read; run the same command again")
        joined = {name: "; ".join(dict.fromkeys(m.attrs[name] for m in members if name in m.attrs)) for name in JOINED}
        together = xr.concat(members, "k", data_vars="minimal", coords="minimal", compat="equals", join="exact")
        return together.assign_attrs({name: text for name, text in joined.items() if text})

    def put(self, results: xr.Dataset, record: dict[str, Any]) -> None:
        """Keep members as finished; those that are kept already stay as they are.

        Args:
            results: of one or more members, labelled by k.
            record: hardware, versions, date.

        Raises:
            InputError: the disk is full.
        """
        with writing(self.path):
            for k in results.k.values.tolist():
                if self._data(k, unheard) is None:
                    data = to_bytes(results.sel(k=[k]))
                    replace_forced(self.path / f"k{k}.nc", data)
                    sidecar = {"k": k, "sha256": sha256(data).hexdigest(), **record}
                    replace_forced(self.path / f"k{k}.json", json.dumps(sidecar, indent=2).encode())

    def begun(self) -> Iterator[tuple[int, ...]]:
        """The numbers of members that have been left in the middle, together as they were trained."""
        for note in sorted(self.path.glob("running/*/ks.json")):
            if any(note.parent.glob("[0-9]*")):
                yield tuple(json.loads(note.read_bytes()))

    def running(self, ks: Sequence[int]) -> Path:
        """Where members that are trained together keep their checkpoints; made if need be."""
        folder = self.path / "running" / sha256(json.dumps(list(ks)).encode()).hexdigest()[:16]
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            replace_forced(folder / "ks.json", json.dumps(list(ks)).encode())
        return folder

    def forget(self, ks: Sequence[int]) -> None:
        """Remove the checkpoints of members that are finished."""
        gone = self.path / f".{self.running(ks).name}"  # hidden first: half removed it would look damaged
        with writing(self.path):
            self.running(ks).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what a killed process had half written, half removed, or finished."""
        for begun in list(self.begun()):
            if all(self.record(k) for k in begun):
                self.forget(begun)
        for left in self.path.glob(".*"):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)

    def _identify(self) -> None:
        """Say what the folder holds, or check it."""
        note, shared = self.path / "group.json", self.group.shared()
        try:
            there = json.loads(note.read_bytes())
        except (OSError, ValueError):
            replace_forced(note, json.dumps(shared, indent=2).encode())
            return
        if found := differences(there, plain(shared)):
            raise InputError(f"{self.path} holds another group ({found}); choose another --store")
