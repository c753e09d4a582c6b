"""Members of groups on disk: trained once, found again by every sweep that asks for them.

    STORE/1f2e.../group.json        what its members share, to be read
    STORE/1f2e.../k3.nc, k3.json    a finished member; see `member_files`
    STORE/1f2e.../running/.../      checkpoints of members in training
    STORE/1f2e.../aside/1/          what was found there and is not used, each time named in a line
    STORE/1f2e.../lock              held by the one process that trains here

Files are written whole or not at all; whose they are is checked each time they are read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import xarray as xr

from derive.errors import InputError
from derive.files.reading import Unreadable, read_json
from derive.files.writing import replace_forced
from experiments.running import member_files
from experiments.running.group_lock import Busy, Say, held, unheard, writing
from experiments.running.member_files import Refused, set_aside
from numerics.checkpoints.manifest import differences, plain
from numerics.training.recipe import Group

JOINED = ("mode", "hardware")
"""Attributes that may differ from member to member: all that occur are named."""

NOTE = "ks.json"


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
    def locked(self, say: Say, patient: bool = True) -> Iterator[None]:
        """Nobody else trains this group meanwhile. What a killed process has left is swept; what is not ours is set aside.

        Args:
            say: takes lines for the user.
            patient: wait, and say so, while somebody else trains it.

        Raises:
            InputError: the folder cannot be written, or holds another group.
            Busy: somebody else trains it, and nobody is patient.
        """
        with held(self.path, self.title, say, patient):
            self.check()
            with writing(self.path):
                self._sweep(say)
                self._identify(say)
                for k in self.group.ks:
                    self._admit(k, say)
            yield

    def check(self) -> None:
        """Check that the folder, if there is one, is this group's.

        Raises:
            InputError: it holds another group.
        """
        with suppress(
            Unreadable
        ):  # missing or damaged, it is written again under the lock; members tell themselves whose they are
            if differing := differences(read_json(self.path / "group.json"), plain(self.group.shared())):
                raise InputError(f"{self.path} holds another group ({differing}); choose another --store")

    def tidy(self, say: Say) -> None:
        """Sweep what a killed process has left, if anything, unless somebody trains here or the folder may only be read."""
        if self._untidy():
            with suppress(InputError, Busy), self.locked(say, patient=False):
                pass

    def missing(self) -> tuple[int, ...]:
        """Those of the wanted members that are not finished, or cannot be used."""
        return tuple(k for k in self.group.ks if self.member(k) is None)

    def member(self, k: int) -> xr.Dataset | None:
        """What was measured on a finished member; None if there is none that can be used."""
        with suppress(Refused):
            return member_files.read(self.path, k, self.group)

    def record(self, k: int) -> dict[str, Any] | None:
        """Checksum, hardware, versions and date of a finished member; None if there is none that can be used."""
        with suppress(Refused):
            return member_files.read_record(self.path, k, self.group)

    def _admit(self, k: int, say: Say) -> bool:
        """Whether a member is finished; one that cannot be used is named, and makes way."""
        try:
            return member_files.read(self.path, k, self.group) is not None
        except Refused as reason:
            aside = set_aside(self.path, *(self.path / name for name in member_files.names(k)))
            say(f"{reason}; this member is trained again, what was there is in {aside}")
            return False

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

    def put(self, results: xr.Dataset, record: dict[str, Any], say: Say = unheard) -> None:
        """Keep members as finished; those that are kept already stay as they are.

        Args:
            results: of one or more members, labelled by k.
            record: hardware, versions, data, date.
            say: takes lines for the user.

        Raises:
            InputError: the disk is full.
        """
        with writing(self.path):
            for k in results.k.values.tolist():
                if not self._admit(k, say):
                    member_files.write(self.path, results, k, self.group, record)

    def begun(self) -> Iterator[tuple[int, ...]]:
        """The numbers of members that have been left in the middle, together as they were trained."""
        for folder in sorted(self.path.glob("running/*")):
            ks = self._ks(folder)
            if ks is not None and any(folder.glob("[0-9]*")):
                yield ks

    def running(self, ks: Sequence[int]) -> Path:
        """Where members that are trained together keep their checkpoints; made if need be."""
        folder = self._place(ks)
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            replace_forced(folder / NOTE, json.dumps({"group": self.group.key(), "ks": list(ks)}).encode())
        return folder

    def forget(self, ks: Sequence[int]) -> None:
        """Remove the checkpoints of members that are finished."""
        with writing(self.path):
            self._remove(self._place(ks))

    def _place(self, ks: Sequence[int]) -> Path:
        return self.path / "running" / sha256(json.dumps(list(ks)).encode()).hexdigest()[:16]

    def _ks(self, folder: Path) -> tuple[int, ...] | None:
        """Whose checkpoints a folder holds; None if it does not say, or is in a place that is not its own."""
        with suppress(Unreadable):
            note = read_json(folder / NOTE)
            ks = note.get("ks")
            numbers = isinstance(ks, list) and all(type(k) is int for k in ks)
            if numbers and note.get("group") == self.group.key() and folder == self._place(ks):
                return tuple(ks)
        return None

    def _remove(self, folder: Path) -> None:
        """Hidden first: half removed it would look damaged."""
        gone = self.path / f".{folder.name}"
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _untidy(self) -> bool:
        """Whether there is something that only a killed process leaves, or no word on what the folder holds."""
        if not self.path.is_dir():
            return False
        try:
            read_json(self.path / "group.json")
        except Unreadable:
            return True
        return any(self.path.glob(".*")) or any(self.path.glob("running/*"))

    def _sweep(self, say: Say) -> None:
        """Remove what a killed process had half written, half removed, or finished."""
        for left in self.path.glob(".*"):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
        for folder in self.path.glob("running/*"):
            ks = self._ks(folder)
            if not any(folder.glob("*[0-9]")) or (ks is not None and all(self.member(k) is not None for k in ks)):
                self._remove(folder)
            elif ks is None:
                say(
                    f"{folder} holds checkpoints that do not say whose they are; they are in {set_aside(self.path, folder)} now"
                )

    def _identify(self, say: Say) -> None:
        """Say what the folder holds, if it does not."""
        note = self.path / "group.json"
        try:
            read_json(note)
        except Unreadable as error:
            if note.exists() or note.is_symlink():
                say(f"{error}; it is written again, what was there is in {set_aside(self.path, note)}")
            replace_forced(note, json.dumps(self.group.shared(), indent=2).encode())
