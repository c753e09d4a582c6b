"""A script of a user's, audited on the command line."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.__main__ import main

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
