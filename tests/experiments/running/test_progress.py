"""Progress: a bar on a terminal, a plain line now and then elsewhere, and only when it takes a while."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from experiments.running import progress


def test_quick_work_says_nothing(capsys: pytest.CaptureFixture) -> None:
    with progress.bar("x") as report:
        report(1, 2)
    assert capsys.readouterr().err == ""


def test_long_work_says_a_plain_line_ever_more_rarely(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report every second of a work of ten minutes."""
    seconds = iter(range(601))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(seconds)))  # no other thread's clock
    with progress.bar("x") as report:
        for second in range(1, 601):
            report(second, 600)
    told = [f"x: {done:.0%} done after {s} s" for s in (3, 61, 123, 247, 495) for done in [s / 600]]
    assert capsys.readouterr().err.splitlines() == told


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.bar("x") as report:
        report(1, 4)
    assert "━" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [1, 3])
def test_a_terminal_waits_where_it_is_asked_to(
    seconds: int, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    clock = iter([0, seconds, seconds + 1])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with progress.bar("x", progress.PATIENCE) as report:
        report(1, 4)
    told = capsys.readouterr().err
    assert ("━" in told) == (seconds > progress.PATIENCE)
    assert bool(told) == (seconds > progress.PATIENCE)


def test_parts_add_up() -> None:
    seen: list[tuple[int, int]] = []
    for i in range(2):
        progress.part(lambda done, total: seen.append((done, total)), i, 2)(3, 3)
    assert seen == [(3, 6), (6, 6)]
