"""The live view prints what was measured."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from numerics.monitor import StabilityMonitor
from numerics.monitor.live import WIDTH, LiveView, bar
from tests.numerics.monitor.cases import net, train


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
