"""The audit without a change of the training: by hooks, which measure what the monitor does and end nothing."""

from __future__ import annotations

import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from experiments.audit.hooks import hooked
from experiments.audit.session import Enough, Session
from experiments.running.store import load
from tests.experiments.auditing import Run


def trained(
    lr: float = 0.1, steps: int = 30, watch: bool = False, accumulate: int = 1, clip: float | None = None, scale: float = 1
):
    """Weights after a training that knows nothing of the audit, and the session that may have watched it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 3))
    optimizer, x, y = torch.optim.Adam(model.parameters(), lr=lr), torch.randn(24, 6), torch.randint(3, (24,))
    said: list[str] = []
    session = Session({"budget": 1e9}, say=said.append)

    def go() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            for _ in range(accumulate):
                (scale * cross_entropy(model(x), y)).backward()
            for p in model.parameters():
                assert p.grad is not None
                p.grad /= scale
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()

    if watch:
        with hooked(session):
            go()
    else:
        go()
    assert bool(said) == watch
    assert not said or said[0].startswith("step 2, watched by hooks alone: ")
    return [p.detach().clone() for p in model.parameters()], session


def test_hooks_leave_every_bit_and_no_hook_behind() -> None:
    plain, backward = trained()[0], torch.autograd.backward
    watched, session = trained(watch=True)
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))
    assert torch.autograd.backward is backward
    assert session.meter is not None
    assert session.meter.dataset().normalised.notnull().sum() > 5
    assert list(session.meter.dataset().layer.values) == ["0", "3"]
    trained(watch=False)
    assert session.steps == 30


@pytest.mark.parametrize(
    ("changed", "how"),
    [
        ({"accumulate": 2}, "accumulated over 2 backward passes"),
        ({"clip": 1e-3}, r"clipped, or the loss was scaled"),
        ({"scale": 1024}, r"given 0.000977 times the gradient of the loss seen"),
    ],
)
def test_hooks_do_not_guess_where_the_gradient_is_another(changed: dict, how: str) -> None:
    """It is said at step 2, once; what is known all the same is kept."""
    _, session = trained(watch=True, **changed)
    assert session.meter is not None
    data = session.meter.dataset()
    assert not data.normalised.notnull().any()
    assert data.lr.notnull().any()
    assert sum("such steps are not measured" in note for note in session.notes) == 1
    assert how in session.missing[0]
    assert int(data.step[0]) == 2


@pytest.mark.slow
def test_hooks_measure_what_the_monitor_does(run: Run) -> None:
    """The Hessian at a step's backward pass is that of the monitor after the step before."""
    options = ("--no-shadow", "--budget", "1e9", "--steps", "8")
    _, _, folder = run("def train(audit): audited(audit, momentum=0.5, weight_decay=0.1)", *options)
    told = load(folder)[0].normalised
    body = "def train():\n    m, o, x, y = parts(0.1, momentum=0.5, weight_decay=0.1)\n    loop(m, o, x, y, 60)"
    _, _, folder = run(body, *options)
    caught = load(folder)[0].normalised
    for step in range(2, 7):
        assert float(caught.sel(step=step + 1)) == pytest.approx(float(told.sel(step=step)), rel=0.02)


def test_a_least_squares_edge_by_hooks() -> None:
    torch.manual_seed(0)
    x = torch.randn(24, 6, dtype=torch.float64)
    model = nn.Linear(6, 1, bias=False, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    session = Session({"budget": 100.0, "tolerance": 1e-6}, limit=5)
    with hooked(session), pytest.raises(Enough):
        while True:
            optimizer.zero_grad()
            mse_loss(model(x), x.sum(1, keepdim=True)).backward()
            optimizer.step()
    assert session.meter is not None
    data: xr.Dataset = session.meter.dataset()
    exact = 0.01 / 2 * float(torch.linalg.eigvalsh(2 * x.T @ x / 24)[-1])
    assert data.normalised.dropna("step").values == pytest.approx(exact, rel=1e-5)


def test_hooks_never_end_a_training_and_name_autocast(run: Run) -> None:
    body = """
    def train():
        model, optimizer, x, y = parts(0.1)
        def cast(x):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return model(x)
        loop(cast, optimizer, x, y, 30)
        print("trained to the end")
    """
    code, told, folder = run(body, "--budget", "1000")
    assert code == 0
    assert "trained to the end" in told
    assert "audit: step 2, watched by hooks alone: " in told
    data, record = load(folder)
    assert data.step.size
    if record["verdict"] == "not measured":  # whether half precision is symmetric enough is the machine's
        assert "autocast" in told.split("Not measured: ")[1]
        assert "autocast" in (folder / "audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("error", ["RuntimeError('broken inside')", "UnresolvedError('products off by 4e-02')"])
def test_whatever_fails_inside_the_hooks_the_training_goes_on(error: str, run: Run) -> None:
    body = f"""
    from numerics.sharpness import UnresolvedError
    from numerics.monitor.gauge import Gauge

    def train():
        def row(self, batch, layers): raise {error}
        kept, Gauge.row = Gauge.row, row
        try:
            model, optimizer, x, y = parts(0.1)
            loop(model, optimizer, x, y, 30)
            print("trained to the end")
        finally:
            Gauge.row = kept
    """
    code, told, folder = run(body)
    assert code == 0
    assert "trained to the end" in told
    assert "Not measured: nothing more is measured: " in told
    assert load(folder)[1]["verdict"] == "not measured"
