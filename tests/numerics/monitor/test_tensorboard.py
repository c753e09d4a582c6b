"""What is written for TensorBoard is read back by its own reader."""

from __future__ import annotations

import sys
import warnings

import pytest
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from derive.errors import InputError
from numerics.monitor import StabilityMonitor
from numerics.monitor.tensorboard import TensorBoard
from tests.numerics.monitor.cases import net, train

pytest.importorskip("tensorboard")


def test_events_hold_the_rows(tmp_path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tensorboard's own imports
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        board = TensorBoard(tmp_path)
        with StabilityMonitor(model, optimizer, cross_entropy, sinks=[board], budget=1e9, shadow=0) as monitor:
            train(model, optimizer, 3, monitor.step)
        events = EventAccumulator(str(tmp_path)).Reload()
    found = events.Scalars("stability/normalised")
    assert [e.step for e in found] == [1, 2, 3]
    assert [e.value for e in found] == pytest.approx(monitor.dataset().normalised.dropna("step").values, rel=1e-6)
    assert "stability/layer_share/0" in events.Tags()["scalars"]
    assert sorted(events.Tags()["tensors"]) == ["stability/reason/text_summary", "stability/verdict/text_summary"]


def test_without_tensorboard_it_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match="pip install tensorboard"):
        TensorBoard(tmp_path)


def test_a_writer_that_there_is_stays_open(tmp_path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        board = TensorBoard(writer)
        board.write(1, {"loss": 0.5, "verdict": "stable"})
        board.close()
        writer.add_scalar("mine", 1.0, 2)
        (path,) = tmp_path.iterdir()
    assert path.stat().st_size > 0
    with pytest.raises(InputError, match="expected a folder or a SummaryWriter, got int"):
        TensorBoard(3)
