"""Steps with closures, sinks, and the log of a cap."""

from __future__ import annotations

import warnings
from functools import partial

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW

from derive.errors import InputError
from numerics.control import ControlWarning, EdgeController
from numerics.control.log import Log
from numerics.monitor.scalars import Logged
from numerics.monitor.tensorboard import TensorBoard
from tests.numerics.control.test_controller import CURVATURES, Weights, batch, bowl, take


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("cls", [partial(SGD, momentum=0.5), AdamW])
def test_a_closure_is_capped_as_a_plain_step_is(cls, by_name: bool) -> None:
    """Bit for bit, though the gradient is made within the step."""
    weights, logs = [], []
    for closed in (True, False):
        model, (x, y) = Weights(), batch()
        optimizer = cls(model.parameters(), lr=100.0)

        def closure(model=model, optimizer=optimizer, x=x, y=y):
            optimizer.zero_grad()
            loss = bowl(model(x), y)
            loss.backward()
            return loss

        with EdgeController(model, optimizer, bowl, c=1.0, every=2) as control:
            for _ in range(4):
                control.step(x, y)
                told = (
                    optimizer.step(**{"closure": closure})
                    if closed and by_name
                    else optimizer.step(closure)
                    if closed
                    else None
                )
                if not closed:
                    closure()
                    optimizer.step()
                else:
                    assert told.ndim == 0
                assert optimizer.param_groups[0]["lr"] == 100.0
        weights.append(model.w.detach())
        logs.append(control.dataset())
    assert torch.equal(*weights)
    assert logs[0].equals(logs[1])
    assert logs[0].applied.max() < 100.0


def test_a_closure_that_fails_is_the_users() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, bowl) as control:
        take(model, optimizer, control, 1)
        control.step(*batch())
        with pytest.raises(ZeroDivisionError):
            optimizer.step(lambda: 1 / 0)
        assert optimizer.param_groups[0]["lr"] == 100.0


class Sink:
    def __init__(self, fails: bool = False) -> None:
        self.rows, self.closed, self.fails = [], 0, fails

    def log(self, numbers, step) -> None:
        self.rows.append((step, numbers))
        if self.fails:
            raise OSError("no network")


def test_a_run_that_takes_dictionaries_is_told_what_was_done() -> None:
    model, run = Weights(), Sink()
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, bowl, c=1.0, sinks=[Logged(run)]) as control:
        take(model, optimizer, control, 3)
    assert [step for step, _ in run.rows] == [0, 1, 2]
    for n, (_, row) in enumerate(run.rows):
        kept = control.dataset().isel(step=n)
        assert row == {f"control/{name}": float(kept[name]) for name in ("wanted", "applied", "edge", "products")}


def test_a_sink_that_fails_is_said_once_and_the_cap_holds() -> None:
    model, run = Weights(), Sink(fails=True)
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, bowl, c=1.0, sinks=[Logged(run)]) as control:
        with pytest.warns(ControlWarning, match="Logged is told no more: no network"):
            take(model, optimizer, control, 1)
        take(model, optimizer, control, 2)
    assert len(run.rows) == 1
    assert control.dataset().applied.values == pytest.approx(0.4)
    with pytest.raises(InputError, match="expected sinks"):
        EdgeController(model, optimizer, bowl, sinks=[run])


def test_tensorboard_has_the_three_lrs(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        model = Weights()
        optimizer = SGD(model.parameters(), lr=100.0)
        with EdgeController(model, optimizer, bowl, c=1.0, sinks=[TensorBoard(tmp_path)]) as control:
            take(model, optimizer, control, 2)
        events = EventAccumulator(str(tmp_path)).Reload()
    values = {name: [event.value for event in events.Scalars(f"control/{name}")] for name in ("wanted", "applied", "edge")}
    assert values == {"wanted": [100, 100], "applied": pytest.approx([0.4] * 2), "edge": pytest.approx([0.4] * 2)}


def test_the_log_is_bounded_and_goes_on_where_it_was() -> None:
    log = Log(limit=64)
    for step in range(1000):
        log.add(step, {"wanted": 1.0, "applied": 0.5, "edge": 0.25, "products": step})
    found = log.dataset({})
    assert found.step.size <= 64
    assert (found.step.values[0], found.step.values[-1]) == (0, 999)
    assert (found.products == found.step).all()
    again = Log(limit=64)
    again.records.restore(log.records.state())
    assert again.dataset({}).equals(found)


def test_a_group_that_joins_is_measured() -> None:
    model = Weights()
    model.u = nn.Parameter(torch.ones(3, dtype=torch.float64))
    loss = lambda out, y: bowl(out, y) + 10 * (CURVATURES * model.u**2).sum() / 2  # noqa: E731
    optimizer = SGD([model.w], lr=1.0)
    with EdgeController(model, optimizer, loss, c=1.0) as control:
        take(model, optimizer, control, 3, loss)
        optimizer.add_param_group({"params": [model.u], "lr": 1.0})
        take(model, optimizer, control, 1, loss)
    assert control.dataset().applied.values == pytest.approx([0.4] * 3 + [0.04])
