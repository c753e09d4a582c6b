"""Members, checkpoints and folders that are whole and not what their place says: named in a line, set aside, trained again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from derive.errors import InputError
from experiments.running import training_run
from experiments.running.means import Means
from experiments.running.members import GroupFolder
from experiments.running.sweep import sweep
from numerics.checkpoints import checkpoint
from numerics.common.netcdf import from_bytes, to_bytes
from numerics.training.recipe import Group
from tests.examples import one_in
from tests.experiments.sweeping import after_every_epoch, end_at, group

A, B = group(1, 3, epochs=3), group(1, 3, epochs=3, order=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both groups, finished; to be copied."""
    store = tmp_path_factory.mktemp("whole")
    sweep([A, B], Means(store=store))
    return store


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "store")
    return tmp_path / "store"


def place(store: Path, of: Group = A) -> GroupFolder:
    return GroupFolder.within(store, of)


def trained_again(store: Path, of: Group = A) -> list[str]:
    """What is said; afterwards the results are those of the whole store."""
    lines: list[str] = []
    (found,) = sweep([of], Means(store=store), say=lines.append)
    xr.testing.assert_identical(found, EXPECTED[of])
    return lines


EXPECTED: dict[Group, xr.Dataset] = {}


@pytest.fixture(autouse=True)
def expected(whole: Path) -> None:
    if not EXPECTED:
        EXPECTED.update({of: place(whole, of).results() for of in (A, B)})


def copy(store: Path, names: str, into: str = "{}") -> None:
    """Files of B into A's folder."""
    for file in place(store, B).path.glob(names):
        shutil.copy(file, place(store).path / into.format(file.name))


PLACEMENTS: dict[str, Callable[[Path], object]] = {
    "a member": lambda store: copy(store, "k3.*"),
    "both members": lambda store: copy(store, "k*"),
    "its data": lambda store: copy(store, "k3.nc"),
    "its record": lambda store: copy(store, "k3.json"),
    "another k": lambda store: [
        shutil.copy(place(store).path / f"k1.{e}", place(store).path / f"k3.{e}") for e in ("nc", "json")
    ],
}


@pytest.mark.parametrize("kind", PLACEMENTS)
def test_a_member_in_a_place_that_is_not_its_own(kind: str, store: Path) -> None:
    PLACEMENTS[kind](store)
    lines = trained_again(store)
    assert len(lines) == (2 if kind == "both members" else 1)
    for number, line in enumerate(lines, start=1):
        assert "this member is trained again, what was there is in " in line
        assert "\n" not in line
        assert list((place(store).path / "aside" / str(number)).iterdir())
    assert trained_again(store) == []


@pytest.mark.parametrize("kind", ["with all members", "alone"])
def test_the_folder_of_another_group_is_refused(kind: str, store: Path) -> None:
    """Also when nothing is missing."""
    copy(store, "[gk]*" if kind == "with all members" else "group.json")
    with pytest.raises(InputError, match=r"holds another group \(seeds.order: 2 there, 1 here\); choose another --store"):
        sweep([A], Means(store=store))


def altered(store: Path, k: int, change: Callable[[xr.Dataset], xr.Dataset | bytes]) -> None:
    """Another content, with the right checksum."""
    folder = place(store).path
    made = change(from_bytes((folder / f"k{k}.nc").read_bytes()))
    data = made if isinstance(made, bytes) else to_bytes(made)
    (folder / f"k{k}.nc").write_bytes(data)
    record = json.loads((folder / f"k{k}.json").read_text())
    (folder / f"k{k}.json").write_text(json.dumps(record | {"sha256": sha256(data).hexdigest()}))


def with_values(name: str, change: Callable[[np.ndarray], object]) -> Callable[[xr.Dataset], xr.Dataset]:
    return lambda data: data.assign({name: data[name].copy(data=change(data[name].values))})


