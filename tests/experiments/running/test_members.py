"""Members are trained once, kept whole, and trained by one process at a time."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
import xarray as xr

from derive.errors import InputError
from experiments.running import training_run
from experiments.running.means import Means
from experiments.running.members import GroupFolder
from experiments.running.sweep import sweep
from experiments.running.training_run import digest
from numerics.datasets import load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group
from tests.experiments.sweeping import TINY, after_every_epoch, end_at, group, results, train
from tests.killing import finished, started

pytestmark = pytest.mark.exact

RECORD = {"hardware": "a machine", "versions": {"torch": "1"}}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Group]:
    """Every group whose training has been started."""
    seen: list[Group] = []

    class Seen(GroupRun):
        def __init__(self, group: Group, data, device) -> None:
            seen.append(group)
            super().__init__(group, data, device)

    monkeypatch.setattr(training_run, "GroupRun", Seen)
    monkeypatch.setattr(training_run, "Pace", after_every_epoch)
    return seen


def swept(store: Path, *groups: Group) -> tuple[list[xr.Dataset], list[str]]:
    """Results, and what the user was told."""
    lines: list[str] = []
    return sweep(groups, Means(store=store), say=lines.append), lines


@cache
def direct(group: Group) -> xr.Dataset:
    """As the engine gives it, without a store."""
    run = GroupRun(group, load(TINY.data, subset=TINY.subset), "cpu")
    while not run.finished:
        run.advance()
    return run.results()


def without_attributes(data: xr.Dataset) -> xr.Dataset:
    return data.drop_attrs(deep=False)


def test_results_are_the_engines_own(tmp_path: Path) -> None:
    (found,), lines = swept(tmp_path, group(1, 3, 5))
    xr.testing.assert_identical(without_attributes(found), without_attributes(direct(group(1, 3, 5))))
    assert all(variable.dtype == direct(group(1, 3, 5))[name].dtype for name, variable in found.variables.items())
    assert lines == []
    assert "torch" in found.attrs["hardware"]


def test_finished_members_are_never_trained_again(tmp_path: Path, runs: list[Group]) -> None:
    first, _ = swept(tmp_path, group(1, 3), group(1, order=2))
    assert [one.ks for one in runs] == [(1, 3), (1,)]
    again, lines = swept(tmp_path, group(1, 3), group(1, order=2))
    assert len(runs) == 2
    assert lines == []
    for a, b in zip(first, again, strict=True):
        xr.testing.assert_identical(a, b)


def test_a_store_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,), _ = swept(tmp_path, group())
    monkeypatch.setattr("experiments.running.members.held", None)  # no lock is asked for
    xr.testing.assert_identical(swept(tmp_path, group())[0][0], first)


def test_only_missing_members_are_trained_beside_the_unperturbed_one(tmp_path: Path, runs: list[Group]) -> None:
    swept(tmp_path, group(1, 3))
    (more,), _ = swept(tmp_path, group(7, 3, 5))
    assert [one.ks for one in runs] == [(1, 3), (1, 7, 5)]
    assert more.k.values.tolist() == [7, 3, 5]
    xr.testing.assert_identical(without_attributes(more), without_attributes(direct(group(1, 7, 3, 5)).sel(k=[7, 3, 5])))


def test_an_unperturbed_member_that_does_not_repeat_itself_is_one_line_and_early(tmp_path: Path, runs: list[Group]) -> None:
    """As if the store came from other hardware: its trail differs from epoch 2 on."""
    (kept,), _ = swept(tmp_path, group(1))
    place = GroupFolder.within(tmp_path, group(1))
    (place.path / "k1.json").unlink()
    kept.trail[0, 1:] = "0" * 32
    place.put(kept, RECORD)
    with pytest.raises(
        InputError, match=r"differs from the one kept, from epoch 2 on; .*a machine with torch 1, this on cpu"
    ) as error:
        swept(tmp_path, group(1, 3))
    assert "\n" not in str(error.value)
    assert place.missing() == ()
    assert replace(place, group=group(3)).missing() == (3,)


def test_what_was_begun_is_finished_first(tmp_path: Path, runs: list[Group], monkeypatch: pytest.MonkeyPatch) -> None:
    """More members are asked for while others wait in the middle; their epochs are not lost."""
    with monkeypatch.context() as patch:
        end_at(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            swept(tmp_path, group(1, 3))
    (found,), lines = swept(tmp_path, group(1, 3, 5))
    assert [one.ks for one in runs] == [(1, 3), (1, 3), (1, 5)]
    assert len(lines) == 1
    assert lines[0].endswith("goes on after epoch 3 of 6")
    xr.testing.assert_identical(without_attributes(found), without_attributes(direct(group(1, 3, 5))))
    left = [p.name for p in GroupFolder.within(tmp_path, group()).path.glob("running/*")]
    assert left == []


@pytest.mark.parametrize("damage", ["truncated", "flipped", "gone"])
def test_a_damaged_member_is_named_and_trained_again(damage: str, tmp_path: Path, runs: list[Group]) -> None:
    (first,), _ = swept(tmp_path, group())
    file = GroupFolder.within(tmp_path, group()).path / "k3.nc"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data if damage == "flipped" else data[:-9])
    if damage == "gone":
        file.unlink()
    (again,), lines = swept(tmp_path, group())
    xr.testing.assert_identical(again, first)
    reason = "cannot read {}: it is not there" if damage == "gone" else "{} is truncated or altered (its checksum differs)"
    aside = file.parent / "aside" / "1"
    assert lines == [f"{reason.format(file)}; this member is trained again, what was there is in {aside}"]
    assert sorted(p.name for p in aside.iterdir()) == (["k3.json"] if damage == "gone" else ["k3.json", "k3.nc"])
    assert [one.ks for one in runs] == [(1, 3), (1, 3)]


def test_an_unstable_member_is_finished_too(tmp_path: Path, runs: list[Group]) -> None:
    wild = replace(group(), recipe=replace(TINY, lr=1e30, epochs=2))
    (found,), _ = swept(tmp_path, wild)
    assert set(found.status.values.tolist()) == {"unstable"}
    xr.testing.assert_identical(swept(tmp_path, wild)[0][0], found)
    assert len(runs) == 1


def test_the_store_can_be_read_by_people(tmp_path: Path) -> None:
    swept(tmp_path, group())
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / "group.json").read_text())["recipe"]["net"] == "tiny"
    record = json.loads((folder / "k3.json").read_text())
    assert {"k", "sha256", "hardware", "versions", "data", "date"} <= record.keys()
    assert float(xr.open_dataset(folder / "k3.nc", engine="h5netcdf").accuracy[0, -1]) > 0


def test_a_folder_that_holds_another_group(tmp_path: Path) -> None:
    folder = tmp_path / group().key()
    folder.mkdir()
    (folder / "group.json").write_text(json.dumps(group(order=2).shared()))
    with pytest.raises(InputError, match=r"holds another group \(seeds.order: 2 there, 1 here\)"):
        swept(tmp_path, group())


def test_a_store_that_cannot_be_written_is_one_line(tmp_path: Path, runs: list[Group]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*choose another --store") as error:
        swept(tmp_path / "file", group())
    assert "\n" not in str(error.value)
    assert runs == []


def test_a_full_disk_at_the_end_loses_nothing(tmp_path: Path, runs: list[Group], monkeypatch: pytest.MonkeyPatch) -> None:
    """The members are trained and cannot be kept; the last checkpoint is there, and the next sweep needs one epoch."""

    def full(path: Path, data: bytes) -> None:
        if path.name == "k1.json":
            raise OSError(28, "No space left on device")
        write(path, data)

    from experiments.running.member_files import replace_forced as write

    with monkeypatch.context() as patch:
        patch.setattr("experiments.running.member_files.replace_forced", full)
        with pytest.raises(InputError, match="No space left on device; finished members are unchanged"):
            swept(tmp_path, group())
    (found,), lines = swept(tmp_path, group())
    assert lines[0].endswith("goes on after epoch 5 of 6")
    xr.testing.assert_identical(without_attributes(found), without_attributes(direct(group())))


def test_two_processes_on_one_store(tmp_path: Path) -> None:
    """Both ask for the same groups while a third holds one: each is trained once, and who waits says so."""
    groups, told = [group(1, 3), group(1, 3, order=2)], [tmp_path / "a.txt", tmp_path / "b.txt"]
    with GroupFolder.within(tmp_path / "store", groups[0]).locked(print):
        processes = [started(train, str(tmp_path / "store"), groups, str(file)) for file in told]
        while not all(file.is_file() and file.read_text() for file in told):
            time.sleep(0.01)
    assert [finished(process) for process in processes] == [0, 0]
    lines = [line for file in told for line in file.read_text().splitlines()]
    assert lines[0].endswith(f"waiting for process {os.getpid()} on {platform.node()}, which trains it already")
    assert all("): waiting for process " in line for line in lines)
    for found, asked in zip(results(tmp_path / "store", groups), groups, strict=True):
        xr.testing.assert_identical(without_attributes(found), without_attributes(direct(asked)))


def test_two_processes_that_ask_for_different_members(tmp_path: Path) -> None:
    processes = [started(train, str(tmp_path), [group(*ks)]) for ks in ((1, 3, 5), (5, 7))]
    assert [finished(process) for process in processes] == [0, 0]
    (found,) = results(tmp_path, [group(1, 3, 5, 7)])
    xr.testing.assert_identical(without_attributes(found), without_attributes(direct(group(1, 3, 5, 7))))


def test_other_data_have_another_digest() -> None:
    data = load("digits", subset=8)
    assert digest(data) == digest(load("digits", subset=8))
    changed = data.train.images.clone()
    changed[0, 0, 0, 0] = changed[0, 0, 0, 0].nextafter(torch.tensor(9.0))
    assert digest(data._replace(train=data.train._replace(images=changed))) != digest(data)
