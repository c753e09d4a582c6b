"""Checkpoints come back bit for bit, or are named and not used; nothing that befalls a write harms the earlier ones."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from derive.errors import InputError
from derive.files.writing import replace_forced
from numerics.checkpoints.checkpoint import STATE, TENSORS, Loaded, load_latest, save
from numerics.checkpoints.manifest import FORMAT, MANIFEST, Refused, _digest, differences, read, written
from tests.killing import killed_before
from tests.numerics.saving import OURS, save_one_more, state

pytestmark = pytest.mark.exact

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.int8, torch.uint8, torch.bool]


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Bit for bit, so that NaNs count too."""
    return a.keys() == b.keys() and all(
        a[n].dtype == b[n].dtype and a[n].shape == b[n].shape and raw(a[n]) == raw(b[n]) for n in a
    )


def raw(tensor: Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def epoch(loaded: Loaded) -> int | None:
    """Which of `state` was found, whole; None for none."""
    if loaded.tensors is None or loaded.meta is None:
        return None
    tensors, meta = state(loaded.meta["epoch"])
    assert same(loaded.tensors, tensors)
    assert loaded.meta == meta
    return loaded.meta["epoch"]


def three(folder: Path) -> Path:
    """Three saved; the last one."""
    return [save(folder, *state(number), OURS) for number in (1, 2, 3)][-1]


@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.lists(st.integers(0, 4), max_size=3),
    seed=st.integers(0, 2**32),
    numbers=st.lists(st.floats() | st.integers(-(2**63), 2**63), max_size=4),
)
def test_any_state_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, dtype: torch.dtype, shape: list[int], seed: int, numbers: list[float]
) -> None:
    folder, generator = tmp_path_factory.mktemp("any"), torch.Generator().manual_seed(seed)
    noise = torch.randint(0, 256, (*shape, dtype.itemsize), dtype=torch.uint8, generator=generator)
    tensor = (noise[..., 0] > 127) if dtype is torch.bool else noise.view(dtype)[..., 0]
    save(folder, {"a/b": tensor, "transposed": tensor.mT if len(shape) > 1 else tensor}, {"numbers": numbers}, OURS)
    loaded = load_latest(folder, OURS)
    assert loaded.complaints == []
    assert same(loaded.tensors or {}, {"a/b": tensor, "transposed": tensor.mT if len(shape) > 1 else tensor})
    assert repr(loaded.meta) == repr({"numbers": numbers})  # NaN is not equal to itself


def test_tensors_that_share_memory(tmp_path: Path) -> None:
    whole = torch.randn(6)
    tensors = {"whole": whole, "again": whole, "part": whole[2:4], "strided": whole[::2]}
    save(tmp_path, tensors, {}, OURS)
    assert same(load_latest(tmp_path, OURS).tensors or {}, tensors)


def test_the_newest_is_found_and_two_are_kept(tmp_path: Path) -> None:
    assert load_latest(tmp_path / "none", OURS) == Loaded(None, None, [])
    assert three(tmp_path / "x").name == "000003"
    assert sorted(place.name for place in (tmp_path / "x").iterdir()) == ["000002", "000003"]
    assert epoch(load_latest(tmp_path / "x", OURS)) == 3


def test_the_manifest_is_readable(tmp_path: Path) -> None:
    manifest = json.loads((three(tmp_path) / MANIFEST).read_text())
    assert manifest["fingerprint"] == {"recipe": {"lr": 0.1, "net": "tiny"}, "ks": [1, 3]}
    assert manifest["versions"]["torch"] == torch.__version__
    assert set(manifest["files"]) == {TENSORS, STATE}


@pytest.mark.parametrize("name", [TENSORS, STATE, MANIFEST])
@pytest.mark.parametrize("kept", [0, 1, 0.5, -1, None])
def test_a_truncated_one_is_named_and_the_one_before_used(name: str, kept: float | None, tmp_path: Path) -> None:
    newest = three(tmp_path)
    data = (newest / name).read_bytes()
    if kept is None:
        (newest / name).unlink()
    else:
        (newest / name).write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else int(kept)])
    loaded = load_latest(tmp_path, OURS)
    assert epoch(loaded) == 2
    (line,) = loaded.complaints
    assert line.startswith(f"checkpoint {newest} is not used: {name} ")
    assert "\n" not in line
    assert load_latest(tmp_path, OURS).complaints == []  # said once; it is set aside


