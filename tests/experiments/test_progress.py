"""Progress: a bar on a terminal, one plain line elsewhere and only when it takes a while."""

from __future__ import annotations

import pytest

from experiments import progress


def test_quick_work_says_nothing(capsys: pytest.CaptureFixture) -> None:
    with progress.bar("x") as report:
        report(1, 2)
    assert capsys.readouterr().err == ""


def test_long_work_says_one_plain_line(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1)
    with progress.bar("x") as report:
        report(1, 4)
        report(2, 4)
    assert capsys.readouterr().err == "x: 25% done after -1 s\n"


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.bar("x") as report:
        report(1, 4)
    assert "━" in capsys.readouterr().err


def test_parts_add_up() -> None:
    seen: list[tuple[int, int]] = []
    for i in range(2):
        progress.part(lambda done, total: seen.append((done, total)), i, 2)(3, 3)
    assert seen == [(3, 6), (6, 6)]