def claiming(data: xr.Dataset) -> bytes:
    """A few kilobytes that claim to be 8 TB."""
    import h5py

    path = Path(os.environ["PYTEST_TMP"]) / "big.nc"
    with h5py.File(path, "w") as file:
        file.create_dataset("accuracy", (2**40,), "f8", chunks=(2**20,))
    return path.read_bytes()


FLOATS = ("accuracy", "loss", "rel_l1", "rel_l1_net", "changed", "churn")
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "NaN": lambda v: v * np.nan,
    "infinite": lambda v: v + np.inf,
    "negative": lambda v: v - 200,
    "half": lambda v: v.astype("f2"),
    "text": lambda v: v.astype(str),
}
"""Of an odd number, so that each name meets either member, and each change too."""
CONTENTS: dict[str, Callable[[xr.Dataset], xr.Dataset | bytes]] = {
    "text": lambda data: b"text",
    "nothing": lambda data: b"",
    "empty": lambda data: xr.Dataset(attrs=data.attrs),
    "terabytes": claiming,
    "no group": lambda data: data.drop_attrs(deep=False).assign_attrs(mode="x"),
    "another group": lambda data: data.assign_attrs(group=B.key()),
    "no mode": lambda data: data.drop_attrs(deep=False).assign_attrs(group=A.key()),
    "k 5": lambda data: data.assign_coords(k=[5]),
    "k text": lambda data: data.assign_coords(k=["3"]),
    "k float": lambda data: data.assign_coords(k=[3.0]),
    "no k": lambda data: data.drop_vars("k"),
    "two members": lambda data: xr.concat([data, data.assign_coords(k=[5])], "k", data_vars="minimal"),
    "other epochs": lambda data: data.assign_coords(epoch=[2, 3, 4]),
    "fewer epochs": lambda data: data.isel(epoch=slice(2)),
    "float epochs": lambda data: data.assign_coords(epoch=[1.0, 2.0, 3.0]),
    "other layers": lambda data: data.assign_coords(layer=[f"{name}x" for name in data.layer.values]),
    "fewer layers": lambda data: data.isel(layer=slice(3)),
    "fewer images": lambda data: data.isel(image=slice(9)),
    "transposed": lambda data: data.transpose(),
    **{f"no {name}": lambda data, name=name: data.drop_vars(name) for name in (*FLOATS, "trail", "status", "right")},
    **{f"{name} {told}": with_values(name, change) for name in FLOATS for told, change in CHANGES.items()},
    "all NaN": lambda data: data.map(lambda v: v * np.nan if v.dtype.kind == "f" else v),
    "distances NaN": lambda data: data.map(lambda v: v * np.nan if v.name in FLOATS[2:] else v),
    "more than all is right": with_values("accuracy", lambda v: v + 100),
    "images 7": with_values("right", lambda v: v * 0 + 7),
    "trails of words": with_values("trail", lambda v: np.full_like(v, "word")),
    "no trails": with_values("trail", lambda v: np.full_like(v, "")),
    "unstable, it says": with_values("status", lambda v: np.array(["unstable"])),
    "ended in epoch 2, it says": lambda data: data.assign(status=("k", ["unstable"]), unstable_epoch=("k", [2])),
    "ended in epoch 99": lambda data: data.assign(status=("k", ["unstable"]), unstable_epoch=("k", [99])),
    "something more": lambda data: data.assign(more=1.0),
}


