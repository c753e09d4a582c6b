"""The first run on a GPU, dry on the CPU: its lines, its patience, its record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.first_run import optimisers
from experiments.first_run.__main__ import PARTS, main
from experiments.first_run.log import Log


def test_a_dry_run_of_the_optimisers(tmp_path: Path, capsys, monkeypatch) -> None:
    part = (("optimisers against torch's", optimisers.against_torch, 5), ("numbers", optimisers.against_the_cpu, 5))
    monkeypatch.setitem(PARTS, "bits", part)
    assert main(["--device", "cpu", "--parts", "bits", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "11 passed, 0 failed"
    record = json.loads((tmp_path / "first-run.json").read_text())
    assert record["hardware"].startswith("cpu (")
    assert {"torch", "numpy", "gradcfl", "python", "cuda"} <= record["versions"].keys()
    assert record["counts"] == {"PASS": 11, "FAIL": 0, "INFO": 2}
    assert [f"{line['name']}" in text for line, text in zip(record["lines"], told, strict=False)] == [True] * 13


def test_without_time_everything_is_skipped_politely(tmp_path: Path, capsys) -> None:
    assert main(["--device", "cpu", "--budget", "1", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert sum("skipped" in line and line.startswith("INFO") for line in told) == sum(map(len, PARTS.values()))
    assert told[-1] == "0 passed, 0 failed"


def test_one_failure_costs_no_other_check_and_tells_where() -> None:
    log = Log("cpu", 100)

    def broken(log: Log) -> None:
        raise RuntimeError("three\nlines\nof text")

    def absent(log: Log) -> None:
        raise ModuleNotFoundError("No module named 'h5netcdf'", name="h5netcdf")

    log.check("broken", broken)
    log.check("absent", absent)
    log.check("fine", lambda log: log.say(True, "fine"))
    assert [line.result for line in log.lines] == ["FAIL", "INFO", "PASS"]
    assert log.lines[0].told.startswith("RuntimeError: three lines of text (test_first_run.py:")
    assert log.lines[1].told == "skipped: the package h5netcdf is not here"


def test_the_clock_runs_down() -> None:
    now = iter([0.0, 3.0, 97.0, 97.0, 97.0])
    log = Log("cpu", 100, clock=lambda: next(now))
    assert log.left == 97
    log.check("long", lambda log: log.say(True, "long"), needs=10)
    assert log.lines[0].told == "skipped: 3 s left of 100, it needs about 10"


@pytest.mark.parametrize("arguments", [["--device", "cuda:7"], ["--device", "abacus"]])
def test_no_such_device(arguments, capsys) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("error: unknown device")
