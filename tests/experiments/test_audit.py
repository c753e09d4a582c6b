"""The audit as a practitioner meets it: good trainings, bad ones, and everything that can go wrong on the way."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from experiments.__main__ import main
from experiments.audit.hooks import hooked
from experiments.audit.session import Enough, Session
from experiments.audit.target import find
from experiments.store import load
from tests.experiments.test_report import Page

SETUP = """
import sys, torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

def parts(lr, cls=torch.optim.SGD, **options):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    return model, cls(model.parameters(), lr=lr, **options), torch.randn(24, 6), torch.randint(3, (24,))

def loop(model, optimizer, x, y, steps, after=lambda x, y: None, loss_fn=cross_entropy):
    for step in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        after(x, y)

def audited(audit, steps=60, lr=0.1, cls=torch.optim.SGD, **options):
    model, optimizer, x, y = parts(lr, cls, **options)
    monitor = audit(model, optimizer, cross_entropy)
    loop(model, optimizer, x, y, steps, monitor.step)

"""

Run = Callable[..., tuple[int, str, Path]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """Audit a function of a module with this text; its exit code, what it said, and the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def audit(body: str, *options: str, function: str = "train") -> tuple[int, str, Path]:
        name = f"user_{abs(hash((body, options))) % 10**12}"
        (tmp_path / f"{name}.py").write_text(SETUP + textwrap.dedent(body), encoding="utf-8")
        code = main(["audit", f"{name}:{function}", "--out", "out", *options])
        told = capsys.readouterr()
        return code, told.out + told.err, tmp_path / "out" / "audit"

    return audit


@pytest.mark.slow
def test_a_stable_run(run: Run) -> None:
    code, told, folder = run("def train(audit): audited(audit)", "--budget", "2")
    assert code == 0
    assert told.startswith("Stable: ")
    data, record = load(folder)
    assert record["verdict"] == "stable"
    assert 0 < float(data.normalised.dropna("step")[-1]) < 0.9
    assert data.normalised.notnull().sum() > 3
    html = (folder / "audit.html").read_text(encoding="utf-8")
    page = Page(html)
    assert not page.open
    assert all(a.startswith("data:") for a in page.addresses)
    for expected in ("Stable", "What to do", "Largest stable lr", "mini-batches", "Hessian products", torch.__version__):
        assert expected in page.text


def test_a_quadratic_beyond_its_edge_is_unstable(run: Run) -> None:
    """Least squares: the sharpness is known, and at 3 times the edge the loss grows until it is no number."""
    body = """
    def train(audit):
        torch.manual_seed(0)
        x = torch.randn(24, 6)
        y = x.sum(1, keepdim=True)
        model = nn.Linear(6, 1, bias=False)
        edge = 2 / float(torch.linalg.eigvalsh(2 * x.T @ x / 24)[-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=3 * edge)
        monitor = audit(model, optimizer, mse_loss)
        loop(model, optimizer, x, y, 400, monitor.step, mse_loss)
    """
    code, told, folder = run(body, "--no-shadow", "--budget", "2")
    assert code == 0
    assert told.startswith("Unstable: the peak step size ")
    assert "is too high" in told
    data, record = load(folder)
    data = data.dropna("step", how="all", subset=["normalised"])
    assert float(data.normalised.dropna("step")[0]) == pytest.approx(3, rel=0.02)
    assert float(data.largest_lr.dropna("step")[0, 0]) == pytest.approx(float(data.lr[0, 0]) / 3, rel=0.02)
    assert "no longer finite" in record["outcome_line"]


def test_steps_ends_it_politely_whatever_the_user_catches(run: Run) -> None:
    body = """
    def train(audit):
        try:
            audited(audit, 1000)
        except Exception:
            pass
    """
    code, _, folder = run(body, "--steps", "25")
    data, record = load(folder)
    assert code == 0
    assert record["outcome_line"] == "ended after 25 steps, as asked by --steps"
    assert int(data.step[-1]) == 25


