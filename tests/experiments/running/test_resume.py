"""A sweep killed by SIGKILL at any moment goes on and ends with the bits of one that was left alone."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest
import xarray as xr

from derive.errors import InputError
from experiments.running import training_run
from experiments.running.means import Means
from experiments.running.sweep import sweep
from numerics.training.recipe import Group
from tests.experiments.sweeping import after_every_epoch, end_at, group, results, train, train_forgetfully, train_until_killed
from tests.killing import finished, killed_before, started

pytestmark = pytest.mark.exact

LONG = [group(1, 3, epochs=12), group(1, 3, epochs=12, order=2)]
SHORT = [group(1, 3, epochs=3)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[xr.Dataset], list[xr.Dataset], float]:
    """Undisturbed: LONG, SHORT, and the seconds that LONG takes."""
    store = tmp_path_factory.mktemp("alone")
    assert finished(started(train, str(store), SHORT)) == 0
    before = time.monotonic()
    assert finished(started(train, str(store), LONG)) == 0
    seconds = time.monotonic() - before
    return results(store, LONG), results(store, SHORT), seconds


def identical(store: Path, groups: list[Group], expected: list[xr.Dataset]) -> None:
    """Hash trails, numbers and attributes."""
    for found, wanted in zip(results(store, groups), expected, strict=True):
        assert found.trail.values.tolist() == wanted.trail.values.tolist()
        xr.testing.assert_identical(found, wanted)


@pytest.mark.parametrize(("kills", "seed"), [(5, 1), *(pytest.param(25, seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_killed_at_random_moments(kills: int, seed: int, tmp_path: Path, alone: tuple) -> None:
    """Some fall into the start, some into training, some into writing; a run that gets through is followed by a fresh one."""
    moments, killed, number = Random(seed), 0, 0
    while killed < kills:
        process = started(train, str(tmp_path / str(number)), LONG)
        process.join(moments.uniform(0, alone[2]))
        process.kill()
        if finished(process) == 0:
            identical(tmp_path / str(number), LONG, alone[0])
            number += 1
        else:
            killed += 1
    assert finished(started(train, str(tmp_path / str(number)), LONG)) == 0
    identical(tmp_path / str(number), LONG, alone[0])


@pytest.mark.parametrize("number", [3, 30, 50, 75])
def test_killed_before_a_file_operation(number: int, tmp_path: Path, alone: tuple) -> None:
    assert killed_before(number, str(tmp_path), train, str(tmp_path), SHORT)
    assert finished(started(train, str(tmp_path), SHORT)) == 0
    identical(tmp_path, SHORT, alone[1])


@pytest.mark.slow
def test_killed_before_every_file_operation(tmp_path: Path, alone: tuple) -> None:
    number = 0
    while killed_before(number, str(tmp_path / str(number)), train, str(tmp_path / str(number)), SHORT):
        assert finished(started(train, str(tmp_path / str(number)), SHORT)) == 0
        identical(tmp_path / str(number), SHORT, alone[1])
        number += 1
    assert number > 75


def test_a_resume_that_forgets_the_momentum_is_found_out(tmp_path: Path, alone: tuple) -> None:
    """Negative control: the same kill, and all state but the optimiser's put back."""
    ends = {}
    for resume in (train, train_forgetfully):
        store = tmp_path / resume.__name__
        kill_after_checkpoints(store, 2)
        assert finished(started(resume, str(store), SHORT)) == 0
        ends[resume] = results(store, SHORT)[0].trail.values.tolist()
    expected = alone[1][0].trail.values.tolist()
    assert ends[train] == expected
    assert [row[:2] for row in ends[train_forgetfully]] == [row[:2] for row in expected]  # before the kill they agree
    assert all(a[2] != b[2] for a, b in zip(ends[train_forgetfully], expected, strict=True))


def kill_after_checkpoints(store: Path, number: int) -> None:
    assert finished(started(train_until_killed, str(store), SHORT, number)) == -SIGKILL


def test_a_damaged_checkpoint_is_named_and_costs_time_only(tmp_path: Path, alone: tuple) -> None:
    kill_after_checkpoints(tmp_path / "store", 2)
    (newest, _) = sorted(tmp_path.glob("store/*/running/*/[0-9]*/tensors.safetensors"), reverse=True)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert finished(started(train, str(tmp_path / "store"), SHORT, str(tmp_path / "told.txt"))) == 0
    named, resumed = (tmp_path / "told.txt").read_text().splitlines()
    assert f"checkpoint {newest.parent} is not used: tensors.safetensors is truncated" in named
    assert resumed.endswith("goes on after epoch 1 of 3")
    identical(tmp_path / "store", SHORT, alone[1])


def test_a_checkpoint_of_other_data_or_hardware_is_not_used(
    tmp_path: Path, alone: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bits would be those of two runs; training starts over, and says why."""
    lines: list[str] = []
    kill_after_checkpoints(tmp_path, 1)
    monkeypatch.setattr(training_run, "hardware", lambda device: "another machine")
    monkeypatch.setattr(training_run, "digest", lambda data: "other data")
    sweep(SHORT, Means(store=tmp_path), say=lines.append)
    assert "is not used: it is from another configuration (data: " in lines[0]
    assert "there, another machine here" in lines[0]
    assert lines[1].endswith("no good checkpoint is left; training starts over")


def test_a_disk_that_is_full_for_a_while(tmp_path: Path, alone: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of the second checkpoint: one line, and the first is there to go on from."""
    lines: list[str] = []
    fsync, calls = os.fsync, iter(range(100))

    def full(handle: int) -> None:
        if list(tmp_path.glob("*/running/*/000001")) and next(calls) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(training_run, "Pace", after_every_epoch)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left on device; the earlier ones are unchanged") as error:
            sweep(SHORT, Means(store=tmp_path), say=lines.append)
    assert "\n" not in str(error.value)
    sweep(SHORT, Means(store=tmp_path), say=lines.append)
    assert [line.split("): ")[1] for line in lines] == ["goes on after epoch 1 of 3"]
    identical(tmp_path, SHORT, alone[1])


@pytest.mark.gpu
def test_resumed_on_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle, and left alone: the same bits."""
    monkeypatch.setattr(training_run, "Pace", after_every_epoch)
    expected = sweep(LONG, Means("cuda", store=tmp_path / "alone"))
    with monkeypatch.context() as patch:
        end_at(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            sweep(LONG, Means("cuda", store=tmp_path / "store"))
    found = sweep(LONG, Means("cuda", store=tmp_path / "store"))
    for one, other in zip(found, expected, strict=True):
        xr.testing.assert_identical(one, other)
