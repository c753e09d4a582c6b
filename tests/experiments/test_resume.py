"""A sweep killed by SIGKILL at any moment goes on and ends with the bits of one that was left alone."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest
import xarray as xr

from experiments.members import GroupFolder
from numerics.checkpoint import load_latest
from numerics.training.recipe import Group
from tests.experiments.sweeping import group, results, train
from tests.killing import finished, killed_before, started

LONG = [group(1, 3, epochs=30), group(1, 3, epochs=30, order=2)]
SHORT = [group(1, 3, epochs=3)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[xr.Dataset], list[xr.Dataset], float]:
    """Undisturbed: LONG, SHORT, and the seconds that LONG takes."""
    store = tmp_path_factory.mktemp("alone")
    before = time.monotonic()
    assert finished(started(train, str(store), LONG)) == 0
    seconds = time.monotonic() - before
    assert finished(started(train, str(store), SHORT)) == 0
    return results(store, LONG), results(store, SHORT), seconds


def identical(store: Path, groups: list[Group], expected: list[xr.Dataset]) -> None:
    """Hash trails, numbers and attributes."""
    for found, wanted in zip(results(store, groups), expected, strict=True):
        assert found.trail.values.tolist() == wanted.trail.values.tolist()
        xr.testing.assert_identical(found, wanted)


@pytest.mark.parametrize(("kills", "seed"), [(5, 1), *(pytest.param(25, seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_killed_at_random_moments(kills: int, seed: int, tmp_path: Path, alone: tuple) -> None:
    """The moments are spread so that some fall into the start, some into training, some into writing."""
    moments, killed, told = Random(seed), 0, tmp_path / "told.txt"
    for _ in range(kills):
        process = started(train, str(tmp_path / "store"), LONG, False, str(told))
        process.join(moments.uniform(0, 2.5 * alone[2] / kills))
        process.kill()
        killed += finished(process) != 0
    assert killed >= kills / 2
    assert finished(started(train, str(tmp_path / "store"), LONG, False, str(told))) == 0
    assert "goes on after epoch" in told.read_text()
    identical(tmp_path / "store", LONG, alone[0])


@pytest.mark.parametrize("number", [3, 30, 50, 62, 75])
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
    for forgetful in (False, True):
        store = tmp_path / str(forgetful)
        kill_after_a_checkpoint(store)
        assert finished(started(train, str(store), LONG[:1], forgetful)) == 0
        ends[forgetful] = results(store, LONG[:1])[0].trail.values.tolist()
    expected = alone[0][0].trail.values.tolist()
    assert ends[False] == expected
    assert ends[True] != expected
    assert [row[0] for row in ends[True]] == [row[0] for row in expected]  # before the kill they agree


def kill_after_a_checkpoint(store: Path) -> None:
    process = started(train, str(store), LONG[:1])
    place = GroupFolder.within(store, LONG[0]).path
    while not list(place.glob("running/*/[0-9]*")):
        time.sleep(0.002)
    process.kill()
    assert finished(process) != 0


def test_a_damaged_checkpoint_is_named_and_costs_time_only(tmp_path: Path, alone: tuple) -> None:
    kill_after_a_checkpoint(tmp_path / "store")
    (newest, *_) = sorted(tmp_path.glob("store/*/running/*/[0-9]*/tensors.safetensors"), reverse=True)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert finished(started(train, str(tmp_path / "store"), LONG[:1], False, str(tmp_path / "told.txt"))) == 0
    assert f"checkpoint {newest.parent} is not used: tensors.safetensors is truncated" in (tmp_path / "told.txt").read_text()
    identical(tmp_path / "store", LONG[:1], alone[0][:1])


def test_a_checkpoint_of_other_data_is_not_used(tmp_path: Path) -> None:
    """Same names, same recipe; the numbers of the images differ."""
    kill_after_a_checkpoint(tmp_path)
    (folder,) = tmp_path.glob("*/running/*")
    (line, *_) = load_latest(folder, {"data": "other"}).complaints
    assert "data: " in line
    assert " there, other here" in line
