"""Something is said on a terminal to somebody who waits, and nothing on a pipe."""

from __future__ import annotations

import io
import sys
import time

import pytest

from derive.commands.waiting import waiting
from derive.conditions.telling import tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def heard(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float, seconds: float) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with waiting("looking", patience):
        time.sleep(seconds)
        tell("no growth seen up to [dt] = 1")
        time.sleep(0.3)
    return stream.getvalue()


def test_a_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = heard(monkeypatch, Terminal(), 0.0, 0.7)
    assert "looking" in shown
    assert "looking: no growth seen up to [dt] = 1" in shown
    assert shown.endswith("\x1b[2K")  # and it is gone


@pytest.mark.parametrize(("stream", "patience"), [(io.StringIO(), 0.0), (Terminal(), 60.0)])
def test_nothing_on_a_pipe_nor_of_what_is_quick(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float) -> None:
    assert heard(monkeypatch, stream, patience, 0.0) == ""