def test_an_error_of_the_users_keeps_the_page_and_names_the_line(run: Run) -> None:
    body = """
    def train(audit):
        audited(audit, 4)
        raise RuntimeError("disk <script>alert(1)</script>")
    """
    code, told, folder = run(body, "--no-shadow")
    assert code == 2
    lines = (SETUP + textwrap.dedent(body)).splitlines()
    number = 1 + next(i for i, line in enumerate(lines) if "raise RuntimeError" in line)
    assert f".py:{number}: RuntimeError: disk <script>" in told
    assert len(told.strip().splitlines()) == 1
    html = (folder / "audit.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "stopped with an error" in html
    assert load(folder)[0].step.size


@pytest.mark.slow
def test_the_innermost_line_of_the_users_is_named_not_torchs(run: Run) -> None:
    code, told, _ = run("def train(audit):\n    audited(audit, 3)\n    cross_entropy(torch.zeros(3, 2), torch.zeros(4).long())")
    assert code == 2
    assert "user_" in told.split(": ")[1]
    assert "site-packages" not in told


def test_an_interrupt_keeps_the_page(run: Run) -> None:
    code, _, folder = run("def train(audit):\n    audited(audit, 4)\n    raise KeyboardInterrupt")
    assert code == 130
    assert load(folder)[1]["outcome"] == "interrupted"


@pytest.mark.slow
@pytest.mark.parametrize("leave", ["sys.exit()", "sys.exit(0)"])
def test_leaving_well_is_finishing(leave: str, run: Run) -> None:
    code, _, folder = run(f"def train(audit):\n    audited(audit, 20)\n    {leave}")
    assert code == 0
    assert load(folder)[1]["outcome"] == "finished"


BAD = {
    "def train(audit): audited(audit, cls=torch.optim.ASGD)": "no stability edge is derived for torch.optim.asgd.ASGD",
    "def train(audit): pass": "expected audit(model, optimizer, loss_fn) to be called, got no call",
    "def train(audit): audit(*parts(0.1)[:2], cross_entropy)": "expected monitor.step(inputs, targets)",
    "def train(a, b): pass": "expected def train(audit)",
    "def train(): pass": "expected optimizer steps after loss.backward(), got 0",
    "def train(audit): audit(1)": "TypeError",
    "train = 3": "unknown function in user_",
    "def train(audit): 1 / 0": "ZeroDivisionError: division by zero",
    "raise OSError('no data')": "cannot be imported: user_",
    "def train(:": "SyntaxError",
}


@pytest.mark.parametrize("body", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(body: str, run: Run) -> None:
    code, told, folder = run(body)
    assert code == 2
    assert BAD[body] in told
    assert len(told.strip().splitlines()) == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [(["--budget", "0"], "budget above 0"), (["--every", "0"], "every to be"), (["--steps", "0"], "--steps to be at least 1")],
)
def test_bad_options(options: list[str], expected: str, run: Run) -> None:
    code, told, _ = run("def train(audit): audited(audit)", *options)
    assert code == 2
    assert expected in told


def test_a_foreign_folder_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out" / "audit").mkdir(parents=True)
    (tmp_path / "out" / "audit" / "thesis.tex").write_text("mine")
    code, told, folder = run("def train(audit): audited(audit)")
    assert code == 2
    assert "holds no results of gradcfl" in told
    assert [p.name for p in folder.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["train", "train.py:main", "no_such_module:main", ":f", "json:no such"])
def test_bad_names(name: str) -> None:
    with pytest.raises(InputError) as caught:
        find(name)
    assert "\n" not in str(caught.value)


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


@pytest.mark.slow
@pytest.mark.parametrize("function", ["stable", "untouched"])
def test_the_example(function: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "docs"))
    assert main(["audit", f"audit_example:{function}", "--steps", "12", "--out", str(tmp_path)]) == 0
    assert "page: " in capsys.readouterr().out


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


def test_an_optimiser_without_an_edge_is_trained_to_the_end_and_named(run: Run) -> None:
    body = (
        "def train():\n    m, o, x, y = parts(0.1, torch.optim.ASGD)\n    loop(m, o, x, y, 30)\n    print('trained to the end')"
    )
    code, told, _ = run(body, "--steps", "40")
    assert code == 2
    assert "trained to the end" in told
    assert "audit: step 2, watched by hooks alone: nothing more is measured: no stability edge is derived for" in told


def test_the_peak_of_a_schedule_is_what_is_answered(run: Run) -> None:
    """Least squares, whose curvature stays: beyond its edge by 2 at the peak, and far below it at the end."""
    body = """
    def train(audit):
        torch.manual_seed(0)
        x = torch.randn(24, 6, dtype=torch.float64)
        y = x.sum(1, keepdim=True)
        model = nn.Linear(6, 1, bias=False, dtype=torch.float64)
        edge = 2 / float(torch.linalg.eigvalsh(2 * x.T @ x / 24)[-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=edge)
        monitor = audit(model, optimizer, mse_loss)
        for step in range(1, 61):
            optimizer.param_groups[0]["lr"] = edge * (FACTOR if 20 <= step < 24 else 0.1 if step < 24 else 1e-4)
            loop(model, optimizer, x, y, 1, monitor.step, mse_loss)
    """
    told = {}
    for factor in (2.0, 0.5):
        code, told[factor], folder = run(body.replace("FACTOR", str(factor)), "--budget", "1e9", "--no-shadow")
        assert code == 0
        data = load(folder)[0].dropna("step", subset=["normalised"])
        peak = float(data.lr.max())
        first = told[factor].splitlines()[0]
        assert f"the peak step size {peak:.3g} (from step 20)" in first
        assert ("is too high" in first, "is not too high" in first) == (factor > 1, factor < 1)
        # Any of the four steps is as near, up to the tolerance of the measurement.
        there = re.search(rf"it was at (\S+) of it at step 2[0-3], with lr {peak:.3g} where (\S+) is the", first)
        assert there is not None, first
        assert [float(there[1]), float(there[2])] == pytest.approx([factor, peak / factor], rel=0.03)
        last = next(line for line in told[factor].splitlines() if line.startswith("At the last measurement"))
        assert "0.0001 of it at step 60, " in last
        page = Page((folder / "audit.html").read_text(encoding="utf-8"))
        assert first.split(": ", 1)[1][1:40] in page.text


def test_names_of_modules_turn_nothing_round(run: Run) -> None:
    body = """
    from collections import OrderedDict

    def train(audit):
        torch.manual_seed(0)
        names = ["\\x1b[31mred", "a\\u202eb", "[/x]$"]
        layers = [nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)]
        model = nn.Sequential(OrderedDict(zip(names, layers)))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        monitor = audit(model, optimizer, cross_entropy)
        loop(model, optimizer, torch.randn(24, 6), torch.randint(3, (24,)), 30, monitor.step)
    """
    code, told, folder = run(body, "--no-shadow", "--budget", "1e9")
    assert code == 0
    html = (folder / "audit.html").read_text(encoding="utf-8")
    for text in (told, html):
        assert not {"\x1b", "\u202e", "\x01"} & set(text)
    assert r"a\u202eb" in html