@pytest.mark.parametrize(("kind", "k"), one_in(2, CONTENTS, (1, 3)))
def test_a_member_that_no_run_gives(kind: str, k: int, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its checksum is right; it is one line, and set aside with nothing lost. The unperturbed member too."""
    monkeypatch.setenv("PYTEST_TMP", str(store))
    altered(store, k, CONTENTS[kind])
    bad, lines = (place(store).path / f"k{k}.nc").read_bytes(), []
    assert k in place(store).missing()
    with place(store).locked(lines.append):
        assert k in place(store).missing()
    assert all("this member is trained again" in line and "\n" not in line and len(line) < 999 for line in lines)
    assert len(lines) == 1
    assert bad in [file.read_bytes() for file in place(store).path.glob("aside/*/*.nc")]


def test_it_is_trained_again(store: Path) -> None:
    altered(store, 3, CONTENTS["accuracy half"])
    (line,) = trained_again(store)
    assert "is not what a run of this group gives (accuracy is of another shape or type)" in line


RECORDS: dict[str, object] = {
    "nested": "[" * 10**5,
    "nested object": '{"a":' * 10**5,
    "deep": '{"a":' * 500 + "1" + "}" * 500,
    "a list": "[]",
    "null": "null",
    "a number": "9" * 5000,
    "empty": "",
    "not UTF-8": b"\xff\xfe",
    "nothing": {},
    **{f"no {name}": {name: ...} for name in ("k", "group", "sha256", "hardware", "versions")},
    **{f"{name} null": {name: None} for name in ("k", "group", "sha256", "hardware", "versions")},
    "k true": {"k": True},
    "k text": {"k": "3"},
    "k float": {"k": 3.0},
    "versions a list": {"versions": ["torch"]},
    "versions empty": {"versions": {}},
    "torch a number": {"versions": {"torch": 2}},
    "hardware an object": {"hardware": {}},
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_is_none(kind: str, store: Path) -> None:
    path, made, lines = place(store).path / "k3.json", RECORDS[kind], []
    if isinstance(made, dict):
        whole = (json.loads(path.read_text()) | made) if made else {}
        made = json.dumps({name: value for name, value in whole.items() if value is not ...})
    path.write_bytes(made.encode() if isinstance(made, str) else made)
    with place(store).locked(lines.append):
        assert place(store).missing() == (3,)
    assert len(lines) == 1
    assert str(path) in lines[0]
    assert "\n" not in lines[0]


@pytest.mark.parametrize("name", ["k3.nc", "k3.json", "group.json", "holder"])
@pytest.mark.parametrize("what", ["pipe", "folder", "link to nowhere", "device"])
def test_what_is_no_file_is_not_read(name: str, what: str, store: Path) -> None:
    """A pipe would never answer, a device never end."""
    path = place(store).path / name
    path.unlink()
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if what == "device" else "/nowhere")
    if name.startswith("k"):
        assert len(trained_again(store)) == 1
    elif name == "group.json":
        assert "it is written again, what was there is in" in trained_again(store)[0]
        assert trained_again(store) == []
    else:
        assert trained_again(store) == []


def test_texts_of_a_record_are_shown_in_one_line(store: Path) -> None:
    path = place(store).path / "k1.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"hardware": "a\n\x1b[31m" + "b" * 10**6, "versions": {"torch": "\r2" * 10**4}}))
    hardware = place(store).results().attrs["hardware"]
    assert hardware.isprintable()
    assert len(hardware) < 1000


class Ended(Exception):
    """In the place of a kill."""


@pytest.fixture
def begun(store: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[GroupFolder, list[Path]]:
    """A's training ended after two of three epochs; its checkpoints, the newest last."""
    for file in place(store).path.glob("k*"):
        file.unlink()
    monkeypatch.setattr(training_run, "Pace", after_every_epoch)
    with monkeypatch.context() as patch:
        end_at(patch, 2, Ended)
        with pytest.raises(Ended):
            sweep([A], Means(store=store))
    return place(store), sorted(place(store).path.glob("running/*/[0-9]*"))


def again(checkpoint_folder: Path, change: Callable[[dict, dict], object]) -> None:
    """The newest checkpoint with another content, whose checksums are right."""
    fingerprint = json.loads((checkpoint_folder / "manifest.json").read_text())["fingerprint"]
    found = checkpoint.load_latest(checkpoint_folder.parent, fingerprint)
    change(found.tensors, found.meta)
    shutil.rmtree(checkpoint_folder)
    checkpoint.save(checkpoint_folder.parent, found.tensors, found.meta, fingerprint)


def test_a_resumed_training_writes_the_same_bytes(begun: tuple, whole: Path, store: Path) -> None:
    assert trained_again(store)[-1].endswith("goes on after epoch 2 of 3")
    for file in place(whole).path.glob("k*.nc"):
        assert (place(store).path / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, meta: tensors["3/net/0.weight"].mul_(1.5),
        lambda tensors, meta: meta.update(epoch="3"),
        lambda tensors, meta: tensors.clear(),
    ],
    ids=["weights", "epoch", "tensors"],
)
def test_a_checkpoint_of_another_content_costs_one_epoch(change, begun: tuple, store: Path) -> None:
    folder, checkpoints = begun
    again(checkpoints[-1], change)
    first, second = trained_again(store)
    assert first.startswith(
        f"checkpoint {checkpoints[-1]} is not used: its checksums are right and its content is not: expected"
    )
    assert second.endswith("goes on after epoch 1 of 3")
    assert not list(folder.path.glob("running/*"))