@given(name=st.sampled_from([TENSORS, STATE, MANIFEST]), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_named_and_the_one_before_used(
    good: Path, tmp_path_factory: pytest.TempPathFactory, name: str, where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("flip") / "x"
    shutil.copytree(good, folder)
    newest = folder / "000003"
    flip(newest / name, where, bit)
    loaded = load_latest(folder, OURS)
    assert epoch(loaded) == 2
    assert len(loaded.complaints) == 1
    assert str(newest) in loaded.complaints[0]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three checkpoints, to be copied."""
    return three(tmp_path_factory.mktemp("good")).parent


def flip(path: Path, where: float, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("stride", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_every_bit_of_a_manifest_counts(stride: int, tmp_path: Path) -> None:
    """All of them, one after the other; in haste every eleventh."""
    good = written({STATE: b"x"}, OURS)
    accepted = []
    for position in range(0, 8 * len(good), stride):
        data = bytearray(good)
        data[position // 8] ^= 1 << position % 8
        (tmp_path / MANIFEST).write_bytes(data)
        try:
            read(tmp_path)
            accepted.append(position)
        except Refused:
            pass
    assert accepted == []
    (tmp_path / MANIFEST).write_bytes(good)
    assert read(tmp_path)["format"] == FORMAT


def test_all_are_damaged(tmp_path: Path) -> None:
    for place in (three(tmp_path), tmp_path / "000002"):
        flip(place / TENSORS, 0.9, 0)
    loaded = load_latest(tmp_path, OURS)
    assert (loaded.tensors, loaded.meta, len(loaded.complaints)) == (None, None, 2)
    save(tmp_path, *state(7), OURS)
    assert epoch(load_latest(tmp_path, OURS)) == 7
    assert len(list(tmp_path.iterdir())) == 1  # the damaged ones make way


def test_the_good_one_behind_a_damaged_one_survives_the_next_save(tmp_path: Path) -> None:
    flip(three(tmp_path) / STATE, 0, 0)
    assert epoch(load_latest(tmp_path, OURS)) == 2
    flip(save(tmp_path, *state(4), OURS) / STATE, 0, 0)
    assert epoch(load_latest(tmp_path, OURS)) == 2


def test_another_configuration_is_named_and_left_alone(tmp_path: Path) -> None:
    theirs = {"recipe": {"lr": 0.2, "net": "tiny"}, "ks": (1, 3)}
    save(tmp_path, *state(1), OURS)
    for number in (2, 3):
        save(tmp_path, *state(number), theirs)
    loaded = load_latest(tmp_path, OURS)
    assert epoch(loaded) == 1
    assert [line.split(": ", 1)[1] for line in loaded.complaints] == [
        "it is from another configuration (recipe.lr: 0.2 there, 0.1 here)"
    ] * 2
    for number in (4, 5, 6):
        save(tmp_path, *state(number), OURS)
    assert epoch(load_latest(tmp_path, theirs)) == 3
    assert epoch(load_latest(tmp_path, OURS)) == 6


def test_another_format_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, *state(1), OURS)
    monkeypatch.setattr("numerics.checkpoints.manifest.FORMAT", FORMAT + 1)
    loaded = load_latest(tmp_path, OURS)
    assert loaded.tensors is None
    assert f"expected format {FORMAT + 1}, got {FORMAT}" in loaded.complaints[0]


def test_pickles_are_not_read(tmp_path: Path) -> None:
    """A checkpoint whose tensors are a pickle, with all checksums right, is an error and never code that runs."""
    import pickle

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "attacked"),)

    place = three(tmp_path)
    contents = {TENSORS: pickle.dumps(Attack()), STATE: b"{}"}
    for name, data in {**contents, MANIFEST: written(contents, OURS)}.items():
        (place / name).write_bytes(data)
    assert epoch(load_latest(tmp_path, OURS)) == 2
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize("nth", range(5))
def test_a_full_disk_leaves_the_earlier_ones(nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three(tmp_path)
    before, fsync, calls = contents(tmp_path), os.fsync, iter(range(100))

    def full(handle: int) -> None:
        if next(calls) == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    if nth > 2:  # forcing a folder is a matter of course where it can be done, and left out where it cannot
        assert save(tmp_path, *state(4), OURS).exists()
        return
    with pytest.raises(InputError, match="No space left on device; the earlier ones are unchanged"):
        save(tmp_path, *state(4), OURS)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("room", [0, 100, 400, 20_000])
def test_no_room_for_a_real_file(room: int, tmp_path: Path) -> None:
    """The operating system's own limit on the size of a file, met in each of the three."""
    three(tmp_path)
    before = contents(tmp_path)
    tensors = {"w": torch.zeros(10_000)} if room > 1000 else state(4)[0]
    with limited(room), pytest.raises(InputError, match="File too large; the earlier ones are unchanged") as caught:
        save(tmp_path, tensors, {}, OURS)
    assert "\n" not in str(caught.value)
    assert contents(tmp_path) == before
    assert epoch(load_latest(tmp_path, OURS)) == 3


@contextmanager
def limited(room: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write a checkpoint"):
        save(tmp_path / "file" / "x", *state(1), OURS)


def test_killed_before_any_file_operation(tmp_path: Path) -> None:
    """SIGKILL before each in turn: what is found after it is whole, never older than what was there, without a complaint."""
    number, found = 0, []
    while True:
        folder = tmp_path / str(number)
        three(folder)
        killed = killed_before(number, str(folder), save_one_more, str(folder))
        loaded = load_latest(folder, OURS)
        assert loaded.complaints == []
        found.append(epoch(loaded))
        save(folder, *state(6), OURS)
        assert sorted(place.name[0] for place in folder.iterdir()) == ["0", "0"]  # what was half written is gone
        if not killed:
            break
        number += 1
    assert found == sorted(found)
    assert set(found) == {3, 4}
    assert number > 10


def test_replacing_a_file_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x"
    replace_forced(path, b"one")
    with limited(0), pytest.raises(OSError, match="too large"):
        replace_forced(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
    replace_forced(path, b"two")
    assert path.read_bytes() == b"two"


def test_differences_are_named() -> None:
    assert differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}) == ""
    assert differences({"a": {"b": 1}, "x": 0}, {"a": {"b": 2}, "y": 0}) == (
        "a.b: 1 there, 2 here, x: 0 there, absent here, y: absent there, 0 here"
    )


def test_one_that_is_not_accepted_is_named_and_set_aside(tmp_path: Path) -> None:
    """Its checksums are right; its content is not what the reader can use."""

    def accept(tensors: dict[str, Tensor], meta: dict[str, Any]) -> None:
        if meta["epoch"] == 3:
            raise InputError("three is too many")

    newest = three(tmp_path)
    loaded = load_latest(tmp_path, OURS, accept)
    assert epoch(loaded) == 2
    reason = "its checksums are right and its content is not: three is too many"
    assert loaded.complaints == [f"checkpoint {newest} is not used: {reason}"]
    assert (tmp_path / "damaged-000003").is_dir()
    assert load_latest(tmp_path, OURS, accept).complaints == []


@pytest.mark.parametrize("content", [b"[]", b"null", b"[" * 10**5, b'{"a":' * 10**5, b'{"n": ' + b"9" * 5000 + b"}", b"\xff"])
def test_numbers_of_another_form_are_named(content: bytes, tmp_path: Path) -> None:
    """With all checksums right."""
    place = three(tmp_path)
    contents = {TENSORS: (place / TENSORS).read_bytes(), STATE: content}
    for name, data in {**contents, MANIFEST: written(contents, OURS)}.items():
        (place / name).write_bytes(data)
    loaded = load_latest(tmp_path, OURS)
    assert epoch(loaded) == 2
    assert len(loaded.complaints) == 1


@pytest.mark.parametrize("files", [None, [], {}, {TENSORS: 1}, {TENSORS: {}}, {TENSORS: {"bytes": "1", "sha256": "x"}}])
def test_a_manifest_of_another_form_is_named(files: Any, tmp_path: Path) -> None:
    place = three(tmp_path)
    body = json.loads((place / MANIFEST).read_bytes())
    del body["sha256"]
    body["files"] = files
    (place / MANIFEST).write_text(json.dumps({"sha256": _digest(body), **body}))
    loaded = load_latest(tmp_path, OURS)
    assert epoch(loaded) == 2
    assert loaded.complaints[0].startswith(f"checkpoint {place} is not used: {MANIFEST} ")
