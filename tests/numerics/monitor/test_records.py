"""What is kept of a long training, and where it is written."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from derive.errors import InputError
from numerics.monitor import StabilityMonitor
from numerics.monitor.records import Records
from numerics.monitor.scalars import CSV, Logged
from tests.numerics.monitor.cases import net, train

pytestmark = pytest.mark.exact  # of what is kept


def test_the_memory_is_flat_and_the_newest_is_at_hand() -> None:
    """A fake of 10^5 measurements: as many rows as after 10^4, first, extremes, jumps and newest among them."""
    records, held = Records(limit=256), []
    for step in range(100_000):
        row: dict[str, Any] = {"loss": 1.0 + (step == 777) - 0.5 * (step == 5_000), "normalised": float(step == 31_337)}
        records.add(step, row | ({"spike": "batch"} if step == 50_001 else {}))
        if step in (10_000, 99_999):
            held.append(len(records))
    steps = [row["step"] for row in records]
    assert max(held) <= 256
    assert steps == sorted(steps)
    assert {0, 777, 5_000, 31_337, 50_001, *range(99_900, 100_000)} <= set(steps)
    assert len(records.judged) == len(records)
    assert records.latest(100_000)["age"]["loss"] == 1


def test_even_if_all_jump_the_memory_is_flat() -> None:
    records = Records(limit=64)
    for step in range(1000):
        records.add(step, {"loss": 1.0, "spike": "batch"})
    assert len(records) <= 64


def seen(*sinks: Any) -> StabilityMonitor:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with StabilityMonitor(model, optimizer, cross_entropy, sinks=sinks, budget=1e9, shadow=1.0, window=12) as monitor:
        train(model, optimizer, 14, monitor.step)
    return monitor


class Run:
    def __init__(self) -> None:
        self.rows: list[tuple[int | None, dict]] = []

    def log(self, numbers: dict, step: int | None = None) -> None:
        self.rows.append((step, numbers))


def test_tables_and_runs_have_every_row(tmp_path) -> None:
    run, own = Run(), Run()
    monitor = seen(CSV(tmp_path / "table.csv"), Logged(run), Logged(own, step=False))
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    values = [row["normalised"] for row in monitor.records if "normalised" in row]
    assert [float(row["normalised"]) for row in table if row["normalised"]] == values
    assert table[-1]["verdict"] == monitor.latest["verdict"]
    assert [numbers["stability/normalised"] for _, numbers in run.rows] == values
    assert [step for step, _ in run.rows] == [numbers["stability/step"] for _, numbers in own.rows]
    assert {step for step, _ in own.rows} == {None}
    with pytest.raises(InputError, match=r"expected a run with log\(numbers, step=...\), got int"):
        Logged(3)
    with pytest.raises(InputError, match="cannot write"):
        CSV(tmp_path / "table.csv" / "table.csv")


def test_weights_and_biases_offline(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    run = wandb.init(project="edge", dir=str(tmp_path))
    monitor = seen(Logged(run))
    assert run.summary["stability/normalised"] in monitor.records.column("normalised")  # a step is told once the next one is
    run.finish()


def test_a_summary_and_a_picture() -> None:
    monitor = seen()
    told = monitor.summary()
    assert told.startswith(f"step 14: {monitor.latest['verdict']}, measured at step 14: ")
    for part in ("largest stable lr", "nearest to the edge", "last-bit difference up to step", "% of the time"):
        assert part in told
    above, below = monitor.plot().axes
    assert len(above.lines[0].get_xdata()) == 14
    assert len(below.lines[0].get_xdata()) == 15  # the loss before the first step too


def test_costs_are_told() -> None:
    latest = seen().latest
    assert 0 < latest["monitor_share"] < 1
    assert latest["monitor_seconds"] >= latest["seconds"] > 0
    assert latest["age"]["monitor_seconds"] == 0


def test_a_table_goes_on_where_the_training_is_resumed(tmp_path) -> None:
    """Of steps done twice the later ones stay; without a resumed state it begins anew at its first row, and not before."""
    path = tmp_path / "table.csv"
    table = CSV(path)
    for step in (1, 2, 3, 4):
        table.write(step, {"loss": float(step)})
    whole, again = path.read_text(encoding="utf-8"), CSV(path)
    assert path.read_text(encoding="utf-8") == whole
    again.resumed(2)
    again.write(3, {"loss": 3.0})
    again.write(4, {"loss": 4.0})
    assert path.read_text(encoding="utf-8") == whole
    CSV(path).write(9, {"loss": 9.0})
    assert [line.split(",")[0] for line in path.read_text(encoding="utf-8").splitlines()] == ["step", "9"]


def test_what_is_no_table_of_ours_is_not_gone_on_with(tmp_path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="a table of these columns"):
        CSV(path).resumed(2)
