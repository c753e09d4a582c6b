"""A training that is interrupted and resumed is watched as one that was not."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

import pytest
import torch
import xarray as xr
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import SGD, Adam, AdamW

from derive.errors import InputError
from numerics.monitor import StabilityMonitor
from tests.examples import one_in
from tests.numerics.monitor.cases import net, train

pytestmark = pytest.mark.exact  # of repetitions

OPTIONS = {"budget": 1e9, "shadow": 0.9, "window": 12, "layers": 1}
TIMED = ["seconds", "monitor_seconds", "monitor_share", "setup_seconds"]


def watched(steps: int, state: dict | None, make) -> tuple[StabilityMonitor, dict]:
    """A monitor after more steps, and all that the next run needs."""
    model = net()
    optimizer = make(model.parameters())
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    with StabilityMonitor(model, optimizer, cross_entropy, **OPTIONS) as monitor:
        if state is not None:
            monitor.load_state_dict(state["monitor"])
        train(model, optimizer, steps, monitor.step)
        last = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "monitor": monitor.state_dict()}
    return monitor, deepcopy(last)


MAKES = {"sgd": partial(SGD, lr=0.3, momentum=0.9), "adamw": partial(AdamW, lr=0.01)}


@pytest.mark.parametrize(("name", "first"), one_in(2, MAKES, (8, 20)))
def test_records_vectors_and_shadow_go_on(tmp_path, name: str, first: int) -> None:
    """Same machine, same operations: the numbers are the same, those of the shadow's open window too."""
    make = MAKES[name]
    whole, _ = watched(30, None, make)
    _, state = watched(first, None, make)
    torch.save(state, tmp_path / "checkpoint.pt")
    resumed, _ = watched(30 - first, torch.load(tmp_path / "checkpoint.pt", weights_only=True), make)
    xr.testing.assert_allclose(resumed.dataset().drop_vars(TIMED), whole.dataset().drop_vars(TIMED), rtol=1e-9)
    ours, theirs = ({k: v for k, v in m.latest.items() if k not in TIMED} for m in (resumed, whole))
    assert ours["steps"].keys() == theirs["steps"].keys()
    assert (ours["step"], ours["verdict"], ours["age"]) == (30, theirs["verdict"], theirs["age"])
    assert resumed.latest["monitor_seconds"] > 0


def test_a_state_shares_nothing_with_its_monitor() -> None:
    _, state = watched(8, None, partial(SGD, lr=0.3))
    model = net()
    optimizer = SGD(model.parameters(), lr=0.3)
    with StabilityMonitor(model, optimizer, cross_entropy, **OPTIONS) as monitor:
        monitor.load_state_dict(state["monitor"])
        before = monitor.state_dict()
        kept = str(before)
        train(model, optimizer, 5, monitor.step)
    assert str(before) == kept


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "got NoneType"),
        ([1], "got list"),
        ({}, "got a mapping without version"),
        ({"version": 3}, "expected a monitor's state of version 2, got 3"),
        ({"optimizers": ["adam"]}, "expected the state of this training, of sgd with 4 parameters"),
        ({"records": {"rows": 3}}, "got one that was edited"),
    ],
)
def test_a_state_of_something_else_is_refused(state, message: str) -> None:
    model = net()
    with StabilityMonitor(model, SGD(model.parameters(), lr=0.3), cross_entropy) as monitor:
        if isinstance(state, dict) and state:
            state = monitor.state_dict() | state
        with pytest.raises(InputError, match=message) as caught:
            monitor.load_state_dict(state)
        assert "\n" not in str(caught.value)


def test_without_shadow_and_spikes_those_of_the_state_are_let_go() -> None:
    _, state = watched(8, None, partial(Adam, lr=0.01))
    model = net()
    with StabilityMonitor(model, Adam(model.parameters()), cross_entropy, shadow=0, spikes=False) as monitor:
        monitor.load_state_dict(state["monitor"])
        assert monitor.latest["step"] == 8


def test_a_jump_at_the_first_step_after_a_resume_is_told() -> None:
    """The batch before is not kept, so that its cause is not sought; the jump is none the less one."""
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = torch.randn(16, 2), torch.randn(16, 1)

    def step(monitor: StabilityMonitor, scale: float) -> None:
        optimizer.zero_grad()
        mse_loss(model(scale * x), y).backward()
        optimizer.step()
        monitor.step(scale * x, y)

    with StabilityMonitor(model, optimizer, mse_loss, shadow=0) as monitor:
        for _ in range(40):
            step(monitor, 1.0)
        state = monitor.state_dict()
    with StabilityMonitor(model, optimizer, mse_loss, shadow=0) as resumed:
        resumed.load_state_dict(state)
        step(resumed, 100.0)
    row = list(resumed.records)[-1]
    assert (row["step"], row["spike"]) == (41, "unknown")
    assert "resumed" in row["spike_reason"]
