"""The audit as a practitioner meets it: good trainings, bad ones, and everything that can go wrong on the way."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import torch

from derive.errors import InputError
from experiments.__main__ import main
from experiments.audit.target import find
from experiments.running.store import load
from tests.experiments.auditing import SETUP, Run
from tests.experiments.page.test_report import Page


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


MUTE = """
class Mute({base}):
    def __str__(self):
        raise {raised}
    __repr__ = __str__
"""


@pytest.mark.parametrize("raised", ["KeyError('text')", "SystemExit(0)", "KeyboardInterrupt"])
def test_an_error_whose_message_fails_is_told_all_the_same(raised: str, run: Run) -> None:
    body = f"def train(audit):\n    audited(audit, 4)\n    raise Mute\n{MUTE.format(base='Exception', raised=raised)}"
    code, told, folder = run(body, "--no-shadow")
    assert code == 2
    assert ".py:25: Mute: its message cannot be read; the page of the 4 steps before it" in told
    assert len(told.strip().splitlines()) == 1
    assert load(folder)[1]["outcome"] == "failed"


@pytest.mark.parametrize("base", ["ValueError", "SyntaxError", "SystemExit", "__import__('derive').errors.InputError"])
def test_so_is_one_before_anything_is_measured(base: str, run: Run) -> None:
    code, told, _ = run(f"{MUTE.format(base=base, raised='KeyError')}\ndef train(audit):\n    raise Mute()")
    assert code == 2
    assert len(told.strip().splitlines()) == 1
    code, told, _ = run(f"{MUTE.format(base=base, raised='KeyError')}\nraise Mute()\ndef train(audit):\n    pass")
    assert code == 2
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("way", ["audit", "hooks"])
def test_so_is_one_raised_by_the_loss_while_measuring(way: str, run: Run) -> None:
    """It is the measurement's then, and the training goes on."""
    loss = """
    def loss_fn(outputs, targets):
        if sys.modules["numerics.sharpness.untouched"].measuring():
            raise Mute
        return cross_entropy(outputs, targets)
    """
    train = {
        "audit": "def train(audit):\n    m, o, x, y = parts(0.1)\n    loop(m, o, x, y, 9, audit(m, o, loss_fn).step, loss_fn)",
        "hooks": "def train():\n    m, o, x, y = parts(0.1)\n    loop(m, o, x, y, 9, loss_fn=loss_fn)\n    raise Mute",
    }[way]
    code, told, _ = run(f"{MUTE.format(base='RuntimeError', raised='KeyError')}\n{textwrap.dedent(loss)}\n{train}")
    assert code == 2 or way == "audit"
    assert "Traceback" not in told
    assert "its message cannot be read" in told


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


@pytest.mark.slow
@pytest.mark.parametrize("function", ["stable", "untouched"])
def test_the_example(function: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "docs"))
    assert main(["audit", f"audit_example:{function}", "--steps", "12", "--out", str(tmp_path)]) == 0
    assert "page: " in capsys.readouterr().out


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
        for step in range(1, 37):
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
        assert "0.0001 of it at step 36, " in last
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


def test_a_batch_without_a_finite_loss_is_named_and_the_step_size_is_not_blamed(run: Run) -> None:
    code, told, _ = run(
        """
        def train(audit):
            model, optimizer, x, y = parts(0.1)
            monitor = audit(model, optimizer, cross_entropy)
            for step in range(45):
                if step == 40:
                    x = x * float("nan")
                loop(model, optimizer, x, y, 1, monitor.step)
        """
    )
    assert code == 0
    assert "Unstable: batch 40 (step 41) has no finite loss" in told
    assert "too high" not in told
    assert "Look at the data" in told
    assert "not finite from step 41 on" in told


@pytest.mark.parametrize(("at", "first"), [(0, "Unstable: no loss was finite"), (3, "is not beyond the edge by the curvature")])
def test_data_that_are_no_numbers_before_a_loss_is_usual_are_not_laid_to_the_step_size(run: Run, at: int, first: str) -> None:
    _, told, _ = run(
        f"""
        def train(audit):
            model, optimizer, x, y = parts(0.1)
            monitor = audit(model, optimizer, cross_entropy)
            for step in range(12):
                loop(model, optimizer, x * float("nan") if step == {at} else x, y, 1, monitor.step)
        """
    )
    assert first in told.splitlines()[0]
    assert "too high" not in told
