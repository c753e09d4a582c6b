"""The live view prints what was measured."""

from __future__ import annotations

import sys
from io import StringIO

import pytest
from rich.console import Console
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from derive.shown import shown
from numerics.monitor import StabilityMonitor
from numerics.monitor.live import WIDTH, LiveView, bar
from numerics.monitor.records import Records
from tests.numerics.monitor.cases import net, train

pytestmark = pytest.mark.exact


def test_the_live_view_shows_the_newest_numbers() -> None:
    text = StringIO()
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    view = LiveView(Console(file=text, width=100))
    with StabilityMonitor(model, optimizer, cross_entropy, sinks=[view], shadow=1.0, window=12) as monitor:
        train(model, optimizer, 14, monitor.step)
    shown = text.getvalue()
    for part in ("stable", f"{monitor.latest['normalised']:.4g} (the edge is 1)", "largest stable lr", "last-bit divergence"):
        assert part in shown
    assert "\x1b" not in shown  # no terminal, no control characters


@pytest.mark.parametrize(("value", "filled"), [(0.0, 0), (0.5, 15), (1.0, 30), (9.0, WIDTH), (-1.0, 0), (float("nan"), 0)])
def test_bars(value: float, filled: int) -> None:
    drawn = bar(value)
    assert drawn.plain.count("█") == filled
    assert len(drawn.plain) == WIDTH


@pytest.mark.parametrize("name", ["[/x]", "[red]a", "\x1b[31mred", "a\u202eb", "a\nb"])
def test_names_are_shown_as_they_are_and_move_nothing(name: str) -> None:
    text = StringIO()
    view = LiveView(Console(file=text, width=100, force_terminal=False))
    view.write(1, {"layer_normalised": {name: 1.0}, "verdict": name, "reason": name})
    view.close()
    told = text.getvalue()
    assert shown(name) in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_latest_costs_the_same_however_many_rows_there_are() -> None:
    """Counted in steps of Python, which no clock disturbs."""

    def asked(rows: int) -> int:
        records, calls = Records(), 0
        for step in range(rows):
            records.add(step, {"loss": 1.0, "rel_l1": 0.5, "layer_share": {"a": 1.0}})

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1
            return count

        sys.settrace(count)
        try:
            records.latest(rows)
        finally:
            sys.settrace(None)
        return calls

    assert asked(10) == asked(1000) > 0


def test_latest_tells_when_each_value_was_measured() -> None:
    records = Records()
    assert records.latest(3) == {}
    records.add(1, {"loss": 2.0, "normalised": 0.5})
    records.add(4, {"loss": 1.0, "unsettled": "means of 4", "normalised": 30.0, "largest_lr": {0: 1e-6}})
    latest = records.latest(9)
    assert (latest["loss"], latest["normalised"]) == (1.0, 0.5)
    assert "largest_lr" not in latest
    assert latest["step"] == 9
    assert latest["steps"] == {"loss": 4, "normalised": 1, "unsettled": 4}
    assert latest["age"] == {"loss": 5, "normalised": 8, "unsettled": 5}
