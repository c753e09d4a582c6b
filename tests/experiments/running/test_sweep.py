"""Sweeps: groups in their order, overlapping ones trained as one, progress, pace, bad means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from derive.errors import InputError
from experiments import __main__ as command_line
from experiments import registry
from experiments.running import training_run
from experiments.running.means import Means
from experiments.running.pace import Pace
from experiments.running.store import load
from experiments.running.sweep import sweep
from numerics.training.group import GroupRun
from numerics.training.recipe import Group
from tests.experiments.sweeping import TINY, group

pytestmark = pytest.mark.exact


def test_overlapping_groups_are_trained_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def start(group: Group, data: Any, device: str) -> GroupRun:
        seen.append(group.ks)
        return GroupRun(group, data, device)

    monkeypatch.setattr(training_run, "GroupRun", start)
    asked = [group(3, 1), group(5, order=2), group(1, 7), group(7, 3)]
    found = sweep(asked, Means(store=tmp_path))
    assert seen == [(1, 3, 7), (1, 5)]
    assert [tuple(one.k.values.tolist()) for one in found] == [one.ks for one in asked]
    xr.testing.assert_identical(found[0].sel(k=1), found[2].sel(k=1))
    assert sweep([], Means(store=tmp_path)) == []


def test_progress_goes_up_to_the_end(tmp_path: Path) -> None:
    seen: list[float] = []
    sweep([group(1, 3), group(1, 3, order=2)], Means(store=tmp_path), report=lambda done, total: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) == 2 * TINY.epochs * 2  # steps


def test_an_interrupt_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GroupRun, "advance", interrupted)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        sweep([group()], Means(store=tmp_path), say=lines.append)
    assert lines == [
        f"interrupted: finished members and checkpoints are kept in {tmp_path}; the same command goes on from there"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "expected at least 1 worker, got 0"),
        ({"workers": 2, "scheduler": "tcp://x:1"}, "expected --workers or --scheduler, got both"),
    ],
)
def test_means_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Means(**arguments)


@pytest.mark.parametrize("workers", [None, 2])
def test_a_device_that_is_not_here(workers: int | None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown device 'cuda:99': expected one of cpu"):
        sweep([group()], Means("cuda:99", store=tmp_path / "store", workers=workers))
    assert list(tmp_path.iterdir()) == []


@given(
    costs=st.lists(st.floats(0, 10), min_size=1, max_size=60), epochs=st.lists(st.floats(1e-3, 100), min_size=1, max_size=60)
)
def test_checkpoints_keep_to_their_share(costs: list[float], epochs: list[float]) -> None:
    """Whatever they cost, all but the first and the last together take at most 2% of the time."""
    now = [0.0]
    pace, spent = Pace(0.02, clock=lambda: now[0]), []
    for epoch, cost in zip(epochs, costs, strict=False):
        now[0] += epoch
        before = now[0]

        def save(cost: float = cost) -> None:
            now[0] += cost

        if pace(save):
            spent.append(cost)
            assert sum(spent[:-1]) + (spent[-2] if len(spent) > 1 else 0) <= 0.02 * before + 1e-9
    assert spent[0] == costs[0]
    assert pace.spent == pytest.approx(sum(spent))


def test_cheap_checkpoints_are_made_after_every_epoch() -> None:
    now = [0.0]
    pace, made = Pace(0.02, clock=lambda: now[0]), 0
    for _ in range(50):
        now[0] += 1.0
        made += pace(lambda: now.__setitem__(0, now[0] + 0.009))
    assert made == 50


class Tiny:
    """A training experiment, as its module would offer it."""

    TITLE = "tiny"
    PRESETS: ClassVar = {"smoke": TINY, "default": TINY, "paper": TINY}

    @staticmethod
    def groups(config: Any) -> list[Group]:
        return [replace(group(1, 3, order=order), recipe=config) for order in (1, 2)]

    @staticmethod
    def collect(config: Any, runs: list[xr.Dataset]) -> xr.Dataset:
        return xr.concat(runs, "seed", combine_attrs="drop", data_vars="all").assign_attrs(seeds="order 1, 2")

    @staticmethod
    def render(results: xr.Dataset) -> Figure:
        return Figure()

    @staticmethod
    def caption(results: xr.Dataset) -> str:
        return f"{float(results.accuracy.std('k', ddof=1).mean()):.3f}"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The experiment under the name of another."""
    known = registry.experiment
    monkeypatch.setattr(registry, "experiment", lambda name: Tiny if name == "figure-1" else known(name))


@pytest.mark.usefixtures("tiny")
def test_run_trains_and_records_by_what_means(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert command_line.main(["run", "figure-1", "--preset", "smoke", "--out", str(tmp_path)]) == 0
    data, record = load(tmp_path / "figure-1")
    assert data.sizes["seed"] == 2
    assert {"preset", "device", "data", "training_seeds", "workers", "version_torch", "config"} <= record.keys()
    assert record["workers"] == "this process"
    assert record["data"] == "digits, first 64"
    assert [seeds["order"] for seeds in record["training_seeds"]] == [1, 2]
    assert "torch" in record["device"]
    assert len(list((tmp_path / ".members").iterdir())) == 2
    assert "wrote" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny")
def test_another_store(tmp_path: Path) -> None:
    places = ["--out", str(tmp_path / "out"), "--store", str(tmp_path / "store")]
    assert command_line.main(["run", "figure-1", "--preset", "smoke", *places]) == 0
    assert len(list((tmp_path / "store").iterdir())) == 2
    assert not (tmp_path / "out" / ".members").exists()


@pytest.mark.parametrize("option", [["--workers", "2"], ["--scheduler", "tcp://x:1"], ["--data-dir", "x"], ["--store", "x"]])
def test_options_of_training_have_no_use_elsewhere(option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert command_line.main(["run", "figure-1", "--preset", "smoke", "--out", str(tmp_path), *option]) == 2
    assert capsys.readouterr().err == f"error: figure-1: no training here, so {option[0]} has no use; leave it out\n"
    assert list(tmp_path.iterdir()) == []