def test_a_checkpoint_of_another_group_is_named(begun: tuple, store: Path) -> None:
    """Copied by hand into the place of this group's: its manifest tells."""
    folder, _ = begun
    (running,) = folder.path.glob("running/*")
    other = place(store, B)
    for file in other.path.glob("k*"):
        file.unlink()
    shutil.copytree(running, other.path / "running" / running.name)
    lines = trained_again(store, B)
    assert "holds checkpoints that do not say whose they are; they are in" in lines[0]
    assert len(list(other.path.glob("aside/1/*/000002"))) == 1


@pytest.mark.parametrize("note", ["", "[1, 3]", '{"ks": "13"}', "[" * 10**5, '{"ks": [1, 5]}', None])
def test_checkpoints_that_do_not_say_whose_they_are_are_set_aside(note: str | None, begun: tuple, store: Path) -> None:
    (running,) = place(store).path.glob("running/*")
    (running / "ks.json").write_text(note) if note is not None else (running / "ks.json").unlink()
    lines = trained_again(store)
    assert "do not say whose they are" in lines[0]
    assert trained_again(store) == []


def left(store: Path) -> list[str]:
    return sorted(p.name for pattern in ("running/*", ".*") for p in place(store).path.glob(pattern))


def test_what_a_kill_in_the_last_clean_up_leaves_is_swept(whole: Path, begun: tuple, store: Path) -> None:
    """Though nothing is missing."""
    for file in place(whole).path.glob("k*"):
        shutil.copy(file, place(store).path)
    (running,) = place(store).path.glob("running/*")
    shutil.copytree(running, place(store).path / f".{running.name}")
    (place(store).path / ".k1.json.abc").write_text("half")
    (place(store).path / "running" / "empty").mkdir()
    assert trained_again(store) == []
    assert left(store) == []


def test_nobody_waits_to_sweep(store: Path) -> None:
    (place(store).path / ".half").mkdir()
    with place(store).locked(print):
        (place(store).path / ".half").mkdir()
        assert trained_again(store) == []
        assert left(store) == [".half"]
    assert trained_again(store) == []
    assert left(store) == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x1b[31mred\nsecond", b"x" * 10**6, b"", b"\n"])
def test_a_holder_that_is_no_text(content: bytes, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.running import group_lock

    class Held(group_lock.FileLock):
        def acquire(self, *arguments, **named):
            if "timeout" in named:
                raise group_lock.Timeout(self.lock_file)
            return super().acquire(*arguments, **named)

    lines: list[str] = []
    (place(store).path / "holder").write_bytes(content)
    monkeypatch.setattr(group_lock, "FileLock", Held)
    with place(store).locked(lines.append):
        pass
    (line,) = lines
    assert "waiting for " in line
    assert line.isprintable()
    assert len(line) < 400


def test_a_group_with_an_unperturbed_member_that_ended_is_read(tmp_path: Path) -> None:
    """Its members have distances for as long as it lasted."""
    wild = replace(A, recipe=replace(A.recipe, lr=1e30))
    (found,) = sweep([wild], Means(store=tmp_path))
    assert GroupFolder.within(tmp_path, wild).missing() == ()
    assert "unstable" in found.status.values
