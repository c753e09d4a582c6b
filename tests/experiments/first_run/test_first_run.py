"""The first run on a GPU, dry on the CPU: its lines, its patience, its record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive.errors import InputError
from experiments.benchmarks import on_gpu
from experiments.benchmarks.__main__ import devices
from experiments.first_run import optimisers
from experiments.first_run.__main__ import PARTS, main
from experiments.first_run.elsewhere import NEEDS, TESTS, TREE
from experiments.first_run.log import Log
from experiments.page.first_runs import first_run
from experiments.page.report import _environment


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


def test_the_report_finds_the_record(tmp_path: Path) -> None:
    assert first_run(tmp_path, tmp_path / "records") is None
    log = Log("cpu", 100)
    log.say(True, "six lanes < six runs", "all")
    log.save(tmp_path / "records" / "first-run")
    assert first_run(tmp_path, tmp_path / "records")["recorded"]
    file = log.save(tmp_path / "first-run")
    found = first_run(tmp_path, tmp_path / "records")
    assert (found["recorded"], found["counts"]["PASS"]) == (False, 1)
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(first_run=found, verdicts=[], count={}, theorems=[], sections={}, open_claims=[], version="0")
    )
    assert "<td>PASS</td><td>six lanes &lt; six runs</td><td>all</td>" in page
    file.write_text('{"lines": 3}')
    with pytest.raises(InputError, match="expected the record of a first run in"):
        first_run(tmp_path, tmp_path / "records")


BARE = """
import sys
sys.path[:] = [part for part in sys.path if part]
from importlib import metadata
def none(name, of=metadata.version):
    if name == "gradcfl": raise metadata.PackageNotFoundError(name)
    return of(name)
metadata.version = none
from derive.paper.claim import claims
from derive.bare import version_of
from experiments.running.provenance import provenance, versions
print(version_of("gradcfl"), versions()["gradcfl"], provenance("cpu")["version_gradcfl"], "table-1" in claims())
"""


def test_a_tree_that_is_not_installed_knows_its_version_and_claims() -> None:
    told = subprocess.run(
        [sys.executable, "-c", BARE], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(TREE)}
    )
    assert told.stdout.split() == ["0.1.0", "0.1.0", "0.1.0", "True"], told.stderr


@pytest.mark.parametrize("arguments", [["--device", "cuda:7"], ["--device", "abacus"]])
def test_no_such_device(arguments, capsys) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("error: unknown device")


def test_what_is_measured_on_a_gpu_runs_on_a_cpu_in_small() -> None:
    rows = [row for part in on_gpu.PARTS for row in part("cpu")]
    assert len(rows) == 7
    assert all(row.value > 0 and "cpu" in row.name for row in rows)


def test_the_table_of_benchmarks_names_its_devices(monkeypatch) -> None:
    assert devices().startswith("cpu (")
    assert "CUDA" not in devices()
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "H100")
    assert "and H100, CUDA" in devices()


def test_the_tests_that_a_first_run_names_are_there() -> None:
    assert [path for path in (*NEEDS.values(), *sum(TESTS.values(), ())) if not (TREE / path).exists()] == []
